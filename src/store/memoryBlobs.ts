/** Blobs of a plane that keeps nothing. */
import type { BlobDriver } from './blobs.ts';

export function memoryBlobs(): BlobDriver {
  const blobs = new Map<string, Uint8Array>();
  return {
    async write(id, bytes) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(chunk);
      blobs.set(id, Buffer.concat(chunks));
    },
    async *read(id, start, end) {
      const blob = blobs.get(id);
      if (!blob) throw new Error(`There is no blob ${id}.`);
      if (end > start) yield blob.subarray(start, end);
    },
    async remove(id) {
      blobs.delete(id);
    },
  };
}
