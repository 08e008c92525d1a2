/** One thread of a replay: asks for files, replays them, and at the end tells what it found. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Answer, judgeFor, type Order, type Question, replayFile, StrictFault } from './replay.ts';
import { emptySummary } from './summary.ts';

const question = workerData as Question;
const summary = emptySummary();
const tell = (answer: Answer) => parentPort?.postMessage(answer);

async function work(order: Order): Promise<void> {
  if (order.length === 0) {
    tell({ kind: 'summary', summary });
    return;
  }
  for (const file of order) {
    await replayFile(file, await judge, summary, question.strict, (bytes) => tell({ kind: 'progress', bytes }));
  }
  tell({ kind: 'ready' });
}

function failed(error: unknown): void {
  const message = (error as Error).message;
  tell({ kind: 'failed', message, ...(error instanceof StrictFault && { fault: error.fault }) });
}

const judge = judgeFor(question);
parentPort?.on('message', (order: Order) => {
  work(order).catch(failed);
});
judge.then(() => tell({ kind: 'ready' })).catch(failed);
