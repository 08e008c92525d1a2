/** The errors of IAM Roles Anywhere. */
import { awsError } from '../../core/errors.ts';
import {
  AccessDeniedException,
  ResourceNotFoundException,
  TooManyTagsException,
  ValidationException,
} from './model.ts';
import type { Kind } from './rows.ts';

export function refuse(message: string): never {
  throw awsError(ValidationException, message);
}

export function deny(message: string): never {
  throw awsError(AccessDeniedException, message);
}

export function tooManyTags(message: string): never {
  throw awsError(TooManyTagsException, message);
}

const NAMES: Readonly<Record<Kind, string>> = {
  'trust-anchor': 'TrustAnchor',
  profile: 'Profile',
  crl: 'Crl',
  subject: 'Subject',
};

export const missing = (kind: Kind) => awsError(ResourceNotFoundException, `${NAMES[kind]} not found.`);
