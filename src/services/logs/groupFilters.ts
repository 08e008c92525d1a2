/** How lists of groups are narrowed. */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import { compileRegex } from '../../patterns/regex/index.ts';
import type { LogGroup } from './groupRows.ts';

export const ofClass = (input: { logGroupClass?: string | undefined }, group: LogGroup) =>
  input.logGroupClass === undefined || input.logGroupClass === group.class;

/** `^` and `|` and wildcards, at least three characters. See ListLogGroups in the API reference. */
export function namePattern(pattern: string) {
  const compiled = pattern.length < 3 ? undefined : compileRegex(pattern, 'filter');
  if (compiled && !('problem' in compiled)) return compiled;
  fail(InvalidParameterException, 'The specified log group name pattern is invalid.');
}
