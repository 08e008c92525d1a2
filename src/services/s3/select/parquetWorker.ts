/**
 * A thread that reads one Parquet object, a row group at a time. What a file says of itself is not believed: page
 * headers are gone through before anything is unpacked, and what they get wrong all the same ends the thread alone,
 * by its limit of memory or of time.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { type ColumnMetaData, type FileMetaData, parquetMetadataAsync, parquetRead, type RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type {
  ParquetAsked,
  ParquetColumn,
  ParquetError,
  ParquetQuestion,
  ParquetTold,
  ParquetValue,
} from './parquetFile.ts';

const { size, names, span, groupBytesMax } = workerData as ParquetQuestion;
const port = parentPort!;
const ROWS_AT_ONCE = 500;
const VALUES_MAX = 16_000_000;
const RECORD_CHARACTERS_MAX = 1024 * 1024;

class Refusal extends Error {
  readonly code: ParquetError;
  constructor(code: ParquetError) {
    super(code);
    this.code = code;
  }
}

const slices = new Map<number, (bytes: ArrayBuffer) => void>();
let wanted = Promise.withResolvers<void>();
port.on('message', (asked: ParquetAsked) => {
  if (asked === 'more') wanted.resolve();
  else slices.get(asked.slice)?.(asked.bytes);
});

const tell = (told: ParquetTold) => port.postMessage(told);

/** One answer each time that more is wanted. */
async function give(told: ParquetTold): Promise<void> {
  await wanted.promise;
  wanted = Promise.withResolvers<void>();
  tell(told);
}

let last = 0;

function sliced(start: number, end = size): Promise<ArrayBuffer> {
  const slice = ++last;
  return new Promise((resolve) => {
    slices.set(slice, resolve);
    tell({ slice, start, end });
  }).finally(() => slices.delete(slice)) as Promise<ArrayBuffer>;
}

async function readAll(): Promise<void> {
  const metadata = await parquetMetadataAsync({ byteLength: size, slice: sliced }, { geoparquet: false });
  const columns = columnsOf(metadata);
  let first = 0;
  for (const group of metadata.row_groups) {
    const count = Number(group.num_rows);
    if (!(count >= 0 && count <= VALUES_MAX)) throw new Refusal('OverMaxParquetBlockSize');
    if (count > 0 && isWithin(group)) await readGroup(metadata, group, columns, first);
    first += count;
  }
}

function columnsOf({ schema }: FileMetaData): readonly ParquetColumn[] {
  const all: ParquetColumn[] = [];
  let at = 1;
  const pass = () => {
    const { num_children = 0 } = schema[at++] ?? {};
    for (let i = 0; i < num_children; i++) pass();
  };
  for (let place = 1; at < schema.length; place++) {
    all.push({ name: schema[at]!.name, place });
    pass();
  }
  if (all.length === 0) throw new Refusal('ParquetParsingError');
  if (!names) return all;
  const asked = new Set(names.map((name) => name.toLowerCase()));
  const found = all.filter(({ name, place }) => asked.has(name.toLowerCase()) || asked.has(`_${place}`));
  return found.length > 0 ? found : all.slice(0, 1); // To count records takes one of their columns.
}

/** As hyparquet has it: what is gone through must be what is read. */
const startOf = ({ dictionary_page_offset: dictionary, data_page_offset: data }: ColumnMetaData) =>
  Number(dictionary || data);

function isWithin({ columns }: RowGroup): boolean {
  const meta = columns[0]?.meta_data;
  return !span || (meta !== undefined && startOf(meta) >= span.start && startOf(meta) <= span.end);
}

async function readGroup(metadata: FileMetaData, group: RowGroup, columns: readonly ParquetColumn[], first: number) {
  const read = columns.map(({ name }) => name);
  const chunks = group.columns.flatMap(({ meta_data: meta }) =>
    meta && read.includes(meta.path_in_schema[0] ?? '') ? [meta] : [],
  );
  const sizes = chunks.map(({ total_compressed_size }) => Number(total_compressed_size));
  if (!sizes.every((each) => each >= 0)) throw new Refusal('ParquetParsingError');
  if (sizes.reduce((sum, each) => sum + each, 0) > groupBytesMax) throw new Refusal('OverMaxParquetBlockSize');
  const pieces: Piece[] = [];
  const bounds = { bytes: groupBytesMax, values: VALUES_MAX };
  for (const meta of chunks) pieces.push(await pieceOf(meta, bounds));
  const rows = await new Promise<unknown[][]>((onComplete, reject) => {
    parquetRead({
      file: { byteLength: size, slice: (start, end = size) => putTogether(pieces, start, end) },
      metadata,
      columns: read,
      rowStart: first,
      rowEnd: first + Number(group.num_rows),
      geoparquet: false,
      compressors: { GZIP: (bytes, length) => gunzipSync(bytes, { maxOutputLength: Math.max(1, length) }) },
      parsers: PARSERS,
      onComplete,
    }).catch(reject);
  });
  let processed = groupBytesMax - bounds.bytes;
  for (const some of inBatches(rows)) {
    await give({ columns, rows: some, processed });
    processed = 0;
  }
}

/** So few that they are copied to the other thread at ease: a dictionary says a long text in each of many rows. */
function* inBatches(rows: readonly unknown[][]): Generator<ParquetValue[][]> {
  let batch: ParquetValue[][] = [];
  let length = 0;
  for (const row of rows) {
    const values = row.map(plain);
    const more = lengthOf(values);
    if (more > RECORD_CHARACTERS_MAX) throw new Refusal('OverMaxRecordSize');
    if (batch.length === ROWS_AT_ONCE || length + more > RECORD_CHARACTERS_MAX) {
      yield batch;
      [batch, length] = [[], 0];
    }
    batch.push(values);
    length += more;
  }
  if (batch.length > 0) yield batch;
}

/** In characters, at least one of each value. */
function lengthOf(value: ParquetValue): number {
  if (typeof value === 'string') return value.length + 1;
  if (typeof value !== 'object' || value === null || value instanceof Float64Array) return 1;
  let length = 1;
  for (const each of Object.values(value)) length += lengthOf(each);
  return length;
}

interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** The bytes of a column in a row group, whose pages are gone through: within `bounds`, which they use up. */
async function pieceOf(meta: ColumnMetaData, bounds: { bytes: number; values: number }): Promise<Piece> {
  if (!['UNCOMPRESSED', 'SNAPPY', 'GZIP'].includes(meta.codec)) {
    throw new Refusal('ParquetUnsupportedCompressionCodec');
  }
  const start = startOf(meta);
  const bytes = new Uint8Array(await sliced(start, start + Number(meta.total_compressed_size)));
  const reader = { view: new DataView(bytes.buffer), offset: 0 };
  while (reader.offset < bytes.length - 1) {
    const page = parquetHeader(reader);
    const { data_page_header: one, data_page_header_v2: two, dictionary_page_header: dictionary } = page;
    const values = [one?.num_values, two?.num_values, two?.num_rows, two?.num_nulls, dictionary?.num_values];
    const most = Math.max(...values.map((count = 0) => count));
    const levels = [two?.definition_levels_byte_length, two?.repetition_levels_byte_length];
    const fits = [...values, ...levels].every((count = 0) => count >= 0) && page.compressed_page_size >= 0;
    if (!fits || !(page.uncompressed_page_size >= 0)) throw new Refusal('ParquetParsingError');
    bounds.bytes -= page.uncompressed_page_size * (isUnfolded(one ?? two) ? Math.max(1, most) : 1);
    bounds.values -= most;
    if (bounds.bytes < 0 || bounds.values < 0) throw new Refusal('OverMaxParquetBlockSize');
    reader.offset += page.compressed_page_size;
  }
  return { start, bytes };
}

/** Each value may be as long as all the page: it says how much of the one before it begins with. */
const isUnfolded = (header: { readonly encoding: string } | undefined) => header?.encoding === 'DELTA_BYTE_ARRAY';

/** What lies between the columns that are read is of no interest. */
function putTogether(pieces: readonly Piece[], start: number, end: number): ArrayBuffer {
  if (end - start > groupBytesMax || end < start) throw new Refusal('OverMaxParquetBlockSize');
  const whole = new Uint8Array(end - start);
  for (const { start: at, bytes } of pieces) {
    const [from, to] = [Math.max(start, at), Math.min(end, at + bytes.length)];
    if (from < to) whole.set(bytes.subarray(from - at, to - at), from - start);
  }
  return whole.buffer;
}

function timeOf(count: bigint, aSecond: bigint, digits: number): Float64Array {
  const rest = ((count % aSecond) + aSecond) % aSecond;
  const nanoseconds = rest * (1_000_000_000n / aSecond);
  return Float64Array.of(Number((count - rest) / aSecond) * 1000, Number(nanoseconds), digits);
}

const PARSERS = {
  timestampFromMilliseconds: (count: bigint) => timeOf(count, 1_000n, 3),
  timestampFromMicroseconds: (count: bigint) => timeOf(count, 1_000_000n, 6),
  timestampFromNanoseconds: (count: bigint) => timeOf(count, 1_000_000_000n, 9),
  dateFromDays: (days: number) => Float64Array.of(days * 86_400_000, 0, -1),
};

/** Whole numbers that a JavaScript number cannot hold are kept as their digits. */
function plain(value: unknown): ParquetValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value !== 'object') return value as ParquetValue;
  if (value instanceof Float64Array) return value;
  if (value instanceof Date) return timeOf(BigInt(value.getTime()), 1_000n, 3);
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) throw new Refusal('UnsupportedParquetType');
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

try {
  await readAll();
  await give({ over: true });
} catch (error) {
  await give({ error: error instanceof Refusal ? error.code : 'ParquetParsingError' });
}
