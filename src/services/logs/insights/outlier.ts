/**
 * `outlier [action=…] [param=…] [uselower=…] [mark=…] field …`: numbers beyond the quartiles by a multiple of the range
 * between them are drawn back to that bound, or their rows go. The marker is called `FIELD_outlier`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Outlier.html
 */
import { fieldReader, type Row, sizeOf, withFields } from './records.ts';
import { boolAt, type RowCommand } from './rowCommands.ts';
import { fieldName, numberAt, type Scanner, sign, word, wrong } from './scanner.ts';
import { handOn, type Stage } from './stages.ts';
import { numberOf, type Value } from './values.ts';

interface Options {
  remove: boolean;
  param: number;
  lower: boolean;
  mark: boolean;
}

const OPTIONS: Readonly<Record<string, (scanner: Scanner, options: Options) => void>> = {
  action: (scanner, options) => {
    if (!sign(scanner, '=')) wrong(scanner);
    options.remove = word(scanner, 'remove');
    if (!options.remove && !word(scanner, 'transform')) wrong(scanner);
  },
  param: (scanner, options) => {
    if (!sign(scanner, '=')) wrong(scanner);
    options.param = numberAt(scanner) ?? wrong(scanner);
  },
  uselower: (scanner, options) => {
    options.lower = boolAt(scanner);
  },
  mark: (scanner, options) => {
    options.mark = boolAt(scanner);
  },
};

export function outlierAt(scanner: Scanner): RowCommand {
  const options: Options = { remove: false, param: 2.5, lower: false, mark: false };
  for (let found = optionAt(scanner); found; found = optionAt(scanner)) found(scanner, options);
  const names: string[] = [];
  for (let name = fieldName(scanner); name !== undefined; name = fieldName(scanner)) {
    names.push(name);
    sign(scanner, ',');
  }
  if (names.length === 0) wrong(scanner);
  return { stage: outliers(names, options), adds: options.mark ? names.map(marker) : [] };
}

function optionAt(scanner: Scanner) {
  return Object.entries(OPTIONS).find(([name]) => {
    const start = scanner.at;
    const found = word(scanner, name) && sign(scanner, '=');
    scanner.at = found ? scanner.at - 1 : start;
    return found;
  })?.[1];
}

const marker = (name: string) => `${name}_outlier`;

interface Kept {
  readonly row: Row;
  readonly numbers: readonly (number | undefined)[];
}

function outliers(names: readonly string[], options: Options): Stage {
  const reads = names.map(fieldReader);
  return (next, budget) => {
    const kept: Kept[] = [];
    return {
      push(row) {
        budget.take(sizeOf(row) + 16 * names.length);
        kept.push({ row, numbers: reads.map((read) => numberOf(read(row))) });
        return true;
      },
      async end() {
        const bounds = names.map((_, i) =>
          boundsOf(
            kept.flatMap(({ numbers }) => numbers[i] ?? []),
            options,
          ),
        );
        function* told(): Generator<Row> {
          for (const { row, numbers } of kept) {
            const fields = changed(names, numbers, bounds, options);
            if (fields) yield fields.length > 0 ? withFields(row, fields) : row;
          }
        }
        await handOn(told(), next.push, budget);
        await next.end();
      },
    };
  };
}

type Bounds = readonly [least: number, most: number];

function boundsOf(numbers: number[], { param, lower }: Options): Bounds {
  numbers.sort((a, b) => a - b);
  const [first, third] = [quantile(numbers, 0.25), quantile(numbers, 0.75)];
  const reach = param * (third - first);
  return [lower ? first - reach : Number.NEGATIVE_INFINITY, third + reach];
}

/** Between its two neighbours in proportion. */
function quantile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const [low = 0, high = low] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

/** The fields that a row gets; undefined when it goes. */
function changed(names: readonly string[], numbers: Kept['numbers'], bounds: readonly Bounds[], options: Options) {
  const fields: [string, Value][] = [];
  for (const [i, name] of names.entries()) {
    const number = numbers[i];
    const [least, most] = bounds[i]!;
    const out = number !== undefined && (number < least || number > most);
    if (out && options.remove) return undefined;
    if (out) fields.push([name, Math.min(Math.max(number, least), most)]);
    if (options.mark) fields.push([marker(name), out]);
  }
  return fields;
}
