/**
 * Queries within a query: `field in (…)`, `appendcols (…)` and the other side of `join`. Each is read to its end, in the
 * order in which they stand, before the query around them reads its first event.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Subqueries.html
 */
import type { Budget } from './budget.ts';
import { type Draft, shownNow } from './draft.ts';
import type { Plan } from './plan.ts';
import { fieldReader, type Row, sizeOf, withFields } from './records.ts';
import { boolAt } from './rowCommands.ts';
import { need, numberAt, sign, word, wrong } from './scanner.ts';
import type { Sink, Stage } from './stages.ts';
import { equalityKey, type Value } from './values.ts';

export interface Inner {
  readonly plan: Plan;
  /** Where its rows go. */
  readonly collect: (budget: Budget) => Sink;
}

/** Takes every row. */
export const collector =
  (push: (row: Row, budget: Budget) => void) =>
  (budget: Budget): Sink => ({
    push(row) {
      push(row, budget);
      return true;
    },
    end: async () => undefined,
  });

/** The test that a value of `field` is among the results of the query that follows. */
export function membershipAt(draft: Draft, field: string): (value: Value) => boolean {
  const { scanner } = draft;
  const start = scanner.at;
  const plan = draft.inner(Number.POSITIVE_INFINITY);
  const name = plan.columns.length === 1 ? plan.columns[0]! : field;
  if (!plan.columns.includes(name)) wrong(scanner, `the subquery must return the field ${field}`, start);
  const read = fieldReader(name);
  const found = new Set<string>();
  const collect = collector((row, budget) => {
    const key = equalityKey(read(row));
    if (key === undefined || found.has(key)) return;
    budget.take(2 * key.length + 60);
    found.add(key);
  });
  draft.inners.push({ plan, collect });
  return (value) => {
    const key = equalityKey(value);
    return key !== undefined && found.has(key);
  };
}

const COLUMNS_ROWS = 10_000;
const COLUMNS_ROWS_MAX = 100_000;

/** `appendcols [override=bool] [max=n] (…)`: to each row the fields of the inner query's row of the same number. */
export function appendColumnsAt(draft: Draft): void {
  const { scanner } = draft;
  let override = false;
  let most = COLUMNS_ROWS;
  for (;;) {
    if (word(scanner, 'override')) override = boolAt(scanner);
    else if (word(scanner, 'max')) most = rowsAt(draft);
    else break;
  }
  need(scanner, '(');
  const plan = draft.inner(most);
  const reads = plan.columns.map((name) => [name, fieldReader(name)] as const);
  const rows: (readonly (readonly [string, Value])[])[] = [];
  const collect = collector((row, budget) => {
    budget.take(sizeOf(row));
    rows.push(reads.map(([name, read]) => [name, read(row)] as const));
  });
  draft.inners.push({ plan, collect });
  draft.stages.push(appended(rows, override ? undefined : new Map(reads)));
  const names = shownNow(draft);
  for (const name of plan.columns) {
    if (draft.shown.size > 0) draft.shown.add(name);
    else if (!names.includes(name)) draft.parsed.push(name);
  }
}

function rowsAt({ scanner }: Draft): number {
  if (!sign(scanner, '=')) wrong(scanner);
  const start = scanner.at;
  const count = numberAt(scanner);
  const sound = count !== undefined && Number.isInteger(count) && count >= 1 && count <= COLUMNS_ROWS_MAX;
  return sound ? count : wrong(scanner, `max takes a number from 1 to ${COLUMNS_ROWS_MAX}`, start);
}

/** `own`: what a row has already stays. */
function appended(
  rows: readonly (readonly (readonly [string, Value])[])[],
  own: ReadonlyMap<string, (row: Row) => Value> | undefined,
): Stage {
  return (next) => {
    let number = 0;
    return {
      push(row) {
        const fields = rows[number++] ?? [];
        const wanted = own ? fields.filter(([name]) => own.get(name)?.(row) === null) : fields;
        return next.push(wanted.length > 0 ? withFields(row, wanted) : row);
      },
      end: () => next.end(),
    };
  };
}
