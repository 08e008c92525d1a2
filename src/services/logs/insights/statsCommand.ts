/**
 * `stats aggregate [as name], … [by key, …] [offset duration]`
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
 */
import { column, type Draft, type NamedExpression, namedAt, show } from './draft.ts';
import type { Aggregates } from './expressions.ts';
import type { Bins } from './fillmissing.ts';
import { durationAt, periodAt } from './periods.ts';
import { sign, word, wrong } from './scanner.ts';
import { type Named, stats } from './stages.ts';
import { Moment, numberOf } from './values.ts';

export function statsAt(draft: Draft): void {
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
  const by = movedBins(draft, keys).map(column);
  draft.bins = binsIn(keys);
  const names = [...by, ...columns].map(([name]) => name);
  draft.stages.push(stats({ by, columns, aggregates }));
  draft.columns = new Set(names);
  show(draft, names);
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
