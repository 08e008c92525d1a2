/** EventBridge's sentences, from answers that it was seen to give. */
import {
  InvalidEventPatternException,
  LimitExceededException,
  ManagedRuleException,
  ResourceNotFoundException,
} from '@aws-sdk/client-eventbridge';
import { awsError, CommonError, fail } from '../../core/errors.ts';
import { compilePattern, InvalidPattern, type Pattern } from '../../patterns/index.ts';

export const invalid = (message: string) => new CommonError('ValidationException', message);

export function refuse(message: string): never {
  throw invalid(message);
}

export const noBus = (name: string) => awsError(ResourceNotFoundException, `Event bus ${name} does not exist.`);

export const noRule = (name: string, bus: string) =>
  awsError(ResourceNotFoundException, `Rule ${name} does not exist on EventBus ${bus}.`);

export function overLimit(): never {
  return fail(LimitExceededException, 'The requested resource exceeds the maximum number allowed.');
}

export function requireUnmanaged(rule: { readonly name: string; readonly managedBy?: string | undefined }): void {
  if (rule.managedBy === undefined) return;
  fail(ManagedRuleException, `Rule ${rule.name} is managed by ${rule.managedBy} and can only be changed by it.`);
}

/** The compiled pattern, or AWS's refusal of it. */
export function acceptedPattern(text: string): Pattern {
  try {
    return compilePattern(text);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    return fail(InvalidEventPatternException, `Event pattern is not valid. Reason: ${error.message}`);
  }
}
