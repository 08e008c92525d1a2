/**
 * Asks the query engine, in a thread of its own that ends with the answer. Few threads at a time: each may take as much
 * memory as its question allows.
 */
import { Worker } from 'node:worker_threads';
import type { LakeAnswer, LakeQuestion } from './lakeWorker.ts';

const THREADS_MAX = 2;
/** For what the engine does not notice itself. */
const GRACE_MS = 5_000;

let running = 0;
const waiting: (() => void)[] = [];

/** `question` is asked for when its turn has come. */
export async function askLake(question: () => Promise<LakeQuestion>): Promise<LakeAnswer> {
  if (running >= THREADS_MAX) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await answered(await question());
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function answered(question: LakeQuestion): Promise<LakeAnswer> {
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
