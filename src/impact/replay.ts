/**
 * The replay: every record of every file through the judge. With workers, each takes the next files when it is done
 * with the last; what they find is added up.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Change, changeOf } from './changes.ts';
import { chunksOf, type TrailFile, trailFiles, wholeOf } from './files.ts';
import { readSnapshot } from './inputs.ts';
import { type Judge, judgeOf } from './judge.ts';
import { BadRecord, checked, recordOf, recordsIn, type TrailRecord } from './record.ts';
import { recordScanner } from './scan.ts';
import { addFault, addRecord, emptySummary, type Fault, merge, type Summary } from './summary.ts';
import { type World, worldOf } from './world.ts';

/** What every worker is told. */
export interface Question {
  /** Files that say what is in force: organizations, dumps, policies of resources. */
  readonly inputs: readonly string[];
  /** As the command line writes them. */
  readonly changes: readonly string[];
  /** Stop at the first fault. */
  readonly strict: boolean;
}

/** A fault that stops a strict replay. */
export class StrictFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(`${fault.file}${fault.offset === undefined ? '' : ` at byte ${fault.offset}`}: ${fault.message}`);
    this.fault = fault;
  }
}

/** Bytes of files as they lie on disk. */
export type Progress = (bytes: number) => void;

/** Throws InputError. */
export async function worldFor(question: Question): Promise<World> {
  const changes: Change[] = question.changes.map(changeOf);
  return worldOf(await readSnapshot(question.inputs), changes);
}

export const judgeFor = async (question: Question): Promise<Judge> => judgeOf(await worldFor(question));

/** Replays one file into a summary. What cannot be read is a fault of the file, and the rest goes on. */
export async function replayFile(
  file: TrailFile,
  judge: Judge,
  summary: Summary,
  strict: boolean,
  progress: Progress = () => {},
): Promise<void> {
  summary.files++;
  const whole = wholeOf(file);
  const records = whole && soundRecords(whole.toString('utf8'));
  if (records) {
    for (const [i, record] of records.entries()) addRecord(summary, record, judge(record), file.path, i + 1);
  } else await replayPieces(file, whole ? [whole] : chunksOf(file), judge, summary, strict);
  progress(file.bytes);
}

/** Undefined when something is wrong with any of them. */
function soundRecords(text: string): readonly TrailRecord[] | undefined {
  try {
    return recordsIn(text)?.map(checked);
  } catch (error) {
    if (error instanceof BadRecord) return undefined;
    throw error;
  }
}

type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

/** The road for large files, for other forms, and for those in which something is wrong: it knows where. */
async function replayPieces(
  file: TrailFile,
  pieces: Pieces,
  judge: Judge,
  summary: Summary,
  strict: boolean,
): Promise<void> {
  let read = 0;
  let number = 0;
  const fault = (offset: number, message: string) => {
    const found: Fault = { file: file.path, offset, message };
    if (strict) throw new StrictFault(found);
    addFault(summary, found);
  };
  const replayRecord = (buffer: Buffer, start: number, end: number, offset: number) => {
    number++;
    try {
      const record = recordOf(buffer.toString('utf8', start, end));
      addRecord(summary, record, judge(record), file.path, number);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      fault(offset, error.message);
    }
  };
  const scanner = recordScanner({ record: replayRecord, malformed: fault });
  try {
    for await (const piece of pieces) {
      scanner.push(piece);
      read += piece.length;
    }
    scanner.end();
  } catch (error) {
    if (error instanceof StrictFault || !isReading(error)) throw error;
    fault(read, `cannot be read on from here: ${(error as Error).message}`);
  }
}

/** Errors of files and of archives carry a code; mistakes of ours do not. */
const isReading = (error: unknown) => typeof (error as { code?: unknown }).code === 'string';

/** Replays journal records or any others that lie in memory. */
export function replayTexts(texts: Iterable<string>, name: string, judge: Judge, summary: Summary): void {
  let number = 0;
  for (const text of texts) {
    number++;
    try {
      const record = recordOf(text);
      addRecord(summary, record, judge(record), name, number);
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      addFault(summary, { file: name, offset: undefined, message: `record ${number}: ${error.message}` });
    }
  }
}

export interface ReplayOptions {
  /** 0: in this thread. Else that many workers; by default one for each core. */
  readonly workers?: number | undefined;
  readonly progress?: Progress | undefined;
}

/** Replays all files below the paths. Throws InputError, StrictFault, and what the file system says of the paths. */
export async function replay(paths: readonly string[], question: Question, options: ReplayOptions): Promise<Summary> {
  const files = allFiles(paths);
  const workers = options.workers ?? availableParallelism();
  return workers === 0 ? replayHere(files, question, options) : replayInWorkers(files, question, options, workers);
}

async function* allFiles(paths: readonly string[]): AsyncGenerator<TrailFile> {
  for (const path of paths) yield* trailFiles(path);
}

/** Bytes of all files, for the progress bar. */
export async function bytesOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for await (const file of allFiles(paths)) bytes += file.bytes;
  return bytes;
}

async function replayHere(
  files: AsyncIterable<TrailFile>,
  question: Question,
  options: ReplayOptions,
): Promise<Summary> {
  const judge = await judgeFor(question);
  const summary = emptySummary();
  for await (const file of files) await replayFile(file, judge, summary, question.strict, options.progress);
  return summary;
}

/** To a worker: files to replay; without any, to tell what it found. */
export type Order = readonly TrailFile[];
/** From a worker. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'failed'; readonly fault?: Fault; readonly message: string };

const orderBytesMax = 2 * 1_048_576;
const orderFilesMax = 64;

async function replayInWorkers(
  files: AsyncGenerator<TrailFile>,
  question: Question,
  options: ReplayOptions,
  count: number,
): Promise<Summary> {
  const orders = ordersOf(files);
  const whole = emptySummary();
  const workers = Array.from({ length: count }, () => {
    const memory = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 16 };
    return new Worker(new URL('./worker.ts', import.meta.url), { workerData: question, resourceLimits: memory });
  });
  try {
    const parts = await Promise.all(workers.map((worker) => runWorker(worker, orders, options.progress)));
    for (const part of parts) merge(whole, part);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return whole;
}

async function* ordersOf(files: AsyncIterable<TrailFile>): AsyncGenerator<Order> {
  let order: TrailFile[] = [];
  let bytes = 0;
  for await (const file of files) {
    order.push(file);
    bytes += file.bytes;
    if (bytes < orderBytesMax && order.length < orderFilesMax) continue;
    yield order;
    [order, bytes] = [[], 0];
  }
  if (order.length > 0) yield order;
}

function runWorker(worker: Worker, orders: AsyncGenerator<Order>, progress: Progress = () => {}): Promise<Summary> {
  return new Promise((resolve, reject) => {
    const next = async () => {
      const { value, done } = await orders.next();
      worker.postMessage(done ? [] : value);
    };
    worker.on('message', (answer: Answer) => {
      if (answer.kind === 'progress') progress(answer.bytes);
      else if (answer.kind === 'summary') resolve(answer.summary);
      else if (answer.kind === 'failed') {
        reject(answer.fault ? new StrictFault(answer.fault) : new Error(answer.message));
      } else next().catch(reject);
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('A worker ended before its work did')));
  });
}
