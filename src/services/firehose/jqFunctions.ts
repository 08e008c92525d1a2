/** What jq does with values, of the part of it that partition keys are written in. */

export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** The record is not as the query wants it. */
export class JqFailure extends Error {}

const TEXT_MAX = 65_536;

function failed(what: string, value: Value): never {
  throw new JqFailure(`${typeOf(value)} ${what}`);
}

const typeOf = (value: Value): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

const text = (value: Value): string => (typeof value === 'string' ? value : failed('is not a string', value));
const number = (value: Value): number => (typeof value === 'number' ? value : failed('is not a number', value));
const list = (value: Value): readonly Value[] => (Array.isArray(value) ? value : failed('is not an array', value));

function bounded(value: string): string {
  if (value.length > TEXT_MAX) throw new JqFailure('the text is too long');
  return value;
}

function plus(left: Value, right: Value): Value {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === 'string' && typeof right === 'string') return bounded(left + right);
  return number(left) + number(right);
}

function divided(left: Value, right: Value): number {
  if (right === 0) throw new JqFailure('cannot be divided because the divisor is zero');
  return number(left) / number(right);
}

function remainder(left: Value, right: Value): number {
  const divisor = Math.trunc(Math.abs(number(right)));
  if (divisor === 0) throw new JqFailure('cannot be divided because the divisor is zero');
  return Math.trunc(number(left)) % divisor;
}

const RANKS = ['null', 'boolean', 'number', 'string', 'array', 'object'];

/** Types in jq's order; of a type by value. Arrays and objects are not compared with each other. */
function compare(left: Value, right: Value): number {
  const [a, b] = [typeOf(left), typeOf(right)];
  if (a !== b) return RANKS.indexOf(a) - RANKS.indexOf(b);
  if (left === right) return 0;
  if (left === null || right === null || typeof left === 'object' || typeof right === 'object') {
    return failed('cannot be compared', left);
  }
  return left < right ? -1 : 1;
}

const padded = (value: number, length = 2) => String(value).padStart(length, '0');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const YEAR_START = (at: Date) => Date.UTC(at.getUTCFullYear(), 0, 1);

/** `strftime`, in UTC. */
const STAMPS: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getUTCFullYear()),
  y: (at) => padded(at.getUTCFullYear() % 100),
  m: (at) => padded(at.getUTCMonth() + 1),
  d: (at) => padded(at.getUTCDate()),
  e: (at) => String(at.getUTCDate()).padStart(2, ' '),
  H: (at) => padded(at.getUTCHours()),
  I: (at) => padded(at.getUTCHours() % 12 || 12),
  M: (at) => padded(at.getUTCMinutes()),
  S: (at) => padded(at.getUTCSeconds()),
  j: (at) => padded(Math.floor((at.getTime() - YEAR_START(at)) / 86_400_000) + 1, 3),
  p: (at) => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  a: (at) => DAYS[at.getUTCDay()]!.slice(0, 3),
  A: (at) => DAYS[at.getUTCDay()]!,
  b: (at) => MONTHS[at.getUTCMonth()]!.slice(0, 3),
  B: (at) => MONTHS[at.getUTCMonth()]!,
  u: (at) => String(at.getUTCDay() || 7),
  w: (at) => String(at.getUTCDay()),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  F: (at) => at.toISOString().slice(0, 10),
  T: (at) => at.toISOString().slice(11, 19),
  Z: () => 'UTC',
  z: () => '+0000',
  '%': () => '%',
};

/** Seconds since 1970, or jq's broken down time. */
function momentOf(value: Value): Date {
  if (Array.isArray(value)) {
    const [year = 1970, month = 0, day = 1, hour = 0, minute = 0, second = 0] = value.map(number);
    return validated(new Date(Date.UTC(year, month, day, hour, minute, Math.trunc(second))));
  }
  return validated(new Date(number(value) * 1000));
}

function validated(at: Date): Date {
  if (Number.isNaN(at.getTime())) throw new JqFailure('is no time');
  return at;
}

function strftime(value: Value, format: Value): string {
  const at = momentOf(value);
  return bounded(
    text(format).replace(/%(.?)/gs, (_, letter: string) => {
      const write = Object.hasOwn(STAMPS, letter) ? STAMPS[letter] : undefined;
      if (!write) throw new JqFailure(`strftime does not know %${letter}`);
      return write(at);
    }),
  );
}

function fromDate(value: Value): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text(value)))
    failed('does not match format "%Y-%m-%dT%H:%M:%SZ"', value);
  return validated(new Date(text(value))).getTime() / 1000;
}

function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (text(value).trim() === '' || Number.isNaN(Number(value))) failed('cannot be parsed as a number', value);
  return Number(value);
}

function length(value: Value): number {
  if (value === null) return 0;
  if (typeof value === 'string') return [...value].length;
  if (typeof value === 'number') return Math.abs(value);
  if (typeof value === 'boolean') return failed('has no length', value);
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

function has(value: Value, key: Value): boolean {
  if (Array.isArray(value)) return number(key) >= 0 && number(key) < value.length;
  if (value === null || typeof value !== 'object') return failed('cannot be checked for a key', value);
  return Object.hasOwn(value, text(key));
}

function joined(values: readonly Value[], separator: string): string {
  if (values.length * separator.length > TEXT_MAX) throw new JqFailure('the text is too long');
  return bounded(values.map((each) => (each === null ? '' : asText(each))).join(separator));
}

type Function = (value: Value, ...args: Value[]) => Value;

const asText = (value: Value) => (typeof value === 'string' ? value : bounded(JSON.stringify(value)));
const ascii = (value: Value, change: (letter: string) => string) => text(value).replace(/[A-Za-z]/g, change);

/** By name and number of arguments. */
const NAMED: Readonly<Record<string, Function>> = {
  'tostring/0': asText,
  'tonumber/0': toNumber,
  'tojson/0': (value) => bounded(JSON.stringify(value)),
  'type/0': typeOf,
  'length/0': length,
  'not/0': (value) => value === null || value === false,
  'floor/0': (value) => Math.floor(number(value)),
  'ceil/0': (value) => Math.ceil(number(value)),
  'round/0': (value) => Math.round(number(value)),
  'ascii_downcase/0': (value) => ascii(value, (letter) => letter.toLowerCase()),
  'ascii_upcase/0': (value) => ascii(value, (letter) => letter.toUpperCase()),
  'first/0': (value) => list(value).at(0) ?? null,
  'last/0': (value) => list(value).at(-1) ?? null,
  'has/1': (value, key) => has(value, key!),
  'split/1': (value, separator) => bounded(text(value)).split(text(separator!)),
  'join/1': (value, separator) => joined(list(value), text(separator!)),
  'startswith/1': (value, start) => text(value).startsWith(text(start!)),
  'endswith/1': (value, end) => text(value).endsWith(text(end!)),
  'ltrimstr/1': (value, start) =>
    typeof value === 'string' && typeof start === 'string' && value.startsWith(start)
      ? value.slice(start.length)
      : value,
  'rtrimstr/1': (value, end) =>
    typeof value === 'string' && typeof end === 'string' && end !== '' && value.endsWith(end)
      ? value.slice(0, -end.length)
      : value,
  'strftime/1': (value, format) => strftime(value, format!),
  'todate/0': (value) => strftime(value, '%Y-%m-%dT%H:%M:%SZ'),
  'fromdate/0': fromDate,
  'fromdateiso8601/0': fromDate,
  'todateiso8601/0': (value) => strftime(value, '%Y-%m-%dT%H:%M:%SZ'),
};

export const FUNCTIONS = { named: NAMED, number, plus, divided, remainder, compare };
