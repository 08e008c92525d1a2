import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../../core/errors.ts';

/** A transformer that is not one. */
export const refuse = (why: string): never =>
  fail(InvalidParameterException, `Invalid transformer configuration: ${why}`);
