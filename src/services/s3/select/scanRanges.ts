/**
 * A part of an object that is asked alone: the records that begin in it, wherever they end.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ScanRange.html
 */
import type { ScanRange } from '@aws-sdk/client-s3';
import { selectError } from './errors.ts';

/** The first byte and the last one. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Without a start, the last `End` bytes. */
export function spanOf({ Start, End }: ScanRange, size: number): Span {
  const last = size - 1;
  const span =
    Start === undefined
      ? { start: Math.max(0, size - (End ?? 0)), end: last }
      : { start: Start, end: Math.min(End ?? last, last) };
  const none = (Start === undefined && !End) || (End !== undefined && End < (Start ?? 0));
  if (none || span.start < 0 || (span.start > 0 && span.start > last)) throw selectError('InvalidScanRange');
  return span;
}

/** Where to read from, to see whether a record begins with the first byte. */
export const readFrom = ({ start }: Span, delimiter: Uint8Array) => Math.max(0, start - delimiter.length);

/** Of the bytes from `readFrom` on, those of the records that begin within. */
export async function* recordsWithin(
  bytes: AsyncIterable<Uint8Array>,
  { start, end }: Span,
  delimiter: Uint8Array,
): AsyncGenerator<Uint8Array> {
  let at = readFrom({ start, end }, delimiter);
  let inside = start === 0;
  let rest: Buffer = Buffer.alloc(0);
  const split = delimiter.length - 1; // So much of a delimiter may be at the end of what has come.
  for await (const chunk of bytes) {
    rest = Buffer.concat([rest, chunk]);
    if (!inside) {
      const found = rest.indexOf(delimiter);
      const gone = found < 0 ? Math.max(0, rest.length - split) : found + delimiter.length;
      [at, rest] = [at + gone, rest.subarray(gone)];
      if (found < 0) continue;
      if (at > end) return;
      inside = true;
    }
    const found = rest.indexOf(delimiter, Math.max(0, end - split - at));
    if (found >= 0) {
      yield rest.subarray(0, found + delimiter.length);
      return;
    }
    const whole = Math.max(0, rest.length - split);
    yield rest.subarray(0, whole);
    [at, rest] = [at + whole, rest.subarray(whole)];
  }
  if (inside && rest.length > 0) yield rest;
}
