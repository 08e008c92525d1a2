/**
 * Cyclic redundancy checks with 32 and 64 bits, reflected, all ones in and out; and the check of two pieces put
 * together from those of the pieces. CRC-32 is Node's own; of the others Node knows nothing.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
import { crc32 as nodeCrc32 } from 'node:zlib';

/** The check so far and more bytes → the check. Begins with 0. */
export type Crc<T> = (bytes: Uint8Array, before: T) => T;

export const crc32: Crc<number> = (bytes, before) => nodeCrc32(bytes, before);

const CASTAGNOLI = 0x82f63b78;
const NVME = 0x9a6c9329ac4bc9b5n;
const EIGHT = 8;

/** Eight tables of 256: what a byte does that is followed by so many more. */
function tables32(polynomial: number): Uint32Array {
  const tables = new Uint32Array(EIGHT * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at++)
    tables[at] = (tables[at - 256]! >>> 8) ^ tables[tables[at - 256]! & 255]!;
  return tables;
}

let castagnoli: Uint32Array | undefined;

export const crc32c: Crc<number> = (bytes, before) => {
  const t = (castagnoli ??= tables32(CASTAGNOLI));
  let crc = ~before;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      t[1792 + (low & 255)]! ^
      t[1536 + ((low >>> 8) & 255)]! ^
      t[1280 + ((low >>> 16) & 255)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
};

interface Tables64 {
  readonly high: Int32Array;
  readonly low: Int32Array;
}

function tables64(polynomial: bigint): Tables64 {
  const words = new BigUint64Array(EIGHT * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    words[byte] = value;
  }
  for (let at = 256; at < words.length; at++)
    words[at] = (words[at - 256]! >> 8n) ^ words[Number(words[at - 256]! & 255n)]!;
  return {
    high: Int32Array.from(words, (word) => Number(BigInt.asIntN(32, word >> 32n))),
    low: Int32Array.from(words, (word) => Number(BigInt.asIntN(32, word))),
  };
}

let nvme: Tables64 | undefined;

export const crc64nvme: Crc<bigint> = (bytes, before) => {
  const { high: h, low: l } = (nvme ??= tables64(NVME));
  let high = ~Number(BigInt.asIntN(32, before >> 32n));
  let low = ~Number(BigInt.asIntN(32, before));
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const a = low ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    const b = high ^ (bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24));
    const [i0, i1, i2, i3] = [1792 + (a & 255), 1536 + ((a >>> 8) & 255), 1280 + ((a >>> 16) & 255), 1024 + (a >>> 24)];
    const [i4, i5, i6, i7] = [768 + (b & 255), 512 + ((b >>> 8) & 255), 256 + ((b >>> 16) & 255), b >>> 24];
    high = h[i0]! ^ h[i1]! ^ h[i2]! ^ h[i3]! ^ h[i4]! ^ h[i5]! ^ h[i6]! ^ h[i7]!;
    low = l[i0]! ^ l[i1]! ^ l[i2]! ^ l[i3]! ^ l[i4]! ^ l[i5]! ^ l[i6]! ^ l[i7]!;
  }
  for (; at < bytes.length; at++) {
    const index = (low ^ bytes[at]!) & 255;
    low = ((low >>> 8) | (high << 24)) ^ l[index]!;
    high = (high >>> 8) ^ h[index]!;
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
};

/** Polynomials by their number of bits and name: what joins checks. */
const FIELDS = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: BigInt(CASTAGNOLI) },
  CRC64NVME: { bits: 64n, polynomial: NVME },
} as const;

export type CrcName = keyof typeof FIELDS;

/** Joins checks of pieces in their order. Pieces of one length, as parts mostly are, cost one multiplication each. */
export function crcJoiner(name: CrcName): (before: bigint, check: bigint, length: number) => bigint {
  const { bits, polynomial } = FIELDS[name];
  const one = 1n << (bits - 1n);
  const times = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    for (let bit = one, factor = b; bit > 0n; bit >>= 1n) {
      if (a & bit) product ^= factor;
      factor = factor & 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
    }
    return product;
  };
  const shifts = new Map<number, bigint>();
  /** x to the power of eight times the length. */
  const shiftOf = (length: number): bigint => {
    const known = shifts.get(length);
    if (known !== undefined) return known;
    let shift = one;
    let square = one >> 8n;
    for (let left = length; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) shift = times(square, shift);
      square = times(square, square);
    }
    shifts.set(length, shift);
    return shift;
  };
  return (before, check, length) => times(shiftOf(length), before) ^ check;
}
