/** CloudWatch's sentences about parameters that are wrong, and how it names a member: `MetricData.member.1.Value`. */
import {
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  MissingRequiredParameterException,
} from '@aws-sdk/client-cloudwatch';
import { fail, ValidationFailure } from '../../core/errors.ts';

export const invalidValue = (message: string): never => fail(InvalidParameterValueException, message);
export const invalidCombination = (message: string): never => fail(InvalidParameterCombinationException, message);
export const missing = (member: string): never =>
  fail(MissingRequiredParameterException, `The parameter ${member} is required.`);

/** Of alarms and GetMetricData, whose models list no such errors. */
export function invalid(message: string): never {
  throw new ValidationFailure(message);
}

export const badValue = (value: unknown, member: string): never =>
  invalidValue(`The value ${value} for parameter ${member} is invalid.`);

export const tooMany = (member: string, max: number): never =>
  invalidValue(`The collection ${member} must not have a size greater than ${max}.`);
