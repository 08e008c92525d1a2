/** The errors of EventBridge Scheduler, which tell their sentence as `Message`. */
import {
  ConflictException,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  ValidationException,
} from '@aws-sdk/client-scheduler';
import { awsError } from '../../core/errors.ts';

export function refuse(Message: string): never {
  throw awsError(ValidationException, Message, { Message });
}

export function conflict(Message: string): never {
  throw awsError(ConflictException, Message, { Message });
}

export function overQuota(Message: string): never {
  throw awsError(ServiceQuotaExceededException, Message, { Message });
}

const missing = (Message: string) => awsError(ResourceNotFoundException, Message, { Message });

export const noSchedule = (name: string) => missing(`Schedule ${name} does not exist.`);
export const noGroup = (name: string) => missing(`Schedule group ${name} does not exist.`);
