/** Firehose's errors, in its words. */
import {
  ConcurrentModificationException,
  InvalidArgumentException,
  LimitExceededException,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-firehose';
import { awsError, fail } from '../../core/errors.ts';

export const refuse = (message: string): never => fail(InvalidArgumentException, message);
export const overLimit = (message: string): never => fail(LimitExceededException, message);
export const inUse = (message: string): never => fail(ResourceInUseException, message);
export const changedMeanwhile = (message: string): never => fail(ConcurrentModificationException, message);

export const noStream = (account: string, name: string) =>
  awsError(ResourceNotFoundException, `Firehose ${name} not found under account ${account}.`);
