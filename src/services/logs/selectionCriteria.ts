/** Which groups a policy of an account is for: `LogGroupNamePrefix IN ["a"]`, `LogGroupName NOT IN ["b"]`. */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';

export interface Selection {
  readonly key: 'LogGroupName' | 'LogGroupNamePrefix';
  readonly isNot: boolean;
  readonly values: readonly string[];
}

const CRITERIA = /^\s*(LogGroupName|LogGroupNamePrefix)\s+(NOT\s+)?IN\s*(\[.*\])\s*$/s;

/** `LogGroupNamePrefix IN ["a", "b"]`; undefined: all groups. @throws InvalidParameterException */
export function prefixesIn(criteria: string | undefined): readonly string[] | undefined {
  if (criteria === undefined) return undefined;
  const { key, isNot, values = [] } = selectionIn(criteria) ?? {};
  if (key === 'LogGroupNamePrefix' && !isNot && values.length > 0) return values;
  const message = 'The selection criteria are invalid. Only LogGroupNamePrefix IN ["…"] is supported.';
  fail(InvalidParameterException, message);
}

/** Undefined for what is no such text. */
export function selectionIn(criteria: string): Selection | undefined {
  const [, key, not, list] = CRITERIA.exec(criteria) ?? [];
  try {
    const values: unknown = JSON.parse(list ?? '');
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string' && value !== '')) return undefined;
    return { key: key as Selection['key'], isNot: not !== undefined, values: values as string[] };
  } catch {
    return undefined;
  }
}
