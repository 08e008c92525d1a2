/** OAuth 2.0's errors, as the SDK's classes (RFC 6749, RFC 8628). */
import {
  AccessDeniedException,
  AuthorizationPendingException,
  ExpiredTokenException,
  InvalidClientException,
  InvalidClientMetadataException,
  InvalidGrantException,
  InvalidRedirectUriException,
  InvalidRequestException,
  InvalidRequestRegionException,
  InvalidScopeException,
  SlowDownException,
  UnauthorizedClientException,
  UnsupportedGrantTypeException,
} from '@aws-sdk/client-sso-oidc';
import { awsError, fail } from '../../core/errors.ts';
import type { KeyRefused } from '../../identity/instanceKeys.ts';

const KINDS = {
  access_denied: AccessDeniedException,
  authorization_pending: AuthorizationPendingException,
  expired_token: ExpiredTokenException,
  invalid_client: InvalidClientException,
  invalid_client_metadata: InvalidClientMetadataException,
  invalid_grant: InvalidGrantException,
  invalid_redirect_uri: InvalidRedirectUriException,
  invalid_request: InvalidRequestException,
  invalid_scope: InvalidScopeException,
  slow_down: SlowDownException,
  unauthorized_client: UnauthorizedClientException,
  unsupported_grant_type: UnsupportedGrantTypeException,
} as const;

const TROUBLES = {
  Disabled: 'KMS_DisabledException',
  InvalidKeyUsage: 'KMS_InvalidKeyUsageException',
  InvalidState: 'KMS_InvalidStateException',
  NotFound: 'KMS_NotFoundException',
} as const;

/** The key that people lie under lets nobody at them. */
export function keyRefusal({ trouble, message }: KeyRefused): Error {
  if (trouble === 'AccessDenied') {
    const told = { error: 'access_denied', error_description: message };
    return awsError(AccessDeniedException, message, { ...told, reason: 'KMS_AccessDeniedException' });
  }
  const told = { error: 'invalid_request', error_description: message };
  return awsError(InvalidRequestException, message, { ...told, reason: TROUBLES[trouble] });
}

/** What was given out in a Region works in that Region. */
export function requireRegion(here: string, region: string): void {
  if (here === region) return;
  const message = `The request must be made in the Region ${region}.`;
  const told = { error: 'invalid_request', error_description: message, region };
  fail(InvalidRequestRegionException, message, { ...told, endpoint: `https://oidc.${region}.amazonaws.com` });
}

export function refuse(error: keyof typeof KINDS, description: string): never {
  return fail(KINDS[error] as typeof AccessDeniedException, description, { error, error_description: description });
}

/** Whether there is such an application is told to nobody who may not use it. */
export const invalidClient = () =>
  awsError(InvalidClientException, 'Invalid client', { error: 'invalid_client', error_description: 'Invalid client' });
