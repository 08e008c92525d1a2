/** Timestamps, numbers, booleans and blobs as text, for the codecs that carry them so. */
import { isAscii } from 'node:buffer';
import { CommonError } from '../core/errors.ts';
import type { TimestampFormat } from './schema.ts';

/** Nothing that a client may send needs to be deeper; what is, is refused before it costs anything. */
export const DEPTH_MAX = 64;
/** An item of a byte or two takes up to 150 once it is read: no request has nearly as many. */
export const ITEMS_MAX = 2 ** 19;

const strict = new TextDecoder('utf-8', { fatal: true });

/** Throws `error()` on bytes that are not UTF-8. */
export function utf8(bytes: Uint8Array, error: () => CommonError): string {
  if (bytes.length === 0) return '';
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  try {
    return strict.decode(bytes);
  } catch {
    throw error();
  }
}

export function serializationError(message: string): CommonError {
  return new CommonError('SerializationException', message);
}

const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?$/;
const HTTP_DATE = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})? (?:GMT|UTC)$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const SECONDS_MAX = 8.64e12;

/** `2030-01-01T00:00:00Z` (milliseconds only where there are any), `Tue, 01 Jan 2030 00:00:00 GMT` or seconds. */
export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === 'httpDate') return date.toUTCString();
  if (format === 'epochSeconds') return String(date.getTime() / 1000);
  const text = date.toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}

/** Undefined when the text is not of the format. A date-time without an offset is UTC. */
export function parseTimestamp(text: string, format: TimestampFormat): Date | undefined {
  if (format === 'epochSeconds') return NUMBER.test(text) ? dateOfSeconds(Number(text)) : undefined;
  if (format === 'httpDate') return HTTP_DATE.test(text) ? valid(Date.parse(text)) : undefined;
  if (text.length > 40 || !DATE_TIME.test(text)) return undefined;
  const offset = text.length === 10 || /(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text.slice(10)) ? '' : 'Z';
  return valid(Date.parse(text.replace(',', '.').replace(' ', 'T') + offset));
}

export function dateOfSeconds(seconds: number): Date | undefined {
  return Math.abs(seconds) <= SECONDS_MAX ? new Date(Math.round(seconds * 1000)) : undefined;
}

/** Undefined when the text is not a number of Smithy (`NaN`, `Infinity` and `-Infinity` are). */
export function parseNumber(text: string): number | undefined {
  if (text.length <= 64 && NUMBER.test(text)) return Number(text);
  return NOT_FINITE[text];
}

export const NOT_FINITE: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
});

/** Undefined when the text is not base64. */
export function parseBase64(text: string): Uint8Array | undefined {
  try {
    return BASE64.fromBase64(text);
  } catch {
    return undefined;
  }
}

/** Newer than TypeScript's ES2024. */
const BASE64 = Uint8Array as unknown as { fromBase64(text: string): Uint8Array };

export function toBase64(bytes: unknown): string {
  if (typeof bytes === 'string') return Buffer.from(bytes).toString('base64');
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a blob member is neither bytes nor text');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Throws TypeError when a handler gave something else. */
export function asDate(value: unknown): Date {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  throw new TypeError('a timestamp member is not a Date');
}

/** As `out[key] = value`, but `__proto__` is a key like any other. */
export function setKey(out: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
  } else out[key] = value;
}

function valid(time: number): Date | undefined {
  return Number.isNaN(time) ? undefined : new Date(time);
}
