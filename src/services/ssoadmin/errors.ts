/** What IAM Identity Center says when it cannot. */
import {
  AccessDeniedException,
  ConflictException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  ValidationException,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import { AccessDenied, awsError, fail } from '../../core/errors.ts';
import type { KeyRefused } from '../../identity/instanceKeys.ts';

export const notFound = (message: string) => awsError(ResourceNotFoundException, message);
export const failInvalid = (message: string): never => fail(ValidationException, message);
export const failConflict = (message: string): never => fail(ConflictException, message);
export const failQuota = (message: string): never => fail(ServiceQuotaExceededException, message);

/** Policies or not: another account than the management account is not let near what is the management account's. */
export const notFromHere = ({ caller }: Context, operation: string, resource: string) =>
  new AccessDenied(`User: ${caller.arn} is not authorized to perform: sso:${operation} on resource: ${resource}`);

const TROUBLES = {
  Disabled: 'KMS_DisabledException',
  InvalidKeyUsage: 'KMS_InvalidKeyUsageException',
  InvalidState: 'KMS_InvalidStateException',
} as const;

/** The key that an instance lies under, or is to lie under, cannot be used. */
export function keyRefusal({ trouble, message }: KeyRefused): Error {
  if (trouble === 'AccessDenied')
    return awsError(AccessDeniedException, message, { Reason: 'KMS_AccessDeniedException' });
  if (trouble === 'NotFound') return awsError(ResourceNotFoundException, message, { Reason: 'KMS_NotFoundException' });
  return awsError(ValidationException, message, { Reason: TROUBLES[trouble] });
}
