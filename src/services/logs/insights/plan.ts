/**
 * A query's text as a plan: commands one after the other, what they show, and in which order events are read for them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */

import { commandAt } from './commands.ts';
import { type Draft, settleSort, type TimeRange } from './draft.ts';
import type { Clock, Evaluate } from './expressions.ts';
import type { Wanted } from './filterIndex.ts';
import { type Inner, membershipAt } from './inner.ts';
import type { Lookup } from './lookup.ts';
import type { Row } from './records.ts';
import { atEnd, type Scanner, sign, word, wrong } from './scanner.ts';
import { type Selection, selectionAt } from './selection.ts';
import { limit, type Stage } from './stages.ts';

export interface Plan {
  /** Of `SOURCE`: which log groups. */
  readonly selection?: Selection | undefined;
  readonly stages: readonly Stage[];
  /** Names of the columns to show, in order. */
  readonly columns: readonly string[];
  /** Rows are events, so that each has a pointer. */
  readonly ofEvents: boolean;
  readonly oldestFirst: boolean;
  readonly statsCount: number;
  readonly rowsMax: number;
  /** Of `filterIndex`: only events that are indexed and have these. */
  readonly wanted: readonly Wanted[];
  /** Of `filter`: events have one of these values of each, indexed or not. */
  readonly hints?: readonly Wanted[] | undefined;
  readonly lookups: readonly Lookup[];
  /** What must be answered before the first event is read. */
  readonly inners: readonly Inner[];
  /** Of `diff`: the time range to compare with. */
  readonly compared?: TimeRange | undefined;
  /** It shows what is masked. */
  readonly unmasks: boolean;
  /** It asks only how much it would read. */
  readonly estimates: boolean;
  /** What a row shows, where that is not its columns. */
  readonly output?: ((row: Row) => readonly (readonly [field: string, text: string | undefined])[]) | undefined;
  /** The value of the first column. */
  readonly first?: Evaluate | undefined;
  /** A command that other log classes do not have. */
  readonly standardOnly?: string | undefined;
}

export const ROWS_STANDARD = 10_000;
export const ESTIMATE = '@estimatedBytes';
const COMMANDS_MAX = 100;

/**
 * @param limitMax rows that the request asks for
 * @throws MalformedQueryException
 */
export function planOf(text: string, clock: Clock, limitMax = ROWS_STANDARD, statsMax = 10): Plan {
  const scanner: Scanner = { text, at: 0 };
  const notes = { unmasks: false };
  return planAt(scanner, { clock, limitMax, statsMax, notes }, () => atEnd(scanner));
}

interface Options {
  readonly clock: Clock;
  readonly limitMax: number;
  readonly statsMax: number;
  readonly notes: { unmasks: boolean };
  /** It stands within another. */
  readonly nested?: 'query' | 'source' | undefined;
}

function planAt(scanner: Scanner, options: Options, isOver: () => boolean): Plan {
  const selection = word(scanner, 'source') ? selectionAt(scanner, options.clock) : undefined;
  const draft = emptyDraft(scanner, { ...options, clock: { ...options.clock, ...selection?.range } });
  if (options.nested === 'source' && !selection) wrong(scanner, 'a join takes a SOURCE');
  let first = selection === undefined;
  for (let commands = 0; !isOver(); commands++) {
    if (commands === COMMANDS_MAX) wrong(scanner, 'the query has too many commands');
    if (options.nested === 'source') wrong(scanner, 'a join takes a SOURCE, and no query');
    if (!first && !sign(scanner, '|')) wrong(scanner);
    if (first) sign(scanner, '|');
    first = false;
    commandAt(draft);
  }
  return planFrom(draft, selection, options.limitMax);
}

function planFrom(draft: Draft, selection: Selection | undefined, limitMax: number): Plan {
  const rowsMax = draft.rowsMax ?? limitMax;
  settleSort(draft, draft.deduped ? Number.POSITIVE_INFINITY : rowsMax);
  const { estimates } = draft;
  return {
    selection,
    stages: [...draft.stages, limit(rowsMax)],
    columns: estimates ? [ESTIMATE] : columnsOf(draft),
    ofEvents: draft.statsCount === 0 && !draft.remade && !estimates,
    oldestFirst: draft.oldestFirst || draft.statsCount > 0,
    compared: draft.compared,
    wanted: draft.wanted,
    hints: draft.hints,
    lookups: draft.lookups,
    inners: draft.inners,
    statsCount: draft.statsCount,
    rowsMax,
    unmasks: draft.notes.unmasks,
    estimates,
    standardOnly: draft.standardOnly,
  };
}

function emptyDraft(scanner: Scanner, options: Options): Draft {
  const { clock, statsMax, notes } = options;
  const draft: Draft = {
    scanner,
    clock,
    columns: new Set(),
    notes,
    depth: 0,
    stages: [],
    shown: new Set(),
    parsed: [],
    wanted: [],
    hints: [],
    filters: 0,
    lookups: [],
    inners: [],
    inner: (limitMax, sourceOnly) => {
      if (options.nested) wrong(scanner, 'nested subqueries are not supported');
      const plan = planAt(scanner, { ...options, limitMax, nested: sourceOnly ? 'source' : 'query' }, () =>
        sign(scanner, ')'),
      );
      return plan.estimates ? wrong(scanner, 'a subquery cannot be estimated') : plan;
    },
    within: (field) => membershipAt(draft, field),
    statsCount: 0,
    statsMax,
    remade: false,
    joined: false,
    estimates: false,
    ordered: false,
    deduped: false,
    oldestFirst: false,
    rowsMax: undefined,
  };
  return draft;
}

function columnsOf({ displayed, shown, parsed, statsCount }: Draft): readonly string[] {
  if (displayed) return displayed;
  if (shown.size > 0) return [...shown];
  return statsCount > 0 ? [] : ['@timestamp', '@message', ...new Set(parsed)];
}
