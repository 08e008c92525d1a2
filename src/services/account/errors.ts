/** What Account Management says of a member that is not right. */
import { ValidationException } from '@aws-sdk/client-account';
import { fail } from '../../core/errors.ts';

type Reason = 'fieldValidationFailed' | 'invalidRegionOptTarget';

export const invalid = (name: string, message: string, reason: Reason = 'fieldValidationFailed'): never =>
  fail(ValidationException, message, { reason, fieldList: [{ name, message }] });
