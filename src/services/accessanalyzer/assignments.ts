/**
 * What must be true of a request so that policies allow it: the fewest condition keys with values that the policies
 * themselves name. A policy that allows everybody needs none; one that allows only an endpoint needs that endpoint,
 * whether an Allow asks for it or a Deny excepts it. Each smallest set is one finding.
 */
import type { StatementElement } from '../../policy/index.ts';
import { CONSIDERED } from './abstraction.ts';

/** Condition key, as findings spell it → value as the policy writes it, wildcards and all. */
export type Assignment = Readonly<Record<string, string>>;

/** Values that the statements name, by key. */
export type Choices = ReadonlyMap<string, readonly string[]>;

/** How many assignments are tried for one question, and for all questions about one resource. Past that: "might". */
const TRIED_MAX = 2000;
export const budgetOf = () => ({ left: 5_000 });

/** `Null` alone names no value: any will do. */
const ANY = '*';

export function choicesOf(statements: readonly StatementElement[]): Choices {
  const choices = new Map<string, Set<string>>();
  for (const { operator, key, values } of statements.flatMap(({ conditions }) => conditions)) {
    const name = CONSIDERED.get(key.toLowerCase());
    if (name === undefined || name === 'aws:PrincipalIsAWSService') continue;
    const named = operator === 'Null' ? [ANY] : values.filter((value) => !value.includes('${'));
    choices.set(name, new Set([...(choices.get(name) ?? []), ...named]));
  }
  return new Map([...choices].map(([name, values]) => [name, [...values]]));
}

/**
 * The smallest assignments that `allows` says yes to, in order of size: none that contains another. `undefined` when
 * there were too many to try and none was found.
 */
export function smallest(
  choices: Choices,
  allows: (assignment: Assignment) => boolean,
  budget = budgetOf(),
): readonly Assignment[] | undefined {
  const found: Assignment[] = [];
  const keys = [...choices.keys()];
  let tried = 0;
  let level: readonly (readonly [assignment: Assignment, nextKey: number])[] = [[{}, 0]];
  while (level.length > 0) {
    const next: [Assignment, number][] = [];
    for (const [assignment, nextKey] of level) {
      if (found.some((smaller) => isWithin(smaller, assignment))) continue;
      if (tried++ >= TRIED_MAX || budget.left-- <= 0) return found.length > 0 ? found : undefined;
      if (allows(assignment)) {
        found.push(assignment);
        continue;
      }
      for (let i = nextKey; i < keys.length; i++) {
        const key = keys[i]!;
        for (const value of choices.get(key) ?? []) next.push([{ ...assignment, [key]: value }, i + 1]);
      }
    }
    level = next;
  }
  return found;
}

/** Whether all that `smaller` asks for is asked for by `larger` too. */
export const isWithin = (smaller: Assignment, larger: Assignment) =>
  Object.entries(smaller).every(([key, value]) => larger[key] === value);

/** A value that fits the pattern: its wildcards filled in; the first address of a range. */
export function exampleOf(key: string, pattern: string): string | readonly string[] {
  const filled = pattern.replaceAll(/[*?]/g, 'x');
  if (key === 'aws:SourceIp') return pattern.split('/')[0]!;
  if (/OrgPaths$/.test(key)) return [filled];
  return key === 'aws:PrincipalArn' || key === 'aws:SourceArn' ? arnExample(pattern) : filled;
}

/** Account fields take an account id, not just any letter. */
function arnExample(pattern: string): string {
  const parts = pattern.split(':');
  if (parts.length < 6) return pattern.replaceAll(/[*?]/g, 'x');
  const [, , service = '', , account = ''] = parts;
  if (/[*?]/.test(service)) parts[2] = 'iam';
  parts[3] = parts[3]!.replaceAll(/[*?]/g, '');
  if (/[*?]/.test(account)) parts[4] = account.replaceAll('*', '').replaceAll('?', '9').padEnd(12, '9').slice(0, 12);
  return parts.map((part, i) => (i === 5 && part === '*' ? 'role/x' : part.replaceAll(/[*?]/g, 'x'))).join(':');
}
