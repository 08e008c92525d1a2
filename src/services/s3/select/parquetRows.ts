/**
 * Records of Parquet, read by a thread of its own: one that ends with the question, or when it takes more memory or
 * time than it may. Few of them at a time.
 */
import { Worker } from 'node:worker_threads';
import type { Counters } from './answers.ts';
import { selectError } from './errors.ts';
import type { Stored } from './inputs.ts';
import type { ParquetAsked, ParquetColumn, ParquetQuestion, ParquetTold, ParquetValue } from './parquetFile.ts';
import { placeFor } from './parquetPlaces.ts';
import type { Row } from './query.ts';
import type { Span } from './scanRanges.ts';
import { Timestamp } from './timestamps.ts';
import type { Value } from './values.ts';

const MEMORY_MEGABYTES = 512;
const GROUP_BYTES_MAX = 128 * 1024 * 1024;
/** For the next rows. */
const PATIENCE_MS = 60_000;

interface Asked {
  readonly names: ReadonlySet<string> | undefined;
  readonly span: Span | undefined;
}

export async function* parquetRows(stored: Stored, asked: Asked, counters: Counters): AsyncGenerator<Row> {
  let thread: ReturnType<typeof threadFor> | undefined;
  const place = await placeFor(() => void thread?.end());
  try {
    thread = threadFor(stored, asked, counters);
    for (;;) {
      const told = await thread.more();
      if ('error' in told) throw selectError(told.error);
      if (!('rows' in told)) return;
      counters.processed += told.processed;
      for (const row of told.rows) {
        place.handing();
        yield parquetRow(told.columns, row);
        place.taken();
      }
    }
  } finally {
    await thread?.end();
    place.leave();
  }
}

type Answer = Exclude<ParquetTold, { readonly slice: number }>;

function threadFor({ size, read }: Stored, { names, span }: Asked, counters: Counters) {
  const question: ParquetQuestion = { size, names: names && [...names], span, groupBytesMax: GROUP_BYTES_MAX };
  const worker = new Worker(new URL('./parquetWorker.ts', import.meta.url), {
    workerData: question,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MEGABYTES },
  });
  let answered = Promise.withResolvers<Answer>();
  let failure: Error | undefined;
  const fail = (error: Error) => answered.reject((failure ??= error));
  const failed = () => fail(selectError('ParquetParsingError'));
  const tell = (asked: ParquetAsked, moved: ArrayBuffer[] = []) => worker.postMessage(asked, moved);
  worker.on('message', (told: ParquetTold) => {
    if (!('slice' in told)) return answered.resolve(told);
    slice(told.start, told.end)
      .then((bytes) => tell({ slice: told.slice, bytes }, [bytes]))
      .catch(fail);
  });
  worker.once('error', failed); // Out of memory, most likely.
  worker.once('exit', failed);
  async function slice(start: number, end: number): Promise<ArrayBuffer> {
    const length = end - start;
    if (!(start >= 0 && length >= 0 && length <= GROUP_BYTES_MAX && end <= size)) {
      throw selectError('ParquetParsingError');
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for await (const chunk of read(start, end)) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    counters.scanned += length;
    return bytes.buffer;
  }
  return {
    async more(): Promise<Answer> {
      if (failure) throw failure;
      answered = Promise.withResolvers<Answer>();
      tell('more');
      const late = AbortSignal.timeout(PATIENCE_MS);
      late.addEventListener('abort', failed);
      return answered.promise.finally(() => late.removeEventListener('abort', failed));
    },
    end: () => worker.terminate(),
  };
}

function parquetRow(columns: readonly ParquetColumn[], row: readonly ParquetValue[]): Row {
  const at = (place: number) => (place < 0 ? undefined : asValue(row[place]!));
  return {
    get(name, exact): Value {
      const found = columns.findIndex((column) => column.name === name);
      if (found >= 0 || exact) return at(found);
      const lower = name.toLowerCase();
      return at(columns.findIndex((column) => column.name.toLowerCase() === lower || lower === `_${column.place}`));
    },
    all: () => columns.map(({ name }, i) => [name, at(i)]),
  };
}

function asValue(value: ParquetValue): Value {
  if (value instanceof Float64Array) return timeOf(value);
  if (Array.isArray(value)) return value.map(asValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asValue(each)]));
}

function timeOf([second = 0, nanoseconds = 0, digits = 0]: Float64Array): Timestamp {
  if (digits < 0) return new Timestamp(second, 'day', undefined);
  return new Timestamp(second, 'second', 0, String(nanoseconds).padStart(9, '0').slice(0, digits));
}
