/** The commands of a query: each reads what follows its name, and adds what it does to the plan. */
import { cidrLookupAt } from './cidrLookup.ts';
import { type Aggregates, type Evaluate, expressionAt, type Scope } from './expressions.ts';
import { type Bins, fillmissingAt } from './fillmissing.ts';
import { hasWanted, type Wanted, wantedAt } from './filterIndex.ts';
import { type Lookup, lookupAt } from './lookup.ts';
import { parsingAt } from './parse.ts';
import { ANOMALY_FIELDS, anomaly, DIFF_FIELDS, PATTERN_FIELDS, type PatternOptions, pattern } from './patternStage.ts';
import { periodAt } from './periods.ts';
import { fieldReader } from './records.ts';
import {
  accumAt,
  addtotalsAt,
  autoregressAt,
  countFrequentAt,
  expandAt,
  filldownAt,
  type RowCommand,
} from './rowCommands.ts';
import { fieldName, numberAt, peekWord, sign, skip, word, wrong } from './scanner.ts';
import {
  compute,
  dedup,
  extract,
  filter,
  limit,
  type Named,
  type SortKey,
  type Stage,
  sort,
  stats,
  unnest,
} from './stages.ts';

/** Milliseconds, both inclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** What is known so far. */
export interface Draft extends Scope {
  columns: Set<string>;
  readonly stages: Stage[];
  readonly shown: Set<string>;
  readonly parsed: string[];
  displayed?: readonly string[] | undefined;
  statsCount: number;
  statsMax: number;
  /** The last `pattern`. */
  pattern?: PatternOptions | undefined;
  /** Of the last `stats`. */
  bins?: Bins | undefined;
  /** Rows are no events any more. */
  remade: boolean;
  compared?: TimeRange | undefined;
  readonly wanted: Wanted[];
  readonly lookups: Lookup[];
  /** Something that looks at the order of rows was there. */
  ordered: boolean;
  deduped: boolean;
  /** The last `sort`, and what comes after it and makes one row of each. */
  sorts?: { readonly keys: readonly SortKey[]; readonly after: Stage[] } | undefined;
  oldestFirst: boolean;
  rowsMax: number | undefined;
}

const ROWS_MAX = 100_000;

const COMMANDS: Readonly<Record<string, (draft: Draft) => void>> = {
  fields: (draft) => {
    for (const name of fieldsAt(draft)) draft.shown.add(name);
  },
  display: (draft) => {
    draft.displayed = fieldsAt(draft);
  },
  filter: (draft) => draft.stages.push(filter(expressionAt(draft))),
  where: (draft) => draft.stages.push(filter(expressionAt(draft))),
  parse: (draft) => {
    const { names, extract: fields } = parsingAt(draft);
    draft.parsed.push(...names);
    (draft.sorts?.after ?? draft.stages).push(extract(fields));
  },
  unnest: (draft) => {
    const list = expressionAt(draft);
    if (!word(draft.scanner, 'into')) wrong(draft.scanner);
    draft.stages.push(unnest(list, fieldName(draft.scanner) ?? wrong(draft.scanner)));
  },
  stats: statsAt,
  sort: sortAt,
  order: sortAt,
  limit: limitAt,
  head: limitAt,
  dedup: dedupAt,
  pattern: (draft) => patternAt(draft, expressionAt(draft)),
  diff: diffAt,
  lookup: (draft) => lookedUp(draft, lookupAt(draft.scanner)),
  cidrlookup: (draft) => lookedUp(draft, cidrLookupAt(draft.scanner)),
  accum: (draft) => byRow(draft, accumAt(draft.scanner)),
  addtotals: (draft) => byRow(draft, addtotalsAt(draft.scanner, shownNow(draft))),
  autoregress: (draft) => byRow(draft, autoregressAt(draft.scanner)),
  countfrequent: (draft) => byRow(draft, countFrequentAt(draft.scanner)),
  count_frequent: (draft) => byRow(draft, countFrequentAt(draft.scanner)),
  expand: (draft) => byRow(draft, expandAt(draft.scanner)),
  fillmissing: (draft) => draft.stages.push(fillmissingAt(draft.scanner, draft.bins)),
  filldown: (draft) => byRow(draft, filldownAt(draft.scanner, shownNow(draft))),
  filterindex: (draft) => {
    do {
      const wanted = wantedAt(draft.scanner);
      draft.wanted.push(wanted);
      draft.stages.push(filter(hasWanted(wanted)));
    } while (word(draft.scanner, 'and'));
  },
  anomaly: (draft) => {
    if (!draft.pattern) wrong(draft.scanner, 'anomaly must follow pattern');
    draft.stages.push(anomaly);
    show(draft, [...draft.shown, ...ANOMALY_FIELDS]);
  },
};

function lookedUp(draft: Draft, { lookup, stage }: ReturnType<typeof lookupAt>): void {
  draft.lookups.push(lookup);
  byRow(draft, { stage, adds: lookup.output });
}

function byRow(draft: Draft, { stage, adds = [], columns }: RowCommand): void {
  draft.stages.push(stage);
  if (columns) {
    draft.remade = true;
    show(draft, columns);
  } else if (draft.shown.size > 0) for (const name of adds) draft.shown.add(name);
  else draft.parsed.push(...adds);
}

const shownNow = ({ shown, parsed }: Draft): string[] => (shown.size > 0 ? [...shown] : [...parsed]);

function patternAt(draft: Draft, value: Evaluate): void {
  if (draft.pattern) wrong(draft.scanner, 'a query may have one pattern command');
  draft.pattern = { compares: false };
  draft.remade = true;
  draft.stages.push(pattern(value, draft.clock, draft.pattern));
  show(draft, PATTERN_FIELDS);
  draft.ordered = false;
}

function show(draft: Draft, names: readonly string[]): void {
  draft.shown.clear();
  draft.displayed = undefined;
  for (const name of names) draft.shown.add(name);
}

const EARLIER: Readonly<Record<string, (time: number, length: number) => number>> = {
  previous: (time, length) => time - length,
  previousday: (time) => time - DAY_MS,
  previousweek: (time) => time - 7 * DAY_MS,
  previousmonth: (time) => {
    const date = new Date(time);
    return date.setUTCMonth(date.getUTCMonth() - 1);
  },
};
const DAY_MS = 86_400_000;

/** Patterns of the messages, if no `pattern` says of what. */
function diffAt(draft: Draft): void {
  const { scanner, clock } = draft;
  const name = peekWord(scanner);
  const known = Object.hasOwn(EARLIER, name) && name !== 'previous';
  if (known) scanner.at += name.length;
  if (!draft.pattern) patternAt(draft, fieldReader('@message'));
  draft.pattern!.compares = true;
  const begin = EARLIER[known ? name : 'previous']!(clock.from, clock.to - clock.from + 1000);
  draft.compared = { from: begin, to: begin + clock.to - clock.from + 999 };
  show(draft, [...PATTERN_FIELDS, ...DIFF_FIELDS]);
}

/** Commands of AWS's that are not here. */
const ABSENT = new Set([
  ...['join', 'subqueries', 'append', 'appendcols', 'logcompare', 'sessionize', 'outlier'],
  ...['estimate', 'relevantfields', 'makemv', 'transaction'],
]);

/** These want no more rows of a `sort` before them than come after. */
const KEEPS_ROWS = new Set(['limit', 'head', 'fields', 'display', 'parse']);

export function commandAt(draft: Draft): void {
  const { scanner } = draft;
  const name = peekWord(scanner);
  const start = scanner.at;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) wrong(scanner, ABSENT.has(name) ? `the command ${name} is not supported` : undefined, start);
  if (draft.deduped && name !== 'limit' && name !== 'head') wrong(scanner, 'only limit may follow dedup', start);
  if (!KEEPS_ROWS.has(name)) settleSort(draft, Number.POSITIVE_INFINITY);
  scanner.at += name.length;
  command(draft);
}

/** `expression [as name], …` with the names; what is only a field needs no stage. */
function fieldsAt(draft: Draft): string[] {
  const names: string[] = [];
  const computed: Named[] = [];
  do {
    const { name, value, plain } = namedAt(draft);
    names.push(name);
    if (!plain) computed.push([name, value]);
  } while (sign(draft.scanner, ','));
  if (computed.length > 0) (draft.sorts?.after ?? draft.stages).push(compute(computed));
  return names;
}

interface NamedExpression {
  readonly name: string;
  /** As it is written. */
  readonly text: string;
  readonly value: Evaluate;
  /** Nothing but a field under its own name. */
  readonly plain: boolean;
}

const PLAIN = /^[@A-Za-z_`][\w@.`[\]]*$/;

function namedAt(scope: Scope): NamedExpression {
  const { scanner } = scope;
  skip(scanner);
  const start = scanner.at;
  const value = expressionAt(scope);
  const text = scanner.text.slice(start, scanner.at).trim();
  if (word(scanner, 'as')) return { name: fieldName(scanner) ?? wrong(scanner), text, value, plain: false };
  const plain = PLAIN.test(text);
  return { name: plain ? text.replaceAll('`', '') : text, text, value, plain };
}

function statsAt(draft: Draft): void {
  const { scanner } = draft;
  if (draft.ordered) wrong(scanner, 'sort and limit must follow the last stats command');
  if (++draft.statsCount > draft.statsMax) wrong(scanner, `a query may have ${draft.statsMax} stats commands`);
  const aggregates: Aggregates = { makers: [], results: [] };
  const columns: Named[] = [];
  do columns.push(column(namedAt({ ...draft, aggregates })));
  while (sign(scanner, ','));
  if (aggregates.makers.length === 0) wrong(scanner, 'stats needs an aggregation function');
  const keys: NamedExpression[] = [];
  if (word(scanner, 'by')) {
    do keys.push(namedAt(draft));
    while (sign(scanner, ','));
  }
  const by = keys.map(column);
  draft.bins = binsIn(keys);
  const names = [...by, ...columns].map(([name]) => name);
  draft.stages.push(stats({ by, columns, aggregates }));
  draft.columns = new Set(names);
  draft.shown.clear();
  draft.displayed = undefined;
  for (const name of names) draft.shown.add(name);
}

function binsIn(keys: readonly NamedExpression[]): Bins | undefined {
  const bin = keys.find(({ text }) => /^bin\s*\(/i.test(text));
  if (!bin) return undefined;
  const period = periodAt({ text: bin.text, at: bin.text.indexOf('(') + 1 });
  return { name: bin.name, period, others: keys.flatMap((key) => (key === bin ? [] : [key.name])) };
}

const column = ({ name, value }: NamedExpression): Named => [name, value];

function sortAt(draft: Draft): void {
  const { scanner } = draft;
  word(scanner, 'by');
  const keys: (SortKey & { readonly name: string })[] = [];
  do {
    const { name, value } = namedAt(draft);
    const descending = word(scanner, 'desc');
    if (!descending) word(scanner, 'asc');
    keys.push({ name, value, descending });
  } while (sign(scanner, ','));
  // Events are read in that order: there is nothing to sort.
  const read = keys.length === 1 && keys[0]?.name === '@timestamp' && draft.statsCount === 0 && !draft.ordered;
  if (read) draft.oldestFirst = !keys[0]!.descending;
  else draft.sorts = { keys, after: [] };
  draft.ordered = true;
}

/** Puts the last `sort` into the plan, now that it is known how many rows are wanted of it. */
export function settleSort(draft: Draft, most: number): void {
  if (!draft.sorts) return;
  draft.stages.push(sort(draft.sorts.keys, most), ...draft.sorts.after);
  draft.sorts = undefined;
}

function limitAt(draft: Draft): void {
  const { scanner } = draft;
  word(scanner, 'any');
  const start = scanner.at;
  const count = numberAt(scanner);
  if (count === undefined || !Number.isInteger(count) || count < 1 || count > ROWS_MAX) {
    wrong(scanner, `limit takes a number from 1 to ${ROWS_MAX}`, start);
  }
  settleSort(draft, count);
  draft.ordered = true;
  draft.stages.push(limit(count));
  draft.rowsMax = Math.min(draft.rowsMax ?? ROWS_MAX, count);
}

function dedupAt(draft: Draft): void {
  const values: Evaluate[] = [];
  do values.push(fieldReader(fieldName(draft.scanner) ?? wrong(draft.scanner)));
  while (sign(draft.scanner, ','));
  draft.stages.push(dedup(values));
  draft.ordered = true;
  draft.deduped = true;
}
