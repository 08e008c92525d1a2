/** Loads files into the shadow organization, each as one unit; goes on where a killed import was. */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Store } from '../store/store.ts';
import { type Content, type Continuation, contents } from './contents.ts';
import { allLoads, type Counts, discard, type Load, publish, stage } from './loads.ts';
import { type Position, positionIn } from './position.ts';
import { splitter, Unreadable } from './splitter.ts';
import { AWS } from './tables.ts';

export interface ImportOptions {
  /** Keep what earlier imports said of the same accounts. */
  readonly add?: boolean;
  /** Bytes of the file read so far, of how many. */
  readonly progress?: (file: string, done: number, total: number) => void;
  /** Stops between two steps when it is aborted; what was done stays, to go on from. */
  readonly signal?: AbortSignal;
}

export interface FileResult {
  /** As it was given. */
  readonly file: string;
  /** `unchanged`: it is loaded, and has not changed since. */
  readonly state: 'loaded' | 'unchanged' | 'failed';
  /** Byte it was read from, when an earlier import was cut short. */
  readonly resumedAt?: number;
  readonly counts: Counts;
  readonly accounts: readonly string[];
  /** The last page it has says that there are more. */
  readonly isTruncated: boolean;
  readonly error?: { readonly message: string } & Partial<Position>;
}

interface Source {
  readonly file: string;
  readonly bytes: number;
  readonly modified: number;
}

const readBytes = 1_048_576;
const chunkBytes = 524_288;

/** One after the other; a file that fails leaves the others alone. */
export async function importFiles(
  store: Store,
  files: readonly string[],
  options: ImportOptions,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const named = new Map(files.map((file) => [resolve(file), file]));
  const sources = await Promise.all(Array.from(named.keys(), sourceOf));
  const found = sources.filter((source): source is Source => !('state' in source));
  const set = createHash('sha256')
    .update(JSON.stringify([found, options.add === true]))
    .digest('hex')
    .slice(0, 16);
  for (const source of sources) {
    const result = 'state' in source ? source : await importFile(store, source, set, options);
    results.push({ ...result, file: named.get(source.file) ?? source.file });
  }
  return results;
}

async function sourceOf(file: string): Promise<Source | FileResult> {
  try {
    const { size, mtimeMs } = await stat(file);
    return { file, bytes: size, modified: mtimeMs };
  } catch (error) {
    return failed(file, { message: `cannot be read: ${(error as Error).message}` });
  }
}

const failed = (file: string, error: FileResult['error'] & object): FileResult => ({
  ...{ file, state: 'failed', counts: {}, accounts: [], isTruncated: false, error },
});

async function importFile(store: Store, source: Source, set: string, options: ImportOptions): Promise<FileResult> {
  const earlier = await earlierLoad(store, source, set);
  if (earlier?.state === 'done') return resultOf(earlier, 'unchanged');
  const begun: Load = earlier ?? {
    ...{ ...source, set, state: 'staging', chunks: 0, published: 0 },
    ...{ cleared: options.add === true, accounts: [], counts: {} },
  };
  let staged: Load;
  try {
    staged = await readInto(store, source, begun, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    await discard(store, begun);
    if (error instanceof Unreadable) {
      return failed(source.file, { message: error.message, ...(await positionIn(source.file, error.offset)) });
    }
    return failed(source.file, { message: `cannot be read: ${(error as Error).message}` });
  }
  const done = await publish(store, staged);
  const resumedAt = begun.resume?.split.offset;
  return { ...resultOf(done, 'loaded'), ...(resumedAt !== undefined && { resumedAt }) };
}

const resultOf = ({ file, counts, accounts, reading }: Load, state: FileResult['state']): FileResult => ({
  ...{ file, state, counts, accounts },
  isTruncated: reading !== undefined && reading.pagesTruncated > 0 && reading.pagesLast === 0,
});

/** The same file's load by the same command, whole or to go on with; other half-read loads of the file are dropped. */
async function earlierLoad(store: Store, source: Source, set: string): Promise<Load | undefined> {
  let found: Load | undefined;
  for (const load of await allLoads(store)) {
    if (load.file !== source.file) continue;
    const isSame = load.bytes === source.bytes && load.modified === source.modified && load.set === set;
    if (isSame && (load.state === 'done' || load.resume !== undefined)) found = load;
    else if (load.state === 'staging') await discard(store, load);
  }
  return found;
}

/** Stages the file from where it was left; the load that comes back is ready to publish. */
async function readInto(store: Store, source: Source, begun: Load, options: ImportOptions): Promise<Load> {
  const batch = batchOf(begun);
  const content = contents(batch.add, begun.resume?.reading);
  const split = splitter(content, begun.resume?.split);
  const handle = await open(source.file);
  try {
    const buffer = Buffer.alloc(readBytes);
    let at = begun.resume?.split.offset ?? 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, readBytes, at);
      if (bytesRead === 0) break;
      split.push(buffer.subarray(0, bytesRead));
      at += bytesRead;
      if (batch.bytes() >= chunkBytes) await stage(store, ...batch.take(content.reading()));
      options.progress?.(source.file, at, source.bytes);
      options.signal?.throwIfAborted();
    }
    split.end();
    content.end();
    const [load, rows] = batch.take(content.reading());
    const { resume: _, ...staged } = load;
    const ready: Load = { ...staged, state: 'publishing' };
    await stage(store, ready, rows);
    return ready;
  } finally {
    await handle.close();
  }
}

/** Rows on their way into a chunk, and the load as it will be with them. */
function batchOf(begun: Load) {
  let rows: string[] = [];
  let bytes = 0;
  let chunks = begun.chunks;
  let resume = begun.resume;
  let canResume = true;
  const accounts = new Set(begun.accounts);
  const counts: Partial<Record<Content['kind'], number>> = { ...begun.counts };
  return {
    add({ kind, row }: Content, next: Continuation | undefined): void {
      const text = `["${kind}",${JSON.stringify(row)}]`;
      rows.push(text);
      bytes += text.length;
      counts[kind] = (counts[kind] ?? 0) + 1;
      if (OF_ACCOUNTS.has(kind) && 'account' in row && row.account !== AWS) accounts.add(row.account!);
      canResume &&= next !== undefined;
      resume = next;
    },
    bytes: () => bytes,
    take(reading: NonNullable<Load['reading']>): [Load, readonly string[]] {
      if (rows.length > 0) chunks++;
      const { resume: _, ...rest } = begun;
      const place = canResume && resume ? { resume } : {};
      const load: Load = { ...rest, ...place, reading, chunks, accounts: [...accounts], counts: { ...counts } };
      const taken = rows;
      rows = [];
      bytes = 0;
      return [load, taken];
    },
  };
}

const OF_ACCOUNTS: ReadonlySet<Content['kind']> = new Set(['user', 'group', 'role', 'policy']);
