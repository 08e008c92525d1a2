/** SQS's errors that its model does not list, in its words. */
import { QueueDoesNotExist } from '@aws-sdk/client-sqs';
import { awsError, CommonError } from '../../core/errors.ts';

export const noQueue = () => awsError(QueueDoesNotExist, 'The specified queue does not exist.');

export function refuse(message: string): never {
  throw new CommonError('InvalidParameterValue', message);
}

export const invalidValue = (parameter: string, value: unknown, reason: string) =>
  new CommonError('InvalidParameterValue', `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`);

export function refuseValue(parameter: string, value: unknown, reason: string): never {
  throw invalidValue(parameter, value, reason);
}

export function missing(parameter: string): never {
  throw new CommonError('MissingParameter', `The request must contain the parameter ${parameter}.`);
}

/** What was set is not for this kind of queue. */
export const WRONG_TYPE = 'The request include parameter that is not valid for this queue type';

/** @throws InvalidParameterValue unless the number is whole and within the range, both ends included. */
export function requireRange(parameter: string, value: number | undefined, min: number, max: number, reason: string) {
  if (value !== undefined && !(Number.isInteger(value) && value >= min && value <= max)) {
    refuseValue(parameter, value, reason);
  }
}
