/** Bytes that nothing refers to any more: replaced, deleted, or staged and never kept. */
import type { Worker } from '../core/worker.ts';

export const blobSweep: Worker = {
  name: 'blobs',
  everyMs: 600_000,
  work: ({ blobs }) => blobs.sweep(),
};
