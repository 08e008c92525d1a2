/** Asks the query engine, in a thread of its own that ends with the answer. */
import { Worker } from 'node:worker_threads';
import type { LakeAnswer, LakeQuestion } from './lakeWorker.ts';

/** For what the engine does not notice itself. */
const GRACE_MS = 5_000;

export function askLake(question: LakeQuestion): Promise<LakeAnswer> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./lakeWorker.ts', import.meta.url), {
      workerData: question,
      resourceLimits: { maxOldGenerationSizeMb: question.memoryMegabytes },
    });
    const failed = (error: string, timedOut = false) => resolve({ error, timedOut });
    const late = AbortSignal.timeout(question.timeoutMs + GRACE_MS);
    late.addEventListener('abort', () => {
      failed('The query took too long.', true);
      void worker.terminate();
    });
    worker.once('message', (answer: LakeAnswer) => {
      resolve(answer);
      void worker.terminate();
    });
    worker.once('error', (error: Error) => failed(error.message));
    worker.once('exit', () => failed('The query ended without an answer.'));
  });
}
