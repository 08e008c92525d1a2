/** Functions and operators of OpenSearch SQL and PPL that take values and give one. Of null most make null. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { addressFunctions } from '../insights/addressFunctions.ts';
import { type Fn, finite } from '../insights/functions.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { dateFunctions } from './dateFunctions.ts';
import { jsonFunctions } from './jsonFunctions.ts';
import { any, strict } from './makers.ts';
import { textFunctions } from './textFunctions.ts';
import { ordered, said } from './values.ts';

const compared = (holds: (order: number) => boolean): Fn =>
  any(2, 2, (a = null, b = null) => {
    const order = ordered(a, b);
    return order === undefined ? null : holds(order);
  });

const numbers = (least: number, most: number, run: (...numbers: number[]) => number): Fn =>
  strict(least, most, (...values) => {
    const found = values.map(numberOf);
    return found.includes(undefined) ? null : finite(run(...(found as number[])));
  });

const numeric = (run: (number: number) => number): Fn => numbers(1, 1, run);

const same = (a: Value, b: Value): boolean => (a === null || b === null ? a === b : ordered(a, b) === 0);

const operators: Readonly<Record<string, Fn>> = {
  '=': compared((order) => order === 0),
  '!=': compared((order) => order !== 0),
  '<': compared((order) => order < 0),
  '<=': compared((order) => order <= 0),
  '>': compared((order) => order > 0),
  '>=': compared((order) => order >= 0),
  '<=>': any(2, 2, (a = null, b = null) => same(a, b)),
  '*': numbers(2, 2, (a, b) => a * b),
  '/': numbers(2, 2, (a, b) => a / b),
  quotient: numbers(2, 2, (a, b) => (Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b)),
  '%': numbers(2, 2, (a, b) => a % b),
  negative: numeric((a) => -a),
  in: any(2, 2_000, (value = null, ...items) => {
    if (value === null) return null;
    if (items.some((item) => ordered(value, item) === 0)) return true;
    return items.includes(null) ? null : false;
  }),
  isnull: any(1, 1, (value) => value === null),
  isnotnull: any(1, 1, (value) => value !== null),
  ispresent: any(1, 1, (value) => value !== null),
  xor: strict(2, 2, (a, b) => (a === true) !== (b === true)),
};

const conditions: Readonly<Record<string, Fn>> = {
  coalesce: any(1, 100, (...values) => values.find((value) => value !== null) ?? null),
  ifnull: any(2, 2, (a = null, b = null) => a ?? b),
  nvl: any(2, 2, (a = null, b = null) => a ?? b),
  nvl2: any(3, 3, (a = null, b = null, c = null) => (a !== null ? b : c)),
  nullif: any(2, 2, (a = null, b = null) => (ordered(a, b) === 0 ? null : a)),
  greatest: any(2, 100, (...values) => extreme(values, 1)),
  least: any(2, 100, (...values) => extreme(values, -1)),
};

function extreme(values: readonly Value[], sign: 1 | -1): Value {
  let found: Value = null;
  for (const value of values) if (found === null || (ordered(value, found) ?? 0) * sign > 0) found = value;
  return found;
}

/** Half away from zero. */
function rounded(value: number, digits = 0): number {
  const scale = 10 ** Math.trunc(Math.min(Math.max(digits, -15), 15));
  return (Math.sign(value) * Math.round(Math.abs(value) * scale)) / scale;
}

const log = (a: number, b?: number) => (b === undefined ? Math.log(a) : Math.log(b) / Math.log(a));

const mathematics: Readonly<Record<string, Fn>> = {
  ...Object.fromEntries(
    (
      ['abs', 'acos', 'asin', 'atan', 'cbrt', 'ceil', 'cos', 'cosh', 'exp', 'expm1', 'floor', 'log10', 'log1p'] as const
    ).map((name) => [name, numeric(Math[name])]),
  ),
  ...Object.fromEntries(
    (['log2', 'sign', 'sin', 'sinh', 'sqrt', 'tan', 'tanh'] as const).map((name) => [name, numeric(Math[name])]),
  ),
  ceiling: numeric(Math.ceil),
  signum: numeric(Math.sign),
  rint: numeric(Math.round),
  ln: numeric(Math.log),
  log: numbers(1, 2, log),
  cot: numeric((a) => 1 / Math.tan(a)),
  degrees: numeric((a) => (a * 180) / Math.PI),
  radians: numeric((a) => (a * Math.PI) / 180),
  atan2: numbers(2, 2, Math.atan2),
  hypot: numbers(2, 2, Math.hypot),
  pow: numbers(2, 2, (a, b) => a ** b),
  power: numbers(2, 2, (a, b) => a ** b),
  mod: numbers(2, 2, (a, b) => a % b),
  pmod: numbers(2, 2, (a, b) => ((a % b) + b) % b),
  div: numbers(2, 2, (a, b) => Math.trunc(a / b)),
  round: numbers(1, 2, rounded),
  pi: any(0, 0, () => Math.PI),
  e: any(0, 0, () => Math.E),
  conv: strict(3, 3, inBase),
  bin: strict(1, 1, (value) => inBase(value, 10, 2)),
  hex: strict(1, 1, (value) =>
    typeof value === 'number' ? Math.trunc(value).toString(16).toUpperCase() : hexOf(value),
  ),
};

const hexOf = (value: Value) =>
  Buffer.from(said(value) ?? '')
    .toString('hex')
    .toUpperCase();

function inBase(value: Value, from: Value, to: Value): Value {
  const [a, b] = [numberOf(from) ?? 0, numberOf(to) ?? 0];
  if (a < 2 || a > 36 || b < 2 || b > 36) return null;
  const number = Number.parseInt(said(value) ?? '', a);
  return Number.isSafeInteger(number) ? number.toString(b) : null;
}

const digest = (algorithm: string): Fn => strict(1, 1, (value) => hexDigest(createHash(algorithm), value));
const hexDigest = (hash: Hash, value: Value) => hash.update(said(value) ?? '').digest('hex');
const SHA2: ReadonlyMap<number | undefined, string> = new Map([
  [0, 'sha256'],
  ...[224, 256, 384, 512].map((bits) => [bits, `sha${bits}`] as const),
]);

const digests: Readonly<Record<string, Fn>> = {
  md5: digest('md5'),
  sha: digest('sha1'),
  sha1: digest('sha1'),
  sha2: strict(2, 2, (value, bits) => {
    const algorithm = SHA2.get(numberOf(bits));
    return algorithm ? hexDigest(createHash(algorithm), value) : null;
  }),
  crc32: strict(1, 1, (value) => crc32(said(value) ?? '')),
};

const truths: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', 'yes', 'y', '1'].map((text) => [text, true] as const),
  ...['false', 'f', 'no', 'n', '0'].map((text) => [text, false] as const),
]);

const casts: Readonly<Record<string, Fn>> = {
  'to string': strict(1, 1, (value) => said(value) ?? null),
  'to int': numeric((number) => Math.trunc(number)),
  'to double': numeric((number) => number),
  'to boolean': strict(1, 1, (value) =>
    typeof value === 'number' ? value !== 0 : (truths.get((said(value) ?? '').trim().toLowerCase()) ?? null),
  ),
};
const aliases: Readonly<Record<string, string>> = {
  string: 'to string',
  int: 'to int',
  bigint: 'to int',
  double: 'to double',
  float: 'to double',
  boolean: 'to boolean',
  cidrmatch: 'isipinsubnet',
};

const TABLE: Readonly<Record<string, Fn>> = {
  ...operators,
  ...conditions,
  ...mathematics,
  ...digests,
  ...casts,
  ...textFunctions,
  ...dateFunctions,
  ...jsonFunctions,
  isipinsubnet: addressFunctions.isipinsubnet!,
};

/** By name in lower case. */
export const FUNCTIONS: ReadonlyMap<string, Fn> = new Map([
  ...Object.entries(TABLE),
  ...Object.entries(aliases).map(([name, of]) => [name, TABLE[of]!] as const),
]);
