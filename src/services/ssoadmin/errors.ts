/** What IAM Identity Center says when it cannot. */
import {
  ConflictException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  ValidationException,
} from '@aws-sdk/client-sso-admin';
import { awsError, fail } from '../../core/errors.ts';

export const notFound = (message: string) => awsError(ResourceNotFoundException, message);
export const failInvalid = (message: string): never => fail(ValidationException, message);
export const failConflict = (message: string): never => fail(ConflictException, message);
export const failQuota = (message: string): never => fail(ServiceQuotaExceededException, message);
