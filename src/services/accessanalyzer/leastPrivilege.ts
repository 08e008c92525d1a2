/** A policy without the permissions that nobody uses. */
import { actionsOf, expandActionPattern } from '../../core/facts.ts';
import { matchesPattern, parsePolicy } from '../../policy/index.ts';

/** Service → the actions not used, in lower case; `all` where the service is not used. */
export type Unused = ReadonlyMap<string, 'all' | ReadonlySet<string>>;

export type Remedy =
  /** Nothing of the policy is unused. */
  | { readonly kind: 'keep' }
  /** Nothing of the policy is used. */
  | { readonly kind: 'detach' }
  | { readonly kind: 'replace'; readonly document: string }
  /** NotAction in an Allow. */
  | { readonly kind: 'unsupported' };

interface StatementObject {
  Action?: string | string[];
}

/** Denies stay as they are; so do Sids, resources and conditions. */
export function remedyFor(text: string, unused: Unused): Remedy {
  const { statements } = parsePolicy(text);
  if (statements.some(({ effect, notAction }) => effect === 'Allow' && notAction)) return { kind: 'unsupported' };
  const document = JSON.parse(text) as { Statement: StatementObject | StatementObject[] };
  const written = [document.Statement].flat();
  const left: StatementObject[] = [];
  let allows = 0;
  let changed = false;
  for (const { index, effect, action } of statements) {
    const statement = written[index]!;
    if (effect === 'Deny') {
      left.push(statement);
      continue;
    }
    const kept = (action ?? []).map((pattern) => usedOf(pattern, unused));
    if (kept.every((patterns) => patterns === undefined)) left.push(statement);
    else changed = true;
    const names = (action ?? []).flatMap((pattern, i) => kept[i] ?? [pattern]);
    if (names.length === 0) continue;
    allows++;
    if (!left.includes(statement)) left.push({ ...statement, Action: names.length === 1 ? names[0]! : names });
  }
  if (!changed) return { kind: 'keep' };
  return allows === 0
    ? { kind: 'detach' }
    : { kind: 'replace', document: JSON.stringify({ ...document, Statement: left }) };
}

/** The used actions among those the pattern names; undefined when all of them are used. */
function usedOf(pattern: string, unused: Unused): string[] | undefined {
  const named = expandActionPattern(pattern);
  const used = named.filter((action) => !isUnused(action, unused));
  if (used.length === named.length) return undefined;
  return [...Map.groupBy(used, (action) => action.slice(0, action.indexOf(':')))].flatMap(([service, actions]) =>
    actions.length === actionsOf(service).length && matchesPattern(pattern, `${service}:*`)
      ? [`${service}:*`]
      : actions,
  );
}

function isUnused(action: string, unused: Unused): boolean {
  const colon = action.indexOf(':');
  const found = unused.get(action.slice(0, colon));
  return found === 'all' || found?.has(action.slice(colon + 1).toLowerCase()) === true;
}
