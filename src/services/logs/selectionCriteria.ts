/** Which groups a policy of an account is for: `LogGroupNamePrefix IN ["a"]`, `LogGroupName NOT IN ["b"]`. */
export interface Selection {
  readonly key: 'LogGroupName' | 'LogGroupNamePrefix';
  readonly isNot: boolean;
  readonly values: readonly string[];
}

const CRITERIA = /^\s*(LogGroupName|LogGroupNamePrefix)\s+(NOT\s+)?IN\s*(\[.*\])\s*$/s;

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
