/**
 * The records of a log file, as CloudTrail delivered it or as somebody else made it: of bounded size, read a record at
 * a time so that others have their turn meanwhile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const MEBIBYTE = 1024 * 1024;
/** Of one log file, as it lies there and expanded. */
const PACKED_BYTES_MAX = 32 * MEBIBYTE;
const BYTES_MAX = 128 * MEBIBYTE;
/** Bytes between two looks at what others want. */
const BYTES_A_TURN = MEBIBYTE;

const expanded = promisify(gunzip) as (bytes: Uint8Array, options: object) => Promise<Buffer>;

/** @throws what is wrong with the file, before the first of its records is told */
export async function recordsIn(body: AsyncIterable<Uint8Array>): Promise<AsyncIterable<object>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > PACKED_BYTES_MAX) throw new Error(`The file is larger than ${PACKED_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  const file = await expanded(Buffer.concat(chunks), { maxOutputLength: BYTES_MAX });
  for await (const record of records(file)) void record;
  return records(file);
}

async function* records(file: Buffer): AsyncGenerator<object> {
  let turn = 0;
  for (const [start, end] of partsOf(file)) {
    yield recordOf(file.toString('utf8', start, end));
    if (end - turn < BYTES_A_TURN) continue;
    turn = end;
    await nextTurn();
  }
}

function recordOf(text: string): object {
  const record: unknown = JSON.parse(text);
  if (typeof record !== 'object' || record === null) throw new Error('A record in the file is no object.');
  return record;
}

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE] = [...'"\\,[]'].map((character) => character.charCodeAt(0));
const [BRACE, UNBRACE] = [...'{}'].map((character) => character.charCodeAt(0));

/** Where each element of `Records` begins and ends. */
function* partsOf(file: Buffer): Generator<readonly [start: number, end: number]> {
  const [head] = /^\s*\{\s*"Records"\s*:\s*\[\s*/.exec(file.toString('latin1', 0, 1024)) ?? [];
  if (head === undefined) throw new Error('The file holds no Records.');
  let [start, depth, isText] = [head.length, 0, false];
  for (let at = start; at < file.length; at++) {
    const byte = file[at];
    if (isText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === BRACE || byte === OPEN) depth++;
    else if (depth > 0 && (byte === UNBRACE || byte === CLOSE)) depth--;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE)) {
      const isFirst = start === head.length;
      if (byte === COMMA || !isFirst || file.toString('latin1', start, at).trim() !== '') yield [start, at];
      if (byte === CLOSE) return;
      start = at + 1;
    }
  }
  throw new Error('The file ends within its Records.');
}
