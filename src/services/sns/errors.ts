/** SNS's refusals, in its words. */
import { InvalidParameterException, NotFoundException } from '@aws-sdk/client-sns';
import { awsError } from '../../core/errors.ts';

export const invalid = (what: string) => awsError(InvalidParameterException, `Invalid parameter: ${what}`);

/** `Invalid parameter: …`. */
export function refuse(what: string): never {
  throw invalid(what);
}

export const noTopic = () => awsError(NotFoundException, 'Topic does not exist');
export const noSubscription = () => awsError(NotFoundException, 'Subscription does not exist');
