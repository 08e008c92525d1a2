/** The memory of one query: what it may keep at once. */

/** The query keeps too much, or one of its expressions costs too much. */
export class QueryTooLarge extends Error {}

export interface Budget {
  /** @throws QueryTooLarge when there is not as much left, or `allowed` is false. */
  take(bytes: number, allowed?: boolean): void;
  give(bytes: number): void;
}

const BYTES_MAX = 128 * 1024 * 1024;

export function budget(bytesMax = BYTES_MAX): Budget {
  let left = bytesMax;
  return {
    take(bytes, allowed = true) {
      left -= bytes;
      if (left < 0 || !allowed) throw new QueryTooLarge('The query needs more memory than a query may have.');
    },
    give(bytes) {
      left += bytes;
    },
  };
}
