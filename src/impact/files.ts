/**
 * The files of a trail: folders as S3 delivers them (walked in order of names, one folder in memory at a time), and
 * their bytes, unpacked. Small archives are unpacked at once, large ones (and those that are broken) as a stream.
 */
import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, createGunzip, gunzipSync } from 'node:zlib';

export interface TrailFile {
  readonly path: string;
  readonly bytes: number;
}

const ENDINGS = /\.(json|jsonl|ndjson|log)(\.gz)?$/i;
/** Beside the logs S3 has digests of them, and insights of another shape. */
const OTHER = /CloudTrail-(Digest|Insight)|^\./;

/** The log files below a path; a path that is a file is taken whatever its name. Throws when it cannot be read. */
export async function* trailFiles(path: string): AsyncGenerator<TrailFile> {
  const top = await stat(path);
  if (top.isDirectory()) yield* below(path);
  else yield { path, bytes: top.size };
}

async function* below(folder: string): AsyncGenerator<TrailFile> {
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (OTHER.test(entry.name)) continue;
    if (entry.isDirectory()) yield* below(path);
    else if (ENDINGS.test(entry.name)) yield { path, bytes: (await stat(path)).size };
  }
}

const AT_ONCE_BYTES_MAX = 4 * 1_048_576;
const UNPACKED_AT_ONCE_BYTES_MAX = 16 * 1_048_576;

/**
 * A small file's bytes, unpacked; undefined of one that is large or damaged, which chunksOf reads as far as it goes.
 */
export function wholeOf(file: TrailFile): Buffer | undefined {
  if (file.bytes > AT_ONCE_BYTES_MAX) return undefined;
  const bytes = readFileSync(file.path);
  if (!isPacked(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: UNPACKED_AT_ONCE_BYTES_MAX, chunkSize: 1_048_576 });
  } catch {
    // Too large or broken: the stream gives what there is.
    return undefined;
  }
}

/** The file's bytes, unpacked. Throws after the last readable piece when the file is cut short or damaged. */
export async function* chunksOf(file: TrailFile): AsyncGenerator<Buffer> {
  if (!isPacked(firstBytes(file.path))) {
    yield* createReadStream(file.path, { highWaterMark: 262_144 }) as AsyncIterable<Buffer>;
    return;
  }
  let given = 0;
  try {
    for await (const chunk of unpacked(file.path, constants.Z_FINISH)) {
      yield chunk;
      given += chunk.length;
    }
  } catch (error) {
    // What was unpacked of the last piece before the end that is missing comes only with another way of flushing.
    if ((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR') yield* restOf(file.path, given);
    throw error;
  }
}

async function* restOf(path: string, skipped: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of unpacked(path, constants.Z_SYNC_FLUSH)) {
    if (at + chunk.length > skipped) yield chunk.subarray(Math.max(0, skipped - at));
    at += chunk.length;
  }
}

function unpacked(path: string, finishFlush: number): AsyncIterable<Buffer> {
  const source = createReadStream(path, { highWaterMark: 262_144 });
  const gunzip = createGunzip({ chunkSize: 262_144, finishFlush });
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

/** By its first two bytes: names lie. */
const isPacked = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes);
  } finally {
    closeSync(file);
  }
  return bytes;
}
