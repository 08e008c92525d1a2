/** Work behind the requests: one file per kind, each a function called at its interval. */
import type { Journal } from '../store/store.ts';
import { retention } from './retention.ts';

/** What workers need of the plane. */
export interface Surroundings {
  readonly store: { readonly journal: Journal };
  readonly now: () => Date;
  readonly log: (error: unknown) => void;
}

export interface Worker {
  readonly name: string;
  readonly everyMs: number;
  /** Does a bounded piece of work; true when more is waiting. */
  readonly work: (around: Surroundings) => Promise<boolean>;
}

const WORKERS: readonly Worker[] = [retention];
/** Pause between two pieces of one worker's work, so that requests come first. */
const PAUSE_MS = 50;

export function startWorkers(around: Surroundings): { stop(): Promise<void> } {
  const timers = new Map<Worker, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let stopped = false;
  const schedule = (worker: Worker, delayMs: number) => {
    if (!stopped) timers.set(worker, setTimeout(() => run(worker), delayMs).unref());
  };
  const run = (worker: Worker) => {
    const turn = worker
      .work(around)
      .catch((error) => {
        around.log(error);
        return false;
      })
      .then((more) => schedule(worker, more ? PAUSE_MS : worker.everyMs))
      .finally(() => running.delete(turn));
    running.add(turn);
  };
  for (const worker of WORKERS) schedule(worker, worker.everyMs);
  return {
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
