/**
 * `stats aggregate [as name], … [by key, …] [offset duration]`
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
 */
import { column, type Draft, type NamedExpression, namedAt, show } from './draft.ts';
import type { Aggregates } from './expressions.ts';
import type { Bins } from './fillmissing.ts';
import { durationAt, periodAt } from './periods.ts';
import { sign, word, wrong } from './scanner.ts';
import { stats } from './stages.ts';
import { Moment, numberOf } from './values.ts';

export function statsAt(draft: Draft): void {
  const { scanner } = draft;
  if (draft.ordered) wrong(scanner, 'sort and limit must follow the last stats command');
  if (++draft.statsCount > draft.statsMax) wrong(scanner, `a query may have ${draft.statsMax} stats commands`);
  const aggregates: Aggregates = { makers: [], results: [] };
  const refers = referring(draft);
  const made: NamedExpression[] = [];
  do made.push(namedAt({ ...draft, aggregates, refers: refers?.(made) }));
  while (sign(scanner, ','));
  const columns = made.map(column);
  if (aggregates.makers.length === 0) wrong(scanner, 'stats needs an aggregation function');
  const keys: NamedExpression[] = [];
  if (word(scanner, 'by')) {
    do keys.push(namedAt({ ...draft, refers: refers?.([]) }));
    while (sign(scanner, ','));
  }
  if (made.length + keys.length > 1 && made.some(({ text }) => TOPK.test(text))) {
    wrong(scanner, 'topk cannot be combined with by or with other aggregation functions');
  }
  const by = movedBins(draft, keys).map(column);
  draft.bins = binsIn(keys);
  const names = [...by, ...columns].map(([name]) => name);
  draft.stages.push(stats({ by, columns, aggregates }));
  draft.columns = new Set(names);
  show(draft, names);
}

const TOPK = /\btopk\s*\(/i;

/** Of what was before an earlier `stats` nothing is left but what that one made, and what was made since. */
function referring({ scanner, statsCount, joined, shown, parsed, columns, displayed = [] }: Draft) {
  if (statsCount === 1 || joined) return undefined;
  const known = [...shown, ...parsed, ...columns, ...displayed];
  return (made: readonly NamedExpression[]) => (name: string, start: number) => {
    const leads = (each: string) => name === each || name.startsWith(`${each}.`) || name.startsWith(`${each}[`);
    if (!known.some(leads) && !made.some((each) => leads(each.name))) {
      wrong(scanner, `Invalid reference to ${name}`, start);
    }
  };
}

function binsIn(keys: readonly NamedExpression[]): Bins | undefined {
  const bin = keys.find(({ text }) => BIN.test(text));
  if (!bin) return undefined;
  const period = periodAt({ text: bin.text, at: bin.text.indexOf('(') + 1 });
  return { name: bin.name, period, others: keys.flatMap((key) => (key === bin ? [] : [key.name])) };
}

const BIN = /^bin\s*\(/i;

/** `offset duration`: the periods are told so much later. */
function movedBins(draft: Draft, keys: readonly NamedExpression[]): readonly NamedExpression[] {
  if (!word(draft.scanner, 'offset')) return keys;
  if (!keys.some(({ text }) => BIN.test(text))) wrong(draft.scanner, 'offset must follow by bin()');
  const shift = durationAt(draft.scanner);
  return keys.map((key) => {
    if (!BIN.test(key.text)) return key;
    const moved: typeof key.value = (row) => {
      const time = numberOf(key.value(row));
      return time === undefined ? null : new Moment(time + shift);
    };
    return { ...key, value: moved };
  });
}
