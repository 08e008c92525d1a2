/** What fields and expressions of Logs Insights hold, and how they compare, sort and show. */

/** A point in time: a number to arithmetic, a date where it is shown. */
export class Moment {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A map or a list, from `jsonParse`. */
export type Structure = { readonly [name: string]: unknown } | readonly unknown[];

/** null: the event has no such field. */
export type Value = string | number | boolean | null | Moment | Structure;

export const isStructure = (value: Value): value is Structure =>
  typeof value === 'object' && value !== null && !(value instanceof Moment);

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** Undefined for what is no number. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return NUMBER.test(value) ? Number(value) : undefined;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Moment ? value.ms : undefined;
}

/** Undefined for null and for structures. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  return value instanceof Moment ? momentText(value) : undefined;
}

/** As results show it; structures as JSON. */
export const shown = (value: Value): string | undefined => (isStructure(value) ? JSON.stringify(value) : textOf(value));

/** At most four decimals. */
function numberText(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  return String(Number(value.toFixed(4)));
}

/** `2030-01-01 00:00:00.000` */
const momentText = ({ ms }: Moment): string =>
  Math.abs(ms) > 8.64e15 ? String(ms) : new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

export function truth(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  const number = numberOf(value);
  return number !== undefined && number !== 0;
}

/** Numbers compare as numbers, all else as text; undefined where one of them is null or a structure. */
export function compare(a: Value, b: Value): number | undefined {
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== undefined && y !== undefined) return x - y;
  const s = textOf(a);
  const t = textOf(b);
  if (s === undefined || t === undefined) return undefined;
  return s < t ? -1 : s > t ? 1 : 0;
}

/** The same for values that compare as equal; undefined where nothing is equal: a number however it is written. */
export function equalityKey(value: Value): string | undefined {
  const number = numberOf(value);
  return number === undefined ? textOf(value) : String(number);
}

/**
 * The order of `sort`: what is no number before all numbers; texts by runs of digits and of other characters.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html
 */
export function naturalOrder(a: Value, b: Value): number {
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== undefined && y !== undefined) return x - y;
  if (x !== undefined) return 1;
  if (y !== undefined) return -1;
  return textOrder(textOf(a) ?? '', textOf(b) ?? '');
}

const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;

function textOrder(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(j);
    if (isDigit(x) && isDigit(y)) {
      const s = digitsAt(a, i);
      const t = digitsAt(b, j);
      if (s.length !== t.length) return s.length - t.length;
      if (s !== t) return s < t ? -1 : 1;
      i += s.length;
      j += t.length;
    } else {
      if (x !== y) return x - y;
      i++;
      j++;
    }
  }
  return a.length - i - (b.length - j);
}

function digitsAt(text: string, from: number): string {
  let to = from;
  while (to < text.length && isDigit(text.charCodeAt(to))) to++;
  return text.slice(from, to);
}
