/** What the identity store says when it cannot. */
import {
  AccessDeniedException,
  ConflictException,
  ResourceNotFoundException,
  ValidationException,
} from '@aws-sdk/client-identitystore';
import { awsError, fail } from '../../core/errors.ts';
import type { KeyRefused } from '../../identity/instanceKeys.ts';

export type Kind = 'USER' | 'GROUP' | 'GROUP_MEMBERSHIP' | 'IDENTITY_STORE';

const NAMES: Readonly<Record<Kind, string>> = {
  USER: 'USER',
  GROUP: 'GROUP',
  GROUP_MEMBERSHIP: 'MEMBERSHIP',
  IDENTITY_STORE: 'IDENTITYSTORE',
};

export const notFound = (kind: Kind, id?: string) =>
  awsError(ResourceNotFoundException, `${NAMES[kind]} not found.`, {
    ResourceType: kind,
    ...(id !== undefined && { ResourceId: id }),
  });

/** Somebody else has that name already. */
export const failDuplicate = (what: string): never =>
  fail(ConflictException, `Duplicate ${what}`, { Reason: 'UNIQUENESS_CONSTRAINT_VIOLATION' });

export const failInvalid = (message: string): never => fail(ValidationException, message);

const TROUBLES = {
  Disabled: 'KMS_DISABLED',
  InvalidKeyUsage: 'KMS_INVALID_KEY_USAGE',
  InvalidState: 'KMS_INVALID_STATE',
} as const;

/** The key that the directory lies under lets nobody at it. */
export function keyRefusal({ trouble, message }: KeyRefused): Error {
  if (trouble === 'AccessDenied') return awsError(AccessDeniedException, message, { Reason: 'KMS_ACCESS_DENIED' });
  if (trouble === 'NotFound') return awsError(ResourceNotFoundException, message, { Reason: 'KMS_KEY_NOT_FOUND' });
  return awsError(ValidationException, message, { Reason: TROUBLES[trouble] });
}
