/** What one query may do: how much it keeps at once, and how long it goes on without a pause. */
import { breath, pacer } from '../breath.ts';

/** The query keeps too much, or one of its expressions costs too much. */
export class QueryTooLarge extends Error {}

export interface Budget {
  /** @throws QueryTooLarge when there is not as much left, or `allowed` is false. */
  take(bytes: number, allowed?: boolean): void;
  give(bytes: number): void;
  /** What is taken: bytes. */
  taken(): number;
  /** Another row is handed on. @throws QueryTooLarge for too many since the last pause: made of one row, that is. */
  row(): void;
  /** Lets others go on where many rows were handed on, or some time has passed: then wait for it. */
  pause(): Promise<void> | undefined;
}

const BYTES_MAX = 128 * 1024 * 1024;
const ROWS_AT_ONCE = 2_000;
const ROWS_OF_ONE_MAX = 100_000;

export function budget(bytesMax = BYTES_MAX): Budget {
  let left = bytesMax;
  let rows = 0;
  const pace = pacer();
  return {
    take(bytes, allowed = true) {
      left -= bytes;
      if (left < 0 || !allowed) throw new QueryTooLarge('The query needs more memory than a query may have.');
    },
    give(bytes) {
      left += bytes;
    },
    taken: () => bytesMax - left,
    row() {
      if (++rows > ROWS_AT_ONCE + ROWS_OF_ONE_MAX) {
        throw new QueryTooLarge(`A query may make ${ROWS_OF_ONE_MAX} rows of one.`);
      }
    },
    pause() {
      const pause = rows < ROWS_AT_ONCE ? pace() : breath();
      if (pause) rows = 0;
      return pause;
    },
  };
}
