/** The commands of a query: each reads what follows its name, and adds what it does to the plan. */
import { cidrLookupAt } from './cidrLookup.ts';
import { anomalyAt, diffAt, logCompareAt, patternAt } from './comparing.ts';
import { byRow, type Draft, namedAt, settleSort, shownNow } from './draft.ts';
import { type Evaluate, expressionAt } from './expressions.ts';
import { fillmissingAt } from './fillmissing.ts';
import { plainConditions, valuesWanted, wantedAt } from './filterIndex.ts';
import { appendColumnsAt } from './inner.ts';
import { joinAt } from './join.ts';
import { lookupAt } from './lookup.ts';
import { outlierAt } from './outlier.ts';
import { parsingAt } from './parse.ts';
import { fieldReader } from './records.ts';
import { RELEVANT_COLUMNS, relevantFields } from './relevantFields.ts';
import { accumAt, addtotalsAt, autoregressAt, countFrequentAt, expandAt, filldownAt } from './rowCommands.ts';
import { fieldName, numberAt, peekWord, sign, word, wrong } from './scanner.ts';
import { sessionizeAt } from './sessionize.ts';
import { compute, dedup, extract, filter, limit, type Named, type SortKey, unnest } from './stages.ts';
import { statsAt } from './statsCommand.ts';

const ROWS_MAX = 100_000;

const COMMANDS: Readonly<Record<string, (draft: Draft) => void>> = {
  fields: (draft) => {
    for (const name of fieldsAt(draft)) draft.shown.add(name);
  },
  display: (draft) => {
    draft.displayed = fieldsAt(draft);
  },
  filter: filterAt,
  where: filterAt,
  parse: (draft) => {
    const { names, extract: fields } = parsingAt(draft);
    draft.parsed.push(...names);
    (draft.sorts?.after ?? draft.stages).push(extract(fields));
  },
  unnest: (draft) => {
    const list = expressionAt(draft);
    if (!word(draft.scanner, 'into')) wrong(draft.scanner);
    const name = fieldName(draft.scanner) ?? wrong(draft.scanner);
    draft.columns = new Set([...draft.columns, name]);
    draft.stages.push(unnest(list, name));
  },
  stats: statsAt,
  sort: sortAt,
  order: sortAt,
  limit: limitAt,
  head: limitAt,
  dedup: dedupAt,
  pattern: (draft) => patternAt(draft, expressionAt(draft)),
  diff: diffAt,
  logcompare: logCompareAt,
  join: joinAt,
  appendcols: appendColumnsAt,
  sessionize: (draft) => byRow(draft, sessionizeAt(draft.scanner)),
  outlier: (draft) => byRow(draft, outlierAt(draft.scanner)),
  relevantfields: relevantFieldsAt,
  estimate: (draft) => {
    draft.estimates = true;
  },
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
    draft.standardOnly = 'filterIndex';
    do {
      const wanted = wantedAt(draft.scanner);
      draft.wanted.push(wanted);
      draft.stages.push(filter(valuesWanted(wanted)));
      draft.filters++;
    } while (word(draft.scanner, 'and'));
  },
  anomaly: anomalyAt,
};

/** Before any command that makes fields, an index says which events need not be looked at. */
function filterAt(draft: Draft): void {
  if (draft.stages.length === draft.filters) {
    draft.hints.push(...plainConditions(draft.scanner));
    draft.filters++;
  }
  draft.stages.push(filter(expressionAt(draft)));
}

function lookedUp(draft: Draft, { lookup, stage }: ReturnType<typeof lookupAt>): void {
  draft.lookups.push(lookup);
  byRow(draft, { stage, adds: lookup.output });
}

function relevantFieldsAt(draft: Draft): void {
  const { scanner } = draft;
  const names: string[] = [];
  while (peekWord(scanner) !== 'where') {
    names.push(fieldName(scanner) ?? wrong(scanner));
    if (!sign(scanner, ',') && peekWord(scanner) !== 'where') wrong(scanner);
  }
  if (!word(scanner, 'where')) wrong(scanner);
  byRow(draft, { stage: relevantFields(names, expressionAt(draft)), columns: RELEVANT_COLUMNS });
}

/** These want no more rows of a `sort` before them than come after. */
const KEEPS_ROWS = new Set(['limit', 'head', 'fields', 'display', 'parse']);

export function commandAt(draft: Draft): void {
  const { scanner } = draft;
  const name = peekWord(scanner);
  const start = scanner.at;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) wrong(scanner, undefined, start);
  if (draft.estimates) wrong(scanner, 'estimate must be the last command', start);
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
