/** Calls each worker at its interval, at once again while it has more to do. */
import type { Surroundings, Worker } from '../core/worker.ts';

/** Pause between two pieces of one worker's work, so that requests come first. */
const PAUSE_MS = 5;

export interface Workers {
  /** Calls all of them now: the clock was moved. */
  wake(): void;
  stop(): Promise<void>;
}

export function startWorkers(around: Surroundings, workers: readonly Worker[]): Workers {
  const timers = new Map<Worker, NodeJS.Timeout>();
  const running = new Map<Worker, Promise<void>>();
  let stopped = false;
  const schedule = (worker: Worker, delayMs: number) => {
    clearTimeout(timers.get(worker));
    if (!stopped) timers.set(worker, setTimeout(() => run(worker), delayMs).unref());
  };
  const run = (worker: Worker) => {
    const turn = worker
      .work(around)
      .catch((error) => {
        around.log(error);
        return false;
      })
      .then((more) => {
        running.delete(worker);
        schedule(worker, more ? PAUSE_MS : worker.everyMs);
      });
    running.set(worker, turn);
  };
  for (const worker of workers) schedule(worker, worker.everyMs);
  return {
    wake() {
      for (const worker of workers) if (!running.has(worker)) schedule(worker, 0);
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
      await Promise.all(workers.map((worker) => worker.rest?.()));
    },
  };
}
