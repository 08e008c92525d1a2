/**
 * `join type=inner|left left=a right=b where a.field=b.field (SOURCE …)`: each row with each event of the source that has
 * the same value. Fields are then called by the aliases; without one they are the row's own.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Join.html
 */
import { type Budget, QueryTooLarge } from './budget.ts';
import type { Draft } from './draft.ts';
import type { Evaluate } from './expressions.ts';
import type { Inner } from './inner.ts';
import type { Plan } from './plan.ts';
import { fieldReader, type Row, sizeOf } from './records.ts';
import { fieldName, need, peekWord, type Scanner, sign, word, wrong } from './scanner.ts';
import type { Stage } from './stages.ts';
import { equalityKey, type Value } from './values.ts';

/** AWS's: different values of the source's field. */
const KEYS_MAX = 50_000;
/** Ours: rows of the source with one value, and rows that come out. */
const OF_KEY_MAX = 10_000;
const ROWS_MAX = 1_000_000;

export function joinAt(draft: Draft): void {
  const { scanner } = draft;
  if (draft.joined) wrong(scanner, 'only one join command is supported in a query');
  draft.joined = true;
  const options = optionsAt(scanner);
  const [first, second] = conditionAt(scanner);
  const fieldOf = (alias: string) =>
    [first, second].find((name) => name.startsWith(`${alias}.`))?.slice(alias.length + 1) ??
    wrong(scanner, `the condition of a join names a field of ${alias}`);
  const on = [[fieldOf(options.left), fieldOf(options.right)] as const];
  need(scanner, '(');
  const { inner, stage } = joining(draft.inner(Number.POSITIVE_INFINITY, true), on, options);
  draft.inners.push(inner);
  draft.stages.push(stage);
}

export interface JoinOptions {
  readonly outer: boolean;
  /** What must be true of both rows besides. */
  readonly holds?: ((row: Row) => boolean) | undefined;
  readonly left: string;
  readonly right: string;
}

function optionsAt(scanner: Scanner): JoinOptions {
  const given: Record<string, string> = { type: 'inner' };
  for (let name = peekWord(scanner); name !== 'where'; name = peekWord(scanner)) {
    if (!['type', 'left', 'right'].includes(name)) wrong(scanner);
    scanner.at += name.length;
    need(scanner, '=');
    const start = scanner.at;
    const value = fieldName(scanner) ?? wrong(scanner);
    if (value.includes('.')) wrong(scanner, undefined, start);
    if (name === 'type' && !['inner', 'left'].includes(value)) wrong(scanner, 'a join is inner or left', start);
    given[name] = value;
  }
  const { type, left, right } = given;
  if (left === undefined || right === undefined || left === right) {
    return wrong(scanner, 'a join needs two aliases, left and right');
  }
  return { outer: type === 'left', left, right };
}

function conditionAt(scanner: Scanner): [string, string] {
  if (!word(scanner, 'where')) wrong(scanner);
  const first = fieldName(scanner) ?? wrong(scanner);
  if (!sign(scanner, '=')) wrong(scanner, 'only equality conditions are supported in a join');
  return [first, fieldName(scanner) ?? wrong(scanner)];
}

/** On pairs of fields: of the one side and of the other. */
export function joining(
  plan: Plan,
  on: readonly (readonly [string, string])[],
  options: JoinOptions,
): { readonly inner: Inner; readonly stage: Stage } {
  const rows = new Map<string, Row[]>();
  const lefts = on.map(([name]) => fieldReader(name));
  const rights = on.map(([, name]) => fieldReader(name));
  const collect = (budget: Budget) => ({
    push(row: Row) {
      const key = keyOf(rights, row);
      if (key === undefined) return true;
      const same = rows.get(key);
      if (!same && rows.size === KEYS_MAX) throw new QueryTooLarge(`A join takes ${KEYS_MAX} different values.`);
      if (same && same.length === OF_KEY_MAX) throw new QueryTooLarge(`A join takes ${OF_KEY_MAX} rows of one value.`);
      budget.take(sizeOf(row) + (same ? 8 : 2 * key.length + 100));
      if (same) same.push(row);
      else rows.set(key, [row]);
      return true;
    },
    end: async () => undefined,
  });
  return { inner: { plan, collect }, stage: matched(rows, (row) => keyOf(lefts, row), options) };
}

function keyOf(reads: readonly Evaluate[], row: Row): string | undefined {
  const keys = reads.map((read: (row: Row) => Value) => equalityKey(read(row)));
  return keys.includes(undefined) ? undefined : JSON.stringify(keys);
}

function matched(
  rows: ReadonlyMap<string, readonly Row[]>,
  keyOfRow: (row: Row) => string | undefined,
  { outer, left, right, holds = () => true }: JoinOptions,
): Stage {
  return (next, budget) => {
    let made = 0;
    const both = (row: Row, other: Row | null): Row => {
      budget.row();
      if (++made > ROWS_MAX) throw new QueryTooLarge(`A join makes ${ROWS_MAX} rows at most.`);
      const sides = new Map([
        [left, row],
        [right, other],
      ]);
      return { ...row, sides };
    };
    return {
      push(row) {
        const key = keyOfRow(row);
        const others = (key === undefined ? undefined : rows.get(key)) ?? [];
        let matches = 0;
        for (const other of others) {
          const pair = both(row, other);
          if (!holds(pair)) continue;
          matches++;
          if (!next.push(pair)) return false;
        }
        return matches > 0 || !outer || next.push(both(row, null));
      },
      end: () => next.end(),
    };
  };
}
