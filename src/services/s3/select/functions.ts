/** Functions of S3 Select that are computed of one record. Dates and times are not among them. */
import { selectError } from './errors.ts';
import { isUnknown, textOf, type Value } from './values.ts';

type Computed = (args: readonly Value[]) => Value;

interface Known {
  readonly least: number;
  readonly most: number;
  readonly compute: Computed;
}

/** Of something that is known. */
const strict = (least: number, most: number, compute: Computed): Known => ({
  least,
  most,
  compute: (args) => (args.some(isUnknown) ? null : compute(args)),
});

const characters = strict(1, 1, ([text]) => [...textOf(text)].length);

const FUNCTIONS: Readonly<Record<string, Known>> = {
  coalesce: { least: 1, most: 100, compute: (args) => args.find((value) => !isUnknown(value)) ?? null },
  nullif: { least: 2, most: 2, compute: ([a, b]) => (a === b ? null : a) },
  char_length: characters,
  character_length: characters,
  lower: strict(1, 1, ([text]) => textOf(text).toLowerCase()),
  upper: strict(1, 1, ([text]) => textOf(text).toUpperCase()),
  trim: strict(1, 1, ([text]) => textOf(text).replace(/^ +/, '').replace(/ +$/, '')),
  substring: strict(2, 3, ([text, from, length]) => part([...textOf(text)], Number(from), length)),
};

/** Counted from 1; what lies before that is not there, but counts. */
function part(chars: readonly string[], from: number, length: Value): string {
  const end = length === undefined ? chars.length : from - 1 + Number(length);
  return chars.slice(Math.max(0, from - 1), Math.max(0, end)).join('');
}

export function functionNamed(name: string, count: number): Computed {
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) throw selectError('UnsupportedFunction');
  if (count < known.least || count > known.most) throw selectError('EvaluatorInvalidArguments');
  return known.compute;
}
