/** What is asked: records of an object in one of the formats, read as they are asked for. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import type { CSVInput, InputSerialization, ScanRange } from '@aws-sdk/client-s3';
import type { Counters } from './answers.ts';
import { unpackedBzip2 } from './bzip2.ts';
import { csvFormat, csvRows } from './csvRows.ts';
import { selectError } from './errors.ts';
import { jsonRows } from './jsonRows.ts';
import type { Query, Row } from './query.ts';
import { readFrom, recordsWithin, type Span, spanOf } from './scanRanges.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** The bytes of an object, any of them at any time. */
export interface Stored {
  readonly size: number;
  /** To `end`, exclusive. A chunk is lent until the next is asked for. */
  readonly read: (start: number, end: number) => Bytes;
}

export type Source = (stored: Stored, counters: Counters) => AsyncIterable<Row>;

/** Throws where there is no such format, or what is asked for cannot be asked of it. */
export function sourceOf(input: InputSerialization, query: Query, range?: ScanRange): Source {
  const { CSV, JSON: json, Parquet, CompressionType = 'NONE' } = input;
  if ([CSV, json, Parquet].filter((each) => each !== undefined).length > 1) {
    throw selectError('ObjectSerializationConflict');
  }
  const unpack = Object.hasOwn(UNPACKING, CompressionType) ? UNPACKING[CompressionType] : undefined;
  if (!unpack) throw selectError('InvalidCompressionFormat');
  const packed = CompressionType !== 'NONE';
  if (range && (packed || json?.Type === 'DOCUMENT' || CSV?.AllowQuotedRecordDelimiter)) {
    throw selectError('UnsupportedScanRangeInput');
  }
  if ((CSV || Parquet) && query.path.some((step) => step !== '*')) throw selectError('UnsupportedSqlStructure');
  if (Parquet) {
    if (packed) throw selectError('InvalidCompressionFormat');
    return parquetSource(query, range);
  }
  if (CSV) return csvSource(CSV, unpack, range);
  if (!json) throw selectError('MissingRequiredParameter');
  const { Type } = json;
  if (Type !== 'LINES' && Type !== 'DOCUMENT') throw selectError('InvalidJsonType');
  return (stored, counters) => jsonRows(textOf(stored, counters, { unpack, range }), Type, query.path);
}

type Unpack = (bytes: Bytes) => Bytes;

const UNPACKING: Readonly<Record<string, Unpack>> = { NONE: (bytes) => bytes, GZIP: gunzipped, BZIP2: unpackedBzip2 };

async function* gunzipped(bytes: Bytes): Bytes {
  const { Readable, pipeline } = await import('node:stream');
  const source = Readable.from(bytes, { objectMode: false });
  const plain = pipeline(source, createGunzip(), () => undefined) as unknown as Bytes;
  try {
    yield* plain;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? selectError('TruncatedInput') : error;
  }
}

function parquetSource({ names }: Query, range: ScanRange | undefined): Source {
  return async function* (stored, counters) {
    const { parquetRows } = await import('./parquetRows.ts');
    yield* parquetRows(stored, { names, span: range && spanOf(range, stored.size) }, counters);
  };
}

/** The line of names is read, or passed over, also where what is asked begins behind it. */
function csvSource(input: CSVInput, unpack: Unpack, range: ScanRange | undefined): Source {
  const format = csvFormat(input);
  const delimiter = Buffer.from(format.record);
  return (stored, counters) => {
    const behind = range !== undefined && spanOf(range, stored.size).start > 0;
    const named = behind && format.header === 'USE';
    const text = textOf(stored, counters, { unpack, range, delimiter, named });
    return csvRows(text, behind && !named ? { ...format, header: 'NONE' } : format);
  };
}

interface Reading {
  readonly unpack: Unpack;
  readonly range: ScanRange | undefined;
  readonly delimiter?: Uint8Array;
  /** With the first record before the range. */
  readonly named?: boolean;
}

const LINE_END = Buffer.from('\n');

/** Throws at once where the range is none. */
function textOf(stored: Stored, counters: Counters, { unpack, range, delimiter = LINE_END, named }: Reading) {
  if (!range) return decoded(unpack(counted(stored.read(0, stored.size), counters)), counters);
  const { size } = stored;
  const within = (span: Span) => recordsWithin(stored.read(readFrom(span, delimiter), size), span, delimiter);
  const records = counted(within(spanOf(range, size)), counters);
  return decoded(named ? both(within({ start: 0, end: 0 }), records) : records, counters);
}

async function* both(first: Bytes, then: Bytes): Bytes {
  yield* first;
  yield* then;
}

async function* counted(bytes: Bytes, counters: Counters): Bytes {
  for await (const chunk of bytes) {
    counters.scanned += chunk.length;
    yield Uint8Array.from(chunk); // It is lent for this turn only, and unpacking takes longer.
  }
}

async function* decoded(bytes: Bytes, counters: Counters): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const textIn = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw selectError('InvalidTextEncoding');
    }
  };
  for await (const chunk of bytes) {
    counters.processed += chunk.length;
    await nextTurn(); // Others are waiting, and perhaps no record is in it.
    yield textIn(chunk);
  }
  yield textIn();
}
