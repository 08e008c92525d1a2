/** Functions of S3 Select that are computed of one record. */
import { selectError } from './errors.ts';
import { timestampBy, timestampText } from './timePatterns.ts';
import { Timestamp, timestampAt, timestampIn } from './timestamps.ts';
import { isUnknown, textOf, type Value } from './values.ts';

type Computed = (args: readonly Value[]) => Value;

interface Known {
  readonly least: number;
  readonly most: number;
  /** `now`: when the request came. */
  readonly compute: (args: readonly Value[], now: Date) => Value;
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
  substring: strict(2, 3, ([text, from, length]) => part([...textOf(text)], Number(from), length)),
  to_string: strict(2, 2, ([time, pattern]) => timestampText(timeOf(time), textOf(pattern))),
  to_timestamp: strict(1, 2, ([text, pattern]) =>
    pattern === undefined ? timestampOf(text) : timestampBy(textOf(pattern), textOf(text)),
  ),
  utcnow: { least: 0, most: 0, compute: (_args, now) => timestampAt(now) },
};

/** Counted from 1; what lies before that is not there, but counts. */
function part(chars: readonly string[], from: number, length: Value): string {
  const end = length === undefined ? chars.length : from - 1 + Number(length);
  return chars.slice(Math.max(0, from - 1), Math.max(0, end)).join('');
}

/** Of a value that must be one already. */
export function timeOf(value: Value): Timestamp {
  if (value instanceof Timestamp) return value;
  throw selectError('IncorrectSqlFunctionArgumentType');
}

function timestampOf(value: Value): Timestamp {
  const found = value instanceof Timestamp ? value : timestampIn(textOf(value));
  if (!found) throw selectError('ValueParseFailure');
  return found;
}

/** `TRIM(LEADING 'x' FROM text)`: of each end, as long as there is one of the characters. */
export function trimmed(side: 'leading' | 'trailing' | 'both', text: Value, characters: Value): Value {
  if (isUnknown(text) || isUnknown(characters)) return null;
  const chars = [...textOf(text)];
  const gone = new Set(textOf(characters));
  let [start, end] = [0, chars.length];
  while (side !== 'trailing' && start < end && gone.has(chars[start]!)) start++;
  while (side !== 'leading' && end > start && gone.has(chars[end - 1]!)) end--;
  return chars.slice(start, end).join('');
}

export function functionNamed(name: string, count: number, now: Date): Computed {
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) throw selectError('UnsupportedFunction');
  if (count < known.least || count > known.most) throw selectError('EvaluatorInvalidArguments');
  return (args) => known.compute(args, now);
}
