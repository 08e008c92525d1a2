/** Functions and operators of OpenSearch SQL and PPL that take values and give one. Of null most make null. */
import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { addressFunctions } from '../insights/addressFunctions.ts';
import type { Fn } from '../insights/functions.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { arrayFunctions } from './arrayFunctions.ts';
import { dateFunctions } from './dateFunctions.ts';
import { jsonFunctions } from './jsonFunctions.ts';
import { any, strict } from './makers.ts';
import { mathFunctions, numbers, numeric } from './mathFunctions.ts';
import { regexFunctions } from './regexFunctions.ts';
import { textFunctions } from './textFunctions.ts';
import { ordered, said } from './values.ts';

const compared = (holds: (order: number) => boolean): Fn =>
  any(2, 2, (a = null, b = null) => {
    const order = ordered(a, b);
    return order === undefined ? null : holds(order);
  });

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
  nanvl: any(2, 2, (a = null, b = null) => (typeof a === 'number' && Number.isNaN(a) ? b : a)),
  isnan: any(1, 1, (value) => typeof value === 'number' && Number.isNaN(value)),
  nullif: any(2, 2, (a = null, b = null) => (ordered(a, b) === 0 ? null : a)),
  greatest: any(2, 100, (...values) => extreme(values, 1)),
  least: any(2, 100, (...values) => extreme(values, -1)),
};

function extreme(values: readonly Value[], sign: 1 | -1): Value {
  let found: Value = null;
  for (const value of values) if (found === null || (ordered(value, found) ?? 0) * sign > 0) found = value;
  return found;
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
  ...mathFunctions,
  ...regexFunctions,
  ...arrayFunctions,
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
