/** What the identity store says when it cannot. */
import { ConflictException, ResourceNotFoundException, ValidationException } from '@aws-sdk/client-identitystore';
import { awsError, fail } from '../../core/errors.ts';

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
