/**
 * Reading CBOR (RFC 8949) from strangers: no declared length is believed before the bytes are seen, nesting and the
 * number of items are bounded, and what is left over is an error. Tags: 1 becomes a Date, 2 and 3 a bigint, 4 a
 * decimal; no other is known.
 */

import type { CommonError } from '../core/errors.ts';
import { DEPTH_MAX, dateOfSeconds, ITEMS_MAX, serializationError, setKey, utf8 } from './scalars.ts';
import { decimal } from './smithy.ts';

interface Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  depth: number;
  items: number;
}

/** Throws SerializationException. Maps become objects, and their keys must be text. */
export function readCbor(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader: Reader = { bytes, view, at: 0, depth: 0, items: 0 };
  const value = item(reader);
  if (reader.at !== bytes.length) throw malformed('bytes after the document');
  return value;
}

const INDEFINITE = 31;
const BREAK = 0xff;

function malformed(why: string): CommonError {
  return serializationError(`The request body is not a valid CBOR document: ${why}`);
}

function item(r: Reader): unknown {
  const head = r.bytes[r.at++];
  if (head === undefined) throw malformed('it ends too early');
  if (++r.depth > DEPTH_MAX) throw malformed('it is nested too deeply');
  if (++r.items > ITEMS_MAX) throw malformed('it has too many items');
  const value = MAJORS[head >> 5]!(r, head & 31);
  r.depth--;
  return value;
}

/** By major type. */
const MAJORS: readonly ((r: Reader, minor: number) => unknown)[] = [
  (r, minor) => argument(r, minor),
  (r, minor) => negative(argument(r, minor)),
  (r, minor) => (minor === INDEFINITE ? chunks(r, 2) : slice(r, minor)),
  (r, minor) => text(minor === INDEFINITE ? chunks(r, 3) : slice(r, minor)),
  list,
  map,
  tagged,
  simple,
];

function need(r: Reader, length: number): void {
  if (length > r.bytes.length - r.at) throw malformed('it ends too early');
}

function argument(r: Reader, minor: number): number | bigint {
  if (minor < 24) return minor;
  if (minor > 27) throw malformed('an unknown length');
  const size = 1 << (minor - 24);
  need(r, size);
  const at = r.at;
  r.at += size;
  if (size === 1) return r.view.getUint8(at);
  if (size === 2) return r.view.getUint16(at);
  if (size === 4) return r.view.getUint32(at);
  const big = r.view.getBigUint64(at);
  return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
}

function negative(value: number | bigint): number | bigint {
  return typeof value === 'bigint' ? -1n - value : -1 - value;
}

/** A count of things of at least `size` bytes each, all of which must still be there. */
function count(r: Reader, minor: number, size: number): number {
  const n = Number(argument(r, minor));
  need(r, n * size);
  return n;
}

function slice(r: Reader, minor: number): Uint8Array {
  const length = count(r, minor, 1);
  r.at += length;
  return r.bytes.subarray(r.at - length, r.at);
}

function chunks(r: Reader, major: number): Uint8Array {
  const parts: Uint8Array[] = [];
  while (!atBreak(r)) {
    const head = r.bytes[r.at++] as number;
    if (head >> 5 !== major || (head & 31) === INDEFINITE) throw malformed('a chunk of the wrong kind');
    parts.push(slice(r, head & 31));
  }
  return Buffer.concat(parts);
}

function atBreak(r: Reader): boolean {
  need(r, 1);
  if (r.bytes[r.at] !== BREAK) return false;
  r.at++;
  return true;
}

function text(bytes: Uint8Array): string {
  return utf8(bytes, () => malformed('text that is not UTF-8'));
}

function list(r: Reader, minor: number): unknown[] {
  const out: unknown[] = [];
  if (minor === INDEFINITE) while (!atBreak(r)) out.push(item(r));
  else for (let n = count(r, minor, 1); n > 0; n--) out.push(item(r));
  return out;
}

function map(r: Reader, minor: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (minor === INDEFINITE) while (!atBreak(r)) entry(r, out);
  else for (let n = count(r, minor, 2); n > 0; n--) entry(r, out);
  return out;
}

function entry(r: Reader, out: Record<string, unknown>): void {
  const key = item(r);
  if (typeof key !== 'string') throw malformed('a map key that is not text');
  setKey(out, key, item(r));
}

function tagged(r: Reader, minor: number): unknown {
  const tag = argument(r, minor);
  const value = item(r);
  if (tag === 1 && typeof value === 'number') return dateOfSeconds(value) ?? raise('a time out of range');
  if ((tag === 2 || tag === 3) && value instanceof Uint8Array && value.length <= 1024) return bignum(tag, value);
  if (tag === 4 && Array.isArray(value) && value.length === 2) return decimalFraction(value[0], value[1]);
  throw malformed('an unknown tag');
}

function bignum(tag: 2 | 3, bytes: Uint8Array): bigint {
  const value = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
  return tag === 2 ? value : -1n - value;
}

function decimalFraction(exponent: unknown, mantissa: unknown) {
  const whole = typeof mantissa === 'bigint' || Number.isInteger(mantissa);
  if (!Number.isInteger(exponent) || !whole) throw malformed('a malformed decimal');
  return decimal(`${mantissa}e${exponent}`);
}

const SIMPLE: Readonly<Record<number, boolean | null>> = { 20: false, 21: true, 22: null, 23: null };

function simple(r: Reader, minor: number): unknown {
  if (minor >= 20 && minor <= 23) return SIMPLE[minor];
  const size = FLOAT_BYTES[minor];
  if (size === undefined) throw malformed('an unknown simple value');
  need(r, size);
  r.at += size;
  if (size === 2) return half(r.view.getUint16(r.at - 2));
  return size === 4 ? r.view.getFloat32(r.at - 4) : r.view.getFloat64(r.at - 8);
}

const FLOAT_BYTES: Readonly<Record<number, number>> = { 25: 2, 26: 4, 27: 8 };

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function raise(why: string): never {
  throw malformed(why);
}
