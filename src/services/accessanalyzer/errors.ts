/** The refusals that several operations share. */
import {
  AccessDeniedException,
  ConflictException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  ValidationException,
} from '@aws-sdk/client-accessanalyzer';
import { awsError, fail } from '../../core/errors.ts';

/** A member whose value cannot be used. */
export const failField = (name: string, message: string): never =>
  fail(ValidationException, message, { reason: 'fieldValidationFailed', fieldList: [{ name, message }] });

export const failNotSupported = (message: string): never =>
  fail(ValidationException, message, { reason: 'notSupported' });

export const notFound = (resourceType: string, resourceId: string, message: string) =>
  awsError(ResourceNotFoundException, message, { resourceId, resourceType });

export const failConflict = (resourceType: string, resourceId: string, message: string): never =>
  fail(ConflictException, message, { resourceId, resourceType });

export const failQuota = (resourceType: string, resourceId: string, message: string): never =>
  fail(ServiceQuotaExceededException, message, { resourceId, resourceType });

export const failDenied = (message: string): never => fail(AccessDeniedException, message);
