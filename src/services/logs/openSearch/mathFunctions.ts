/** Mathematics of OpenSearch SQL and PPL. What is no number is null, as is a result that is none. */
import { type Fn, finite } from '../insights/functions.ts';
import { numberOf, type Value } from '../insights/values.ts';
import { any, strict } from './makers.ts';
import { said } from './values.ts';

export const numbers = (least: number, most: number, run: (...numbers: number[]) => number): Fn =>
  strict(least, most, (...values) => {
    const found = values.map(numberOf);
    return found.includes(undefined) ? null : finite(run(...(found as number[])));
  });

export const numeric = (run: (number: number) => number): Fn => numbers(1, 1, run);

/** Half away from zero. */
function rounded(value: number, digits = 0): number {
  const scale = 10 ** Math.trunc(Math.min(Math.max(digits, -15), 15));
  return (Math.sign(value) * Math.round(Math.abs(value) * scale)) / scale;
}

const log = (a: number, b?: number) => (b === undefined ? Math.log(a) : Math.log(b) / Math.log(a));

function toDigits(value: number, digits: number | undefined, round: (value: number) => number): number {
  const scale = 10 ** Math.trunc(Math.min(Math.max(digits ?? 0, -15), 15));
  return round(value * scale) / scale;
}

function halfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

const factorial = (value: number): number => (value <= 1 ? 1 : value * factorial(value - 1));

function bucketOf(value: number, least: number, most: number, count: number): number {
  if (count < 1 || least === most) return Number.NaN;
  const place = ((value - least) / (most - least)) * count;
  return place < 0 ? 0 : place >= count ? count + 1 : Math.floor(place) + 1;
}

export const mathFunctions: Readonly<Record<string, Fn>> = {
  ...Object.fromEntries(
    (
      [
        'abs',
        'acos',
        'asin',
        'atan',
        'cbrt',
        'cos',
        'cosh',
        'exp',
        'expm1',
        'log10',
        'log1p',
        'acosh',
        'asinh',
        'atanh',
      ] as const
    ).map((name) => [name, numeric(Math[name])]),
  ),
  ...Object.fromEntries(
    (['log2', 'sign', 'sin', 'sinh', 'sqrt', 'tan', 'tanh'] as const).map((name) => [name, numeric(Math[name])]),
  ),
  ceil: numbers(1, 2, (a, digits) => toDigits(a, digits, Math.ceil)),
  ceiling: numbers(1, 2, (a, digits) => toDigits(a, digits, Math.ceil)),
  floor: numbers(1, 2, (a, digits) => toDigits(a, digits, Math.floor)),
  bround: numbers(1, 2, (a, digits) => toDigits(a, digits, halfEven)),
  positive: numeric((a) => a),
  csc: numeric((a) => 1 / Math.sin(a)),
  sec: numeric((a) => 1 / Math.cos(a)),
  factorial: numeric((a) => (Number.isInteger(a) && a >= 0 && a <= 20 ? factorial(a) : Number.NaN)),
  shiftleft: numbers(2, 2, (a, b) => a * 2 ** b),
  shiftright: numbers(2, 2, (a, b) => Math.floor(a / 2 ** b)),
  width_bucket: numbers(4, 4, bucketOf),
  try_add: numbers(2, 2, (a, b) => a + b),
  try_subtract: numbers(2, 2, (a, b) => a - b),
  try_multiply: numbers(2, 2, (a, b) => a * b),
  try_divide: numbers(2, 2, (a, b) => a / b),
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
