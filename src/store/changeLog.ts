/**
 * Which keys the last commits changed, kept for as long as a write set is at work that may have read them before. A
 * read still holds if no later commit changed its key or a key in its range.
 */
import type { Change } from './driver.ts';
import { compareKeys } from './keys.ts';

const entriesMax = 200_000;

export interface ChangeLog {
  /** The newest commit known. */
  known(): number;
  add(number: number, changes: readonly Change[]): void;
  /** Everything may have changed up to this commit. */
  reset(number: number): void;
  /** Forgets changes up to this commit: nobody at work has read before it. */
  trim(number: number): void;
  /** Whether the key may have changed after this commit. */
  changedSince(key: string, number: number): boolean;
  rangeChangedSince(range: Range, number: number): boolean;
  /** Changes after this commit, with its number; undefined when they are no longer known. */
  since(number: number): readonly LoggedChange[] | undefined;
}

/** From inclusive, to exclusive. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

export interface LoggedChange extends Change {
  readonly number: number;
}

export function changeLog(): ChangeLog {
  let known = 0;
  /** Reads at or before this commit can no longer be judged. */
  let floor = -1;
  let log: LoggedChange[] = [];
  const latest = new Map<string, number>();

  const firstAfter = (number: number): number => {
    let low = 0;
    let high = log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (log[middle]!.number <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const drop = (count: number): void => {
    for (let at = 0; at < count; at++) {
      const { key, number } = log[at]!;
      if (latest.get(key) === number) latest.delete(key);
    }
    log = log.slice(count);
  };
  return {
    known: () => known,
    add(number, changes) {
      known = number;
      for (const { key, delta } of changes) {
        log.push({ key, delta, number });
        latest.set(key, number);
      }
      if (log.length > entriesMax) {
        floor = log[log.length >> 1]!.number;
        drop(firstAfter(floor));
      }
    },
    reset(number) {
      if (number <= known) return;
      floor = known;
      known = number;
      log = [];
      latest.clear();
    },
    trim(number) {
      if (log.length > 0 && log[0]!.number <= number) drop(firstAfter(number));
    },
    changedSince: (key, number) => number <= floor || (latest.get(key) ?? -1) > number,
    rangeChangedSince(range, number) {
      if (number <= floor) return true;
      for (let at = firstAfter(number); at < log.length; at++) if (inRange(log[at]!.key, range)) return true;
      return false;
    },
    since: (number) => (number <= floor ? undefined : log.slice(firstAfter(number))),
  };
}

export function inRange(key: string, range: Range): boolean {
  return compareKeys(key, range.from) >= 0 && compareKeys(key, range.to) < 0;
}
