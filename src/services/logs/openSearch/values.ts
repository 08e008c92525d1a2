/** How OpenSearch SQL and PPL show and compare values: true is `true`, numbers are told whole. */
import { compare, isStructure, Moment, naturalOrder, numberOf, textOf, type Value } from '../insights/values.ts';

/** Undefined for null. */
export function said(value: Value): string | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof Moment) return textOf(value)!.replace(/\.000$/, '');
  return isStructure(value) ? JSON.stringify(value) : textOf(value);
}

/** Undefined where one is null. */
export function ordered(a: Value, b: Value): number | undefined {
  if (a === null || b === null) return undefined;
  if (a instanceof Moment || b instanceof Moment) return inTime(a, b);
  if (isStructure(a) || isStructure(b)) return said(a) === said(b) ? 0 : said(a)! < said(b)! ? -1 : 1;
  if (typeof a === 'boolean' || typeof b === 'boolean') return compare(truthText(a), truthText(b));
  return compare(a, b);
}

/** A moment and a text that tells a time; else as text. */
function inTime(a: Value, b: Value): number | undefined {
  const [x, y] = [timeOf(a), timeOf(b)];
  return x === undefined || y === undefined ? undefined : x - y;
}

const truthText = (value: Value): Value =>
  value === true || value === 'true' ? 1 : value === false || value === 'false' ? 0 : value;

/** Null before all else. */
export function inOrder(a: Value, b: Value): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (typeof a === 'string' && typeof b === 'string' && numberOf(a) === undefined && numberOf(b) === undefined) {
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return ordered(a, b) ?? naturalOrder(a, b);
}

const TIME =
  /^(\d{4})-(\d{1,2})(?:-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** Milliseconds of a moment, or of a text as `2030-01-01 00:00:00`, in UTC where it does not say. */
export function timeOf(value: Value): number | undefined {
  if (value instanceof Moment) return value.ms;
  if (typeof value !== 'string' || value.length > 60) return undefined;
  const found = TIME.exec(value.trim());
  if (!found) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second, Number(`0.${found[7] ?? 0}`) * 1000));
  date.setUTCFullYear(year);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59) return undefined;
  return date.getTime() - (found[8] && found[8] !== 'Z' ? offsetMs(found[8]) : 0);
}

function offsetMs(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

const MS_MAX = 8.64e15;

/** Null beyond the times that there are. */
export const moment = (ms: number): Moment | null => (Math.abs(ms) <= MS_MAX ? new Moment(ms) : null);

/** `2030-01-01` */
export const dateText = (ms: number): string | null =>
  Math.abs(ms) <= MS_MAX ? new Date(ms).toISOString().slice(0, 10) : null;
