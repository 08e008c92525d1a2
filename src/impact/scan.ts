/**
 * Finds the records in a stream of bytes without keeping more than one of them: `{"Records":[…]}` as CloudTrail
 * delivers, `{"Events":[…]}` as lookup-events prints, a list, JSON Lines, or one record. Only strings and brackets are
 * looked at; what is inside a record is left to JSON.parse. A record that is cut short or not closed is told, and the
 * search goes on at the next place where a record can begin.
 */

export interface ScanEvents {
  /** A whole record: bytes `start` to `end` of `buffer`, which is reused; `offset` counts from the stream's begin. */
  readonly record: (buffer: Buffer, start: number, end: number, offset: number) => void;
  readonly malformed: (offset: number, message: string) => void;
}

export interface Scanner {
  readonly push: (chunk: Buffer) => void;
  readonly end: () => void;
}

/** CloudTrail's own limit of a record is 1 MB. */
export const RECORD_BYTES_MAX = 16 * 1_048_576;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const LIST = 91;
const BACKSLASH = 92;
const LIST_END = 93;
const OBJECT = 123;
const OBJECT_END = 125;
const NEWLINE = 10;

interface State {
  depth: number;
  /** Depth of the list whose elements are records; -1 outside of any. */
  list: number;
  /** Begin of the object that is being read, -1 when there is none to report. */
  start: number;
  inString: boolean;
  stringStart: number;
  escaped: boolean;
  /** The last byte that was no white space, outside of strings; 0 at the top. */
  last: number;
  /** The key just read, at the top of the outermost object, announces a list of records. */
  announced: boolean;
  /** The rest of the stream cannot be told apart. */
  lost: boolean;
}

export function recordScanner(events: ScanEvents): Scanner {
  let rest: Buffer = Buffer.alloc(0);
  let base = 0;
  const state: State = {
    depth: 0,
    list: -1,
    start: -1,
    inString: false,
    stringStart: -1,
    escaped: false,
    last: 0,
    announced: false,
    lost: false,
  };
  const push = (chunk: Buffer) => {
    if (state.lost) return;
    const from = rest.length;
    const buffer = from === 0 ? chunk : Buffer.concat([rest, chunk]);
    scan(state, buffer, from, base, events);
    const keep = keptFrom(state, buffer.length);
    if (buffer.length - keep > RECORD_BYTES_MAX) {
      events.malformed(base + keep, `a record of more than ${RECORD_BYTES_MAX / 1_048_576} MiB; the rest is not read`);
      state.lost = true;
    }
    rest = state.lost ? Buffer.alloc(0) : Buffer.from(buffer.subarray(keep));
    base += keep;
    if (state.start >= 0) state.start -= keep;
    if (state.inString) state.stringStart -= keep;
  };
  const end = () => {
    if (state.lost || state.depth === 0) return;
    const at = state.start >= 0 ? base + state.start : base + rest.length;
    events.malformed(at, state.start >= 0 ? 'the file ends within this record' : 'the file ends within a list');
  };
  return { push, end };
}

function keptFrom(state: State, length: number): number {
  if (state.start >= 0) return state.start;
  return state.inString ? state.stringStart : length;
}

function scan(state: State, buffer: Buffer, from: number, base: number, events: ScanEvents): void {
  const { length } = buffer;
  let at = from;
  while (at < length) {
    if (state.inString) {
      at = stringEnd(state, buffer, at);
      if (at >= length) return;
      if (buffer[at] === NEWLINE) at = brokenString(state, at, base, events);
      else endString(state, buffer, at);
      if (state.lost) return;
      at++;
      continue;
    }
    const byte = buffer[at] as number;
    if (byte > 32) mark(state, buffer, byte, at, base, events);
    at++;
  }
}

/** The place of the closing quote, or of a line's end that no string may hold; the length when there is neither. */
function stringEnd(state: State, buffer: Buffer, from: number): number {
  const { length } = buffer;
  let at = from;
  if (state.escaped) {
    state.escaped = false;
    at++;
  }
  for (; at < length; at++) {
    const byte = buffer[at];
    if (byte === QUOTE || byte === NEWLINE) return at;
    if (byte === BACKSLASH && ++at === length) state.escaped = true;
  }
  return length;
}

/** Lines are records of their own, unless they are within a list: there nobody knows where the next one begins. */
function brokenString(state: State, at: number, base: number, events: ScanEvents): number {
  const start = state.start >= 0 ? state.start : state.stringStart;
  state.inString = false;
  if (state.list >= 0) {
    events.malformed(base + start, 'a line ends within a string; the rest of the file is not read');
    state.lost = true;
  } else {
    events.malformed(base + start, 'a line ends within a string');
    reset(state, 0);
  }
  return at;
}

function endString(state: State, buffer: Buffer, at: number): void {
  state.inString = false;
  state.last = QUOTE;
  if (state.depth !== 1 || state.list >= 0 || state.start < 0) return;
  const length = at - state.stringStart - 1;
  if (length !== 7 && length !== 6) return;
  const key = buffer.toString('latin1', state.stringStart + 1, at);
  state.announced = key === 'Records' || key === 'Events';
}

function mark(state: State, buffer: Buffer, byte: number, at: number, base: number, events: ScanEvents): void {
  switch (byte) {
    case QUOTE:
      state.inString = true;
      state.stringStart = at;
      return;
    case OBJECT:
      open(state, at, base, events);
      break;
    case LIST:
      state.depth++;
      if (state.depth === 1) state.list = 1;
      else if (state.announced && state.depth === 2 && state.last === COLON) {
        state.list = 2;
        state.start = -1;
      }
      break;
    case OBJECT_END:
    case LIST_END:
      close(state, buffer, byte, at, base, events);
      break;
  }
  if (byte !== COLON) state.announced = false;
  state.last = byte;
}

/** An object may follow `[`, `,` and `:` only; elsewhere what came before it was cut short. */
function open(state: State, at: number, base: number, events: ScanEvents): void {
  const { last, depth } = state;
  if (depth > 0 && last !== LIST && last !== COMMA && last !== COLON) {
    events.malformed(base + (state.start >= 0 ? state.start : at), 'not JSON: a record begins within another one');
    reset(state, Math.max(state.list, 0));
  }
  if (state.start < 0 && state.depth === Math.max(state.list, 0)) state.start = at;
  state.depth++;
}

function close(state: State, buffer: Buffer, byte: number, at: number, base: number, events: ScanEvents): void {
  if (state.depth === 0) {
    events.malformed(base + at, `not JSON: a stray ${String.fromCharCode(byte)}`);
    return;
  }
  state.depth--;
  if (state.start >= 0 && state.depth === Math.max(state.list, 0)) {
    const { start } = state;
    state.start = -1;
    events.record(buffer, start, at + 1, base + start);
  } else if (state.depth < state.list) {
    state.list = -1;
  }
  if (state.depth === 0) reset(state, 0);
}

function reset(state: State, depth: number): void {
  state.depth = depth;
  state.start = -1;
  state.last = 0;
  state.announced = false;
  if (depth === 0) state.list = -1;
}
