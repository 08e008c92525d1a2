/** SNS's refusals, in its words. */
import { InvalidParameterException, NotFoundException } from '@aws-sdk/client-sns';
import { awsError, fail } from '../../core/errors.ts';

/** `Invalid parameter: …`. */
export function refuse(what: string): never {
  fail(InvalidParameterException, `Invalid parameter: ${what}`);
}

export const noTopic = () => awsError(NotFoundException, 'Topic does not exist');
export const noSubscription = () => awsError(NotFoundException, 'Subscription does not exist');
