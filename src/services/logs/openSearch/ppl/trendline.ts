/** `trendline [sort [+|-] field] sma(n, field) [as name] …`: the mean of the last n values. */

import { type Row, withFields } from '../../insights/records.ts';
import { need, peekWord, sign, word, wrong } from '../../insights/scanner.ts';
import type { Stage } from '../../insights/stages.ts';
import { sort } from '../../insights/stages.ts';
import { numberOf, type Value } from '../../insights/values.ts';
import { countAt, named, sortKeysAt } from './commands.ts';
import { add, fieldIn, type Pipe } from './pipe.ts';

interface Mean {
  readonly points: number;
  readonly read: (row: Row) => Value;
  readonly name: string;
}

const POINTS_MAX = 10_000;

export function trendlineAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  if (word(scanner, 'sort')) pipe.stages.push(sort(sortKeysAt(pipe), Number.POSITIVE_INFINITY));
  const means: Mean[] = [];
  while (peekWord(scanner) === 'sma') {
    scanner.at += 'sma'.length;
    need(scanner, '(');
    const start = scanner.at;
    const points = countAt(pipe, 0);
    if (points > POINTS_MAX) wrong(scanner, `at most ${POINTS_MAX} points are averaged`, start);
    need(scanner, ',');
    const field = named(pipe);
    need(scanner, ')');
    const name = word(scanner, 'as') ? named(pipe) : `${field}_trendline`;
    means.push({ points, read: fieldIn(pipe)(field), name });
    sign(scanner, ',');
  }
  if (means.length === 0) wrong(scanner, 'trendline takes sma(points, field)');
  pipe.stages.push(trend(means));
  pipe.ordered = true;
  for (const { name } of means) add(pipe, name);
}

/** Null until there are as many values. */
const trend =
  (means: readonly Mean[]): Stage =>
  (next) => {
    const windows = means.map(() => ({ values: [] as number[], at: 0, sum: 0 }));
    return {
      push(row) {
        const fields = means.map(({ points, read, name }, i): [string, Value] => {
          const window = windows[i]!;
          const number = numberOf(read(row)) ?? 0;
          window.sum += number - (window.values[window.at] ?? 0);
          window.values[window.at] = number;
          window.at = (window.at + 1) % points;
          return [name, window.values.length < points ? null : window.sum / points];
        });
        return next.push(withFields(row, fields));
      },
      end: () => next.end(),
    };
  };
