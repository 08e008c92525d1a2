/**
 * How long one row may take on its way through a query's stages: all others wait for it. What a single function takes
 * is bounded, but a query may have hundreds of them.
 */
import { QueryTooLarge } from './budget.ts';

const ROW_MS_MAX = 2_000;
/** A row goes through all stages at once, so there is one at a time in the whole process. */
let until = Number.POSITIVE_INFINITY;

/** Hands a row on. */
export function patiently(push: () => boolean): boolean {
  until = performance.now() + ROW_MS_MAX;
  try {
    return push();
  } finally {
    until = Number.POSITIVE_INFINITY;
  }
}

/** To look at the clock costs more than most of what is asked for. */
const LOOKED_EVERY = 8;
let asked = 0;

/** What does a part of the work on a row asks this before. @throws QueryTooLarge when the row has taken too long */
export function goOn(): void {
  if (++asked % LOOKED_EVERY !== 0) return;
  if (performance.now() > until) throw new QueryTooLarge('A row of the query takes too long.');
}
