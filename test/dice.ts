/** Chance that can be had again: each run tells its seed, and SEED=… repeats it. */
import type { TestContext } from 'node:test';

/** Numbers from 0 to 1. */
export function diceOf(t: Pick<TestContext, 'diagnostic'>): () => number {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Something that is waited for, told whenever it may have come about: no clock has a say. */
export function counter() {
  const waiting = new Set<() => void>();
  let count = 0;
  return {
    add(): void {
      count++;
      for (const look of waiting) look();
    },
    /** Resolves when so many more were added, or when `ended` is. */
    more(number: number, ended: Promise<unknown>): Promise<unknown> {
      const wanted = count + number;
      const reached = new Promise<void>((resolve) => {
        const look = () => {
          if (count < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
      return Promise.race([reached, ended]);
    },
  };
}
