/**
 * Entries as they were last read. All that follows the journal reads the same entries, one soon after the other; here
 * they get the same objects, and so what somebody has parsed of one already. They are let go when nobody reads.
 */
import type { JournalRow } from './store.ts';

const ROWS_MAX = 2048;
const IDLE_MS = 1000;

type Read = (after: number, limit: number) => readonly JournalRow[];

export interface RecentReads {
  readonly read: Read;
  /** They are not what they were. */
  forget(): void;
}

export function recentReads(fresh: Read): RecentReads {
  /** Without a gap between them, the first behind `before`. */
  let rows: JournalRow[] = [];
  let before = 0;
  let timer: NodeJS.Timeout | undefined;
  const end = () => rows.at(-1)?.sequence ?? Number.NEGATIVE_INFINITY;
  const forget = () => {
    rows = [];
    clearTimeout(timer);
    timer = undefined;
  };

  function remember(after: number, found: readonly JournalRow[]): void {
    if (found.length === 0) return;
    if (after === end()) rows.push(...found);
    else if (after > end()) {
      rows = [...found];
      before = after;
    }
    const over = rows.length - ROWS_MAX;
    if (over > 0) before = rows.splice(0, over).at(-1)!.sequence;
    if (timer) timer.refresh();
    else timer = setTimeout(forget, IDLE_MS).unref();
  }

  return {
    forget,
    read(after, limit) {
      const at = after < before || after >= end() ? -1 : rows.findIndex(({ sequence }) => sequence > after);
      const kept = at < 0 ? [] : rows.slice(at, at + limit);
      if (kept.length === limit) return kept;
      const last = kept.at(-1)?.sequence ?? after;
      const found = fresh(last, limit - kept.length);
      remember(last, found);
      return kept.length === 0 ? found : [...kept, ...found];
    },
  };
}
