/** Blobs as files of a folder, spread over 256 folders by the end of their ids. */
import { closeSync, createReadStream, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobDriver } from './blobs.ts';

const READ_BYTES = 256 * 1024;

/** Makes the folder if need be. */
export function folderBlobs(folder: string): BlobDriver {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = new Set<string>();
  const makeFolder = (path: string): void => {
    if (made.has(path)) return;
    if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(dirname(path));
    made.add(path);
  };
  const place = (id: string) => join(folder, id.slice(-2), id);
  const half = (id: string) => `${place(id)}.half`;
  return {
    async write(id, bytes) {
      makeFolder(dirname(place(id)));
      try {
        await writeFile(half(id), bytes);
        await rename(half(id), place(id));
        syncFolder(dirname(place(id)));
      } catch (error) {
        await rm(half(id), { force: true });
        throw error;
      }
    },
    async *read(id, start, end) {
      if (start < end) yield* createReadStream(place(id), { start, end: end - 1, highWaterMark: READ_BYTES });
    },
    async remove(id) {
      await rm(half(id), { force: true });
      await rm(place(id), { force: true });
    },
  };
}

async function writeFile(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of bytes) await writeAll(file, chunk);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

/** A new name is durable when its folder is. */
function syncFolder(folder: string): void {
  const entries = openSync(folder, 'r');
  try {
    fsyncSync(entries);
  } finally {
    closeSync(entries);
  }
}
