/**
 * A query's text as a plan: commands one after the other, what they show, and in which order events are read for them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */

import { commandAt, type Draft, settleSort, type TimeRange } from './commands.ts';
import type { Clock } from './expressions.ts';
import type { Wanted } from './filterIndex.ts';
import type { Lookup } from './lookup.ts';
import { atEnd, type Scanner, sign, word, wrong } from './scanner.ts';
import { type Selection, selectionAt } from './selection.ts';
import { limit, type Stage } from './stages.ts';

export type { TimeRange } from './commands.ts';

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
  readonly lookups: readonly Lookup[];
  /** Of `diff`: the time range to compare with. */
  readonly compared?: TimeRange | undefined;
  /** It shows what is masked. */
  readonly unmasks: boolean;
}

export const ROWS_STANDARD = 10_000;
const COMMANDS_MAX = 100;

/**
 * @param limitMax rows that the request asks for
 * @throws MalformedQueryException
 */
export function planOf(text: string, clock: Clock, limitMax = ROWS_STANDARD, statsMax = 10): Plan {
  const scanner: Scanner = { text, at: 0 };
  const draft = emptyDraft(scanner, clock, statsMax);
  const selection = word(scanner, 'source') ? selectionAt(scanner) : undefined;
  let first = selection === undefined;
  for (let commands = 0; !atEnd(scanner); commands++) {
    if (commands === COMMANDS_MAX) wrong(scanner, 'the query has too many commands');
    if (!first && !sign(scanner, '|')) wrong(scanner);
    if (first) sign(scanner, '|');
    first = false;
    commandAt(draft);
  }
  const rowsMax = draft.rowsMax ?? limitMax;
  settleSort(draft, draft.deduped ? Number.POSITIVE_INFINITY : rowsMax);
  return {
    selection,
    stages: [...draft.stages, limit(rowsMax)],
    columns: columnsOf(draft),
    ofEvents: draft.statsCount === 0 && !draft.remade,
    oldestFirst: draft.oldestFirst || draft.statsCount > 0,
    compared: draft.compared,
    wanted: draft.wanted,
    lookups: draft.lookups,
    statsCount: draft.statsCount,
    rowsMax,
    unmasks: draft.notes.unmasks,
  };
}

function emptyDraft(scanner: Scanner, clock: Clock, statsMax: number): Draft {
  return {
    scanner,
    clock,
    columns: new Set(),
    notes: { unmasks: false },
    depth: 0,
    stages: [],
    shown: new Set(),
    parsed: [],
    wanted: [],
    lookups: [],
    statsCount: 0,
    statsMax,
    remade: false,
    ordered: false,
    deduped: false,
    oldestFirst: false,
    rowsMax: undefined,
  };
}

function columnsOf({ displayed, shown, parsed, statsCount }: Draft): readonly string[] {
  if (displayed) return displayed;
  if (shown.size > 0) return [...shown];
  return statsCount > 0 ? [] : ['@timestamp', '@message', ...new Set(parsed)];
}
