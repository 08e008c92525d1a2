/** `Range: bytes=…` of a request. https://www.rfc-editor.org/rfc/rfc9110#name-range-requests */
import { s3Error } from './errors.ts';

/** `start` inclusive, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const RANGE = /^bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/;

/** Undefined for a header that names no single range: then the whole is sent. Throws InvalidRange. */
export function rangeIn(header: string, size: number): ByteRange | undefined {
  const [matched, first, last, suffix] = RANGE.exec(header.trim()) ?? [];
  if (matched === undefined) return undefined;
  if (suffix !== undefined) {
    if (Number(suffix) === 0 || size === 0) throw unsatisfiable(header, size);
    return { start: Math.max(0, size - Number(suffix)), end: size };
  }
  const start = Number(first);
  const end = last === '' ? size : Math.min(size, Number(last) + 1);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw unsatisfiable(header, size);
  return { start, end };
}

const unsatisfiable = (RangeRequested: string, size: number) =>
  s3Error('InvalidRange', {
    details: { RangeRequested, ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
