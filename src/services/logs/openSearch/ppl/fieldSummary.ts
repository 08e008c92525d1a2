/** `fieldsummary includefields = field [nulls = bool]`: what a field holds, in one row. AWS takes one field. */
import { sign, word, wrong } from '../../insights/scanner.ts';
import type { Stage } from '../../insights/stages.ts';
import { numberOf, type Value } from '../../insights/values.ts';
import { inOrder, said } from '../values.ts';
import { namesAt } from './commands.ts';
import { fieldIn, type Pipe } from './pipe.ts';

const COLUMNS = ['Fields', 'COUNT', 'COUNT_DISTINCT', 'MIN', 'MAX', 'AVG', 'MEAN', 'STDDEV', 'NULLS', 'TYPEOF'];

export function fieldSummaryAt(pipe: Pipe): void {
  const { scanner } = pipe.scope;
  if (!word(scanner, 'includefields') || !sign(scanner, '=')) wrong(scanner);
  const [name = '', ...more] = namesAt(pipe);
  if (more.length > 0) wrong(scanner, 'fieldsummary takes one field in a query');
  let nulls = false;
  if (word(scanner, 'nulls')) {
    if (!sign(scanner, '=')) wrong(scanner);
    nulls = word(scanner, 'true') || (!word(scanner, 'false') && wrong(scanner));
  }
  pipe.stages.push(summary(name, fieldIn(pipe)(name), nulls));
  pipe.shown = COLUMNS;
  pipe.statsCount++;
}

const typeOf = (value: Value): string =>
  typeof value === 'number' || (typeof value === 'string' && numberOf(value) !== undefined)
    ? Number.isInteger(numberOf(value))
      ? 'int'
      : 'double'
    : typeof value === 'boolean'
      ? 'boolean'
      : 'string';

/** `nulls`: null counts as zero where numbers are averaged. */
const summary =
  (name: string, read: ReturnType<ReturnType<typeof fieldIn>>, nulls: boolean): Stage =>
  (next, budget) => {
    const seen = new Set<string>();
    const found = { count: 0, nulls: 0, numbers: 0, mean: 0, squares: 0 };
    let least: Value = null;
    let most: Value = null;
    const average = (number: number) => {
      const delta = number - found.mean;
      found.mean += delta / ++found.numbers;
      found.squares += delta * (number - found.mean);
    };
    return {
      push(row) {
        const value = read(row);
        if (value === null) {
          found.nulls++;
          if (nulls) average(0);
          return true;
        }
        found.count++;
        const text = said(value) ?? '';
        if (!seen.has(text)) budget.take(2 * text.length + 60);
        seen.add(text);
        least = least === null || inOrder(value, least) < 0 ? value : least;
        most = most === null || inOrder(value, most) > 0 ? value : most;
        average(numberOf(value) ?? 0);
        return true;
      },
      async end() {
        const spread = found.numbers > 1 ? Math.sqrt(found.squares / (found.numbers - 1)) : null;
        const mean = found.numbers > 0 ? found.mean : null;
        const values = [name, found.count, seen.size, least, most, mean, mean, spread, found.nulls, typeOf(most)];
        next.push({ made: new Map(COLUMNS.map((column, i) => [column, values[i] ?? null])) });
        await next.end();
      },
    };
  };
