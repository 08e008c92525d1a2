/**
 * How many rows have a prefix: counted in the database on first use, then kept in memory by what commits add and take
 * away. Nothing is stored, so nothing can be wrong after a crash.
 */
import type { ChangeLog } from './changeLog.ts';
import { type Change, type Driver, isPromise, type Kind, type Maybe } from './driver.ts';
import { counterOfChange, successor } from './keys.ts';

const countersMax = 100_000;

export interface Counts {
  /** The committed number, counted if it must be. */
  load(kind: Kind, counter: string): Maybe<number>;
  /** The committed number if it is known. */
  peek(counter: string): number | undefined;
  apply(number: number, changes: readonly Change[]): void;
  clear(): void;
}

export function counts(driver: Driver, log: ChangeLog): Counts {
  const known = new Map<string, { value: number; at: number }>();
  const remember = (counter: string, counted: { readonly value: number; readonly at?: number }): number => {
    const at = counted.at ?? log.known();
    const since = log.since(at);
    if (since === undefined) return counted.value;
    let value = counted.value;
    for (const change of since) if (change.delta !== 0 && counterOfChange(change) === counter) value += change.delta;
    if (known.size >= countersMax) known.clear();
    known.set(counter, { value, at: Math.max(at, log.known()) });
    return value;
  };
  return {
    load(kind, counter) {
      const held = known.get(counter);
      if (held !== undefined) return held.value;
      const counted = driver.count(kind, counter, successor(counter));
      return isPromise(counted) ? counted.then((answer) => remember(counter, answer)) : remember(counter, counted);
    },
    peek: (counter) => known.get(counter)?.value,
    apply(number, changes) {
      if (known.size === 0) return;
      for (const change of changes) {
        const held = change.delta === 0 ? undefined : known.get(counterOfChange(change));
        if (held === undefined || held.at >= number) continue;
        held.value += change.delta;
      }
    },
    clear: () => known.clear(),
  };
}
