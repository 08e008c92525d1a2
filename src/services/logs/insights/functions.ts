/**
 * The functions of Logs Insights that take values and give one.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
 */
import { addressFunctions } from './addressFunctions.ts';
import { dateFunctions } from './dateFunctions.ts';
import { textFunctions } from './textFunctions.ts';
import { isStructure, numberOf, type Structure, textOf, type Value } from './values.ts';

export interface Fn {
  readonly least: number;
  readonly most: number;
  readonly run: (...values: Value[]) => Value;
}

type Numeric = (...numbers: number[]) => number;

/** Of numbers: null where one is none, or the result is none. */
const numeric = (least: number, most: number, run: Numeric): Fn => ({
  least,
  most,
  run(...values) {
    const numbers: number[] = [];
    for (const value of values) {
      const number = numberOf(value);
      if (number === undefined) return null;
      numbers.push(number);
    }
    return finite(run(...numbers));
  },
});

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function rounded(value: number, digits = 0): number {
  const scale = 10 ** Math.trunc(Math.min(Math.max(digits, -15), 15));
  return Math.round(value * scale) / scale;
}

const EARTH_KM = 6371;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

function haversine(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const a =
    Math.sin(radians(lat2 - lat1) / 2) ** 2 +
    Math.cos(radians(lat1)) * Math.cos(radians(lat2)) * Math.sin(radians(lon2 - lon1) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)));
}

const whole = (bits: number): Fn => ({
  least: 1,
  most: 1,
  run(value) {
    const number = numberOf(value ?? null);
    const limit = 2 ** (bits - 1);
    return number === undefined || number < -limit || number >= limit ? null : Math.trunc(number);
  },
});

const plainNumber: Fn = { least: 1, most: 1, run: (value) => numberOf(value ?? null) ?? null };

const numbers: Readonly<Record<string, Fn>> = {
  abs: numeric(1, 1, Math.abs),
  ceil: numeric(1, 1, Math.ceil),
  floor: numeric(1, 1, Math.floor),
  greatest: numeric(1, 100, Math.max),
  least: numeric(1, 100, Math.min),
  log: numeric(1, 1, Math.log),
  sqrt: numeric(1, 1, Math.sqrt),
  round: numeric(1, 2, rounded),
  haversine: numeric(4, 4, haversine),
  tonumber: plainNumber,
  todouble: plainNumber,
  toint: whole(32),
  tolong: whole(64),
};

const general: Readonly<Record<string, Fn>> = {
  ispresent: { least: 1, most: 1, run: (value) => value !== null && value !== undefined },
  isnumeric: { least: 1, most: 1, run: (value) => numberOf(value ?? null) !== undefined },
  coalesce: { least: 1, most: 100, run: (...values) => values.find((value) => value !== null) ?? null },
};

function parsed(value: Value | undefined): Structure | null {
  if (typeof value !== 'string') return value !== undefined && value !== null && isStructure(value) ? value : null;
  try {
    const found: unknown = JSON.parse(value);
    return typeof found === 'object' && found !== null ? (found as Structure) : null;
  } catch {
    return null;
  }
}

const json: Readonly<Record<string, Fn>> = {
  jsonparse: { least: 1, most: 1, run: parsed },
  jsonstringify: {
    least: 1,
    most: 1,
    run: (value = null) => (isStructure(value) ? JSON.stringify(value) : (textOf(value) ?? null)),
  },
  jsonarraysize: {
    least: 1,
    most: 1,
    run(value) {
      const list = parsed(value);
      return Array.isArray(list) ? list.length : null;
    },
  },
  jsonarraycontains: {
    least: 2,
    most: 2,
    run(value, wanted = null) {
      const list = parsed(value);
      return Array.isArray(list) && list.some((each) => String(each) === textOf(wanted));
    },
  },
};

/** By name in lower case. */
export const FUNCTIONS: ReadonlyMap<string, Fn> = new Map(
  Object.entries({ ...numbers, ...general, ...json, ...textFunctions, ...addressFunctions, ...dateFunctions }),
);
