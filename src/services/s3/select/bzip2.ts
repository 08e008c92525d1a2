/**
 * Unpacks bzip2 as it comes: one block in memory, of at most 900,000 bytes packed into twice as many. What a block
 * unpacks to is given out in pieces, for it may be fifty times as long.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { selectError } from './errors.ts';

const broken = () => selectError('TruncatedInput');

/** Bits yet to be read, the first of a byte first. */
interface Bits {
  bytes: Uint8Array;
  at: number;
  held: number;
  count: number;
}

/** At most 24 of them. */
function take(bits: Bits, count: number): number {
  while (bits.count < count) {
    const byte = bits.bytes[bits.at++];
    if (byte === undefined) throw broken();
    bits.held = (bits.held << 8) | byte;
    bits.count += 8;
  }
  bits.count -= count;
  return (bits.held >>> bits.count) & ((1 << count) - 1);
}

/** Codes have at most 20 bits; what stands before them is short. */
const PACKED_BLOCK_BYTES_MAX = (900_000 * 20) / 8 + 100_000;
const BLOCK = [0x314159, 0x265359] as const;
const END = [0x177245, 0x385090] as const;

export async function* unpackedBzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const bits: Bits = { bytes: new Uint8Array(0), at: 0, held: 0, count: 0 };
  const fill = filling(source, bits);
  await fill();
  do {
    const size = blockSize(bits);
    for (let whole = 0; ; ) {
      await fill();
      const mark = [take(bits, 24), take(bits, 24)];
      const sum = ((take(bits, 16) << 16) | take(bits, 16)) >>> 0;
      if (mark[0] === END[0] && mark[1] === END[1]) {
        if (sum !== whole) throw broken();
        break;
      }
      if (mark[0] !== BLOCK[0] || mark[1] !== BLOCK[1]) throw broken();
      const block = blockIn(bits, size);
      await nextTurn(); // Others are waiting.
      linkBlock(block);
      await nextTurn();
      yield* bytesOf(block, sum);
      whole = (((whole << 1) | (whole >>> 31)) ^ sum) >>> 0;
    }
    bits.count = 0; // A stream ends with its byte; another may follow.
    await fill();
  } while (bits.bytes[bits.at] === 0x42 && bits.bytes[bits.at + 1] === 0x5a);
}

/** Has a whole block at hand, where there is so much. */
function filling(source: AsyncIterable<Uint8Array>, bits: Bits): () => Promise<void> {
  const chunks = source[Symbol.asyncIterator]();
  let over = false;
  return async () => {
    const held: Uint8Array[] = [bits.bytes.subarray(bits.at)];
    let length = held[0]!.length;
    while (!over && length < PACKED_BLOCK_BYTES_MAX) {
      const { done, value } = await chunks.next();
      if (done) over = true;
      else {
        held.push(value);
        length += value.length;
      }
    }
    if (held.length === 1) return;
    bits.bytes = Buffer.concat(held);
    bits.at = 0;
  };
}

/** `BZh9`: hundreds of thousands of bytes. */
function blockSize(bits: Bits): number {
  const hundreds = take(bits, 24) === 0x425a68 ? take(bits, 8) - 0x30 : 0;
  if (hundreds < 1 || hundreds > 9) throw broken();
  return hundreds * 100_000;
}

interface Block {
  /** The byte in the low eight bits; once linked, above them where the next one is. */
  readonly links: Uint32Array;
  readonly length: number;
  readonly origin: number;
}

function blockIn(bits: Bits, size: number): Block {
  if (take(bits, 1) === 1) throw broken(); // Randomized, as nobody does any more.
  const origin = take(bits, 24);
  const used = usedBytes(bits);
  const codes = used.length + 2;
  const tables = take(bits, 3);
  if (tables < 2 || tables > 6) throw broken();
  const selectors = selectorsIn(bits, take(bits, 15), tables);
  const tableList = Array.from({ length: tables }, () => codeTable(bits, codes));
  const links = new Uint32Array(size);
  const length = fillBlock(bits, links, { used, codes, selectors, tables: tableList });
  if (origin >= length) throw broken();
  return { links, length, origin };
}

function usedBytes(bits: Bits): Uint8Array {
  const used: number[] = [];
  const rows = take(bits, 16);
  for (let row = 0; row < 16; row++) {
    if (!(rows & (0x8000 >> row))) continue;
    const columns = take(bits, 16);
    for (let column = 0; column < 16; column++) if (columns & (0x8000 >> column)) used.push(16 * row + column);
  }
  if (used.length === 0) throw broken();
  return Uint8Array.from(used);
}

/** Which table is for each fifty codes. */
function selectorsIn(bits: Bits, count: number, tables: number): Uint8Array {
  const recent = Array.from({ length: tables }, (_, i) => i);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (take(bits, 1) === 1) if (++place >= tables) throw broken();
    const [table] = recent.splice(place, 1);
    recent.unshift(table!);
    selectors[i] = table!;
  }
  return selectors;
}

const CODE_BITS_MAX = 20;

/** Huffman codes by their length: the last of each, and where its codes begin among all. */
interface CodeTable {
  readonly least: number;
  readonly last: Int32Array;
  readonly base: Int32Array;
  readonly codes: Uint16Array;
}

function codeTable(bits: Bits, count: number): CodeTable {
  const lengths = new Uint8Array(count);
  let length = take(bits, 5);
  for (let code = 0; code < count; code++) {
    for (;;) {
      if (length < 1 || length > CODE_BITS_MAX) throw broken();
      if (take(bits, 1) === 0) break;
      length += take(bits, 1) === 0 ? 1 : -1;
    }
    lengths[code] = length;
  }
  const codes = Uint16Array.from(Array.from(lengths.keys()).toSorted((a, b) => lengths[a]! - lengths[b]! || a - b));
  const last = new Int32Array(CODE_BITS_MAX + 1).fill(-1);
  const base = new Int32Array(CODE_BITS_MAX + 1);
  for (let width = 1, code = 0, place = 0; width <= CODE_BITS_MAX; width++, code <<= 1) {
    base[width] = place - code;
    const there = lengths.reduce((sum, each) => sum + Number(each === width), 0);
    code += there;
    place += there;
    last[width] = there === 0 ? -1 : code - 1;
  }
  return { least: lengths.reduce((a, b) => Math.min(a, b)), last, base, codes };
}

function codeIn(bits: Bits, { least, last, base, codes }: CodeTable): number {
  let width = least;
  let value = take(bits, width);
  while (value > last[width]!) {
    if (++width > CODE_BITS_MAX) throw broken();
    value = (value << 1) | take(bits, 1);
  }
  const code = codes[value + base[width]!];
  if (code === undefined) throw broken();
  return code;
}

interface Coding {
  readonly used: Uint8Array;
  /** How many there are: two of runs, the last of the end. */
  readonly codes: number;
  readonly selectors: Uint8Array;
  readonly tables: readonly CodeTable[];
}

const CODES_A_SELECTOR = 50;

/** How many bytes the block has. */
function fillBlock(bits: Bits, links: Uint32Array, { used, codes, selectors, tables }: Coding): number {
  const recent = used.slice();
  let [length, run, weight] = [0, 0, 1];
  for (const selector of selectors) {
    const table = tables[selector]!;
    for (let i = 0; i < CODES_A_SELECTOR; i++) {
      const code = codeIn(bits, table);
      if (code <= 1) {
        run += weight << code;
        weight <<= 1;
        if (run > links.length) throw broken();
        continue;
      }
      if (length + run > links.length) throw broken();
      links.fill(recent[0]!, length, length + run);
      length += run;
      [run, weight] = [0, 1];
      if (code === codes - 1) return length;
      if (length === links.length) throw broken();
      const byte = recent[code - 1]!;
      recent.copyWithin(1, 0, code - 1);
      recent[0] = byte;
      links[length++] = byte;
    }
  }
  throw broken();
}

/** Undoes the sorting of Burrows and Wheeler. */
function linkBlock({ links, length }: Block): void {
  const places = new Uint32Array(257);
  for (let i = 0; i < length; i++) places[(links[i]! & 0xff) + 1]!++;
  for (let byte = 0; byte < 256; byte++) places[byte + 1]! += places[byte]!;
  for (let i = 0; i < length; i++) {
    const place = places[links[i]! & 0xff]!++;
    links[place]! |= i << 8;
  }
}

const PIECE_BYTES = 64 * 1024;
const RUN_BYTES_MAX = 255;

/** Behind four equal bytes stands how many more of them there are. */
function* bytesOf({ links, length, origin }: Block, expected: number): Generator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES + RUN_BYTES_MAX);
  let [at, sum, last, same] = [0, 0xffffffff, -1, 0];
  let link = links[origin]! >>> 8;
  for (let i = 0; i < length; i++) {
    const next = links[link]!;
    const byte = next & 0xff;
    link = next >>> 8;
    if (same === 4) {
      for (let more = 0; more < byte; more++) {
        piece[at++] = last;
        sum = (sum << 8) ^ SUMS[(sum >>> 24) ^ last]!;
      }
      [last, same] = [-1, 0];
    } else {
      same = byte === last ? same + 1 : 1;
      last = byte;
      piece[at++] = byte;
      sum = (sum << 8) ^ SUMS[(sum >>> 24) ^ byte]!;
    }
    if (at < PIECE_BYTES) continue;
    yield piece.subarray(0, at);
    piece = new Uint8Array(PIECE_BYTES + RUN_BYTES_MAX);
    at = 0;
  }
  if (~sum >>> 0 !== expected) throw broken();
  if (at > 0) yield piece.subarray(0, at);
}

/** Of CRC-32 with its bits in the order of reading. */
const SUMS = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum;
});
