/**
 * Takes JSON of any size apart into entries of a bounded size, from bytes as they come.
 *
 * What we load are objects one after another, or in one list, whose members are lists of details: pages of a dump, an
 * organization, a list of resource policies. Only that outer frame is walked here, byte by byte. An entry is one item
 * of a list that is a member of such an object, or a member that is no list; its text is cut out whole and left to
 * JSON.parse. Between two entries all that is known is a small state, from which a later run can go on.
 */
import { isUtf8 } from 'node:buffer';

/** What cannot be read, and the byte of the file where that shows. */
export class Unreadable extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export interface Entry {
  /** Name of the member of the outer object. */
  readonly key: string;
  /** Place in the member's list; undefined when the member is no list. */
  readonly index: number | undefined;
  readonly text: string;
  /** Of the first byte, in the file. */
  readonly offset: number;
}

export interface Outlet {
  /** A member of an outer object begins. */
  member(key: string): void;
  entry(entry: Entry, next: () => SplitState): void;
  /** An outer object has ended. */
  closed(offset: number, next: () => SplitState): void;
}

/** Where splitting can go on: nothing is half read. */
export interface SplitState {
  readonly offset: number;
  readonly place: Place;
  readonly listed: boolean;
  readonly key: string;
  readonly index: number;
}

export interface Splitter {
  push(chunk: Buffer): void;
  /** @throws Unreadable when the text is not complete. */
  end(): void;
}

export type Place = keyof typeof places;

/** No single user, role or policy comes near this. */
const entryBytesMax = 16 * 1_048_576;

type Step = Place | 'close' | 'captureKey' | 'captureValue';

const [quote, comma, colon, openBracket, closeBracket, openBrace, closeBrace] = [34, 44, 58, 91, 93, 123, 125];

/** What may come at each place, and what it leads to; `other` is any other byte. */
const places = {
  top: { wants: 'an object or a list', steps: { [openBrace]: 'firstKey', [openBracket]: 'firstObject' } },
  firstObject: { wants: 'an object', steps: { [openBrace]: 'firstKey', [closeBracket]: 'top' } },
  object: { wants: 'an object', steps: { [openBrace]: 'firstKey' } },
  afterObject: { wants: '"," or "]"', steps: { [comma]: 'object', [closeBracket]: 'top' } },
  firstKey: { wants: 'a name in quotes or "}"', steps: { [quote]: 'captureKey', [closeBrace]: 'close' } },
  key: { wants: 'a name in quotes', steps: { [quote]: 'captureKey' } },
  colon: { wants: '":"', steps: { [colon]: 'value' } },
  value: { wants: 'a value', steps: { [openBracket]: 'firstItem' }, other: 'captureValue' },
  firstItem: { wants: 'a value or "]"', steps: { [closeBracket]: 'afterValue' }, other: 'captureValue' },
  item: { wants: 'a value', steps: {}, other: 'captureValue' },
  afterItem: { wants: '"," or "]"', steps: { [comma]: 'item', [closeBracket]: 'afterValue' } },
  afterValue: { wants: '"," or "}"', steps: { [comma]: 'key', [closeBrace]: 'close' } },
} as const satisfies Record<string, { wants: string; steps: Record<number, string>; other?: string }>;

const start: SplitState = { offset: 0, place: 'top', listed: false, key: '', index: -1 };

/** Splits what `push` brings, from `from` on; throws Unreadable. */
export function splitter(outlet: Outlet, from: SplitState = start): Splitter {
  let { place, listed, key, index } = from as { -readonly [K in keyof SplitState]: SplitState[K] };
  let base = from.offset;
  let capture: Capture | undefined;

  const finish = (done: Capture, next: number): void => {
    const text = textOf(done);
    if (done.isKey) {
      key = nameOf(text, done.offset);
      index = -1;
      place = 'colon';
      outlet.member(key);
      return;
    }
    place = index < 0 ? 'afterValue' : 'afterItem';
    const entry = { key, index: index < 0 ? undefined : index, text, offset: done.offset };
    outlet.entry(entry, () => ({ offset: next, place, listed, key, index }));
  };
  const step = (byte: number, offset: number): void => {
    const row: { wants: string; steps: Readonly<Record<number, Step>>; other?: Step } = places[place];
    const to = row.steps[byte] ?? (isDelimiter(byte) ? undefined : row.other);
    if (to === undefined) throw new Unreadable(`Expected ${row.wants}, found ${shown(byte)}`, offset);
    if (to === 'captureKey' || to === 'captureValue') {
      if (place === 'firstItem' || place === 'item') index++;
      capture = captureAt(offset, byte, to === 'captureKey');
    } else if (to === 'close') {
      place = listed ? 'afterObject' : 'top';
      outlet.closed(offset, () => ({ offset: offset + 1, place, listed, key, index }));
    } else {
      if (place === 'top') listed = to === 'firstObject';
      place = to;
    }
  };
  return {
    push(chunk) {
      let at = base === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
      while (at < chunk.length) {
        if (capture === undefined) {
          const byte = chunk[at]!;
          if (!isSpace(byte)) step(byte, base + at);
          if (capture === undefined) at++;
          continue;
        }
        const end = scan(chunk, at, capture);
        take(capture, chunk, at, end < 0 ? chunk.length : end);
        if (end < 0) break;
        const done: Capture = capture;
        capture = undefined;
        at = end;
        finish(done, base + at);
      }
      base += chunk.length;
    },
    end() {
      if (capture !== undefined || place !== 'top') {
        throw new Unreadable('The file ends too early: its JSON is not complete', base);
      }
    },
  };
}

/** Text that is being cut out. */
interface Capture {
  readonly offset: number;
  readonly isKey: boolean;
  /** A number, true, false or null: ends before what follows it. */
  readonly literal: boolean;
  readonly pieces: Buffer[];
  bytes: number;
  depth: number;
  inString: boolean;
  escaped: boolean;
}

function captureAt(offset: number, byte: number, isKey: boolean): Capture {
  const literal = byte !== quote && byte !== openBrace && byte !== openBracket;
  return { offset, isKey, literal, pieces: [], bytes: 0, depth: 0, inString: false, escaped: false };
}

/** Where the captured text ends in the chunk, or -1 when it goes on in the next. */
function scan(chunk: Buffer, from: number, capture: Capture): number {
  if (capture.literal) return literalEnd(chunk, from);
  let { depth, inString, escaped } = capture;
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at]!;
    if (inString) {
      if (escaped) escaped = false;
      else if (byte === 92) escaped = true;
      else if (byte === quote) {
        inString = false;
        if (depth === 0) return at + 1;
      }
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) depth++;
    else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return at + 1;
  }
  capture.depth = depth;
  capture.inString = inString;
  capture.escaped = escaped;
  return -1;
}

function literalEnd(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at]!;
    if (isSpace(byte) || isDelimiter(byte)) return at;
  }
  return -1;
}

function take(capture: Capture, chunk: Buffer, from: number, to: number): void {
  capture.bytes += to - from;
  if (capture.bytes > entryBytesMax) {
    throw new Unreadable(`A value of more than ${entryBytesMax / 1_048_576} MiB`, capture.offset);
  }
  capture.pieces.push(Buffer.from(chunk.subarray(from, to)));
}

function textOf({ pieces, offset }: Capture): string {
  const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  if (!isUtf8(bytes)) throw new Unreadable('Text that is not UTF-8', offset);
  return bytes.toString('utf8');
}

function nameOf(text: string, offset: number): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Unreadable('A name that is not a JSON string', offset);
  }
}

const isSpace = (byte: number) => byte === 32 || byte === 10 || byte === 13 || byte === 9;
const isDelimiter = (byte: number) => byte === comma || byte === colon || byte === closeBracket || byte === closeBrace;
const shown = (byte: number) =>
  byte > 32 && byte < 127 ? JSON.stringify(String.fromCharCode(byte)) : `the byte 0x${byte.toString(16)}`;
