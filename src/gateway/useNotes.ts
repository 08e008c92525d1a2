/**
 * Last use of keys, roles and services is read off the journal (identity/lastUsed.ts). Calls that leave no record
 * there, data events above all, leave a small entry instead: the first of its kind in a quarter of an hour, durable
 * with the request itself. All others cost one look into memory. A process that starts anew knows of none, and notes
 * again. AWS shows recent activity within four hours.
 */
import type { Context } from '../core/context.ts';
import { useEntry } from '../identity/lastUsed.ts';
import type { JournalEntry } from '../store/store.ts';

const GRAIN_MS = 15 * 60_000;
/** Beyond so many all are forgotten, and noted once more. */
const NOTES_MAX = 20_000;

export interface UseNotes {
  /** Whether this is the first of its kind in that grain of time. */
  isFirst(kind: string, grain: number): boolean;
}

export function useNotes(): UseNotes {
  const latest = new Map<string, number>();
  return {
    isFirst(kind, grain) {
      if (latest.get(kind) === grain) return false;
      if (latest.size >= NOTES_MAX) latest.clear();
      latest.set(kind, grain);
      return true;
    },
  };
}

interface Noting {
  readonly deps: { readonly uses: UseNotes };
  /** Kept beyond a run that is made again: what was first then is still to be written. */
  noted?: Map<string, JournalEntry> | undefined;
}

/** Notes that the caller tries an action, `s3:GetObject`. Sessions of a role are one kind: their keys change. */
export function noteUse(journey: Noting, ctx: Context, action: string): void {
  const { caller, region, now } = ctx;
  if (caller.account === '') return;
  const who = caller.session?.principalId ?? caller.accessKeyId ?? caller.userId;
  const kind = `${who} ${action} ${region}`;
  const known = journey.noted?.get(kind);
  if (!known && !journey.deps.uses.isFirst(kind, Math.floor(now.getTime() / GRAIN_MS))) return;
  const entry = known ?? useEntry(ctx, action);
  journey.noted ??= new Map();
  journey.noted.set(kind, entry);
  ctx.store.append(entry);
}
