/**
 * How often somebody may try. An attempt counts before it is judged, so that many at the same time are no more than
 * many; from the fifth on each waits longer than the one before. Names that nobody has are counted the same.
 */
import { createHash } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { moment } from '../core/expiring.ts';
import { table } from '../store/store.ts';

interface Attempts {
  /** Digest of what is tried. */
  readonly id: string;
  readonly count: number;
  /** Milliseconds: of the last one. */
  readonly last: number;
}

const attempts = table<Attempts>('signin_attempts', {
  key: (row) => [row.id],
  indexes: { last: (row) => [[moment(row.last)]] },
});

const FREE = 5;
const PAUSE_MS = 2_000;
const PAUSE_MS_MAX = 15 * 60_000;
/** After so long without an attempt all is as before. */
const MEMORY_MS = 60 * 60_000;

type Around = Pick<Context, 'store' | 'now'>;

const idOf = (what: readonly string[]) => createHash('sha256').update(what.join('\n')).digest('base64url');

/** Milliseconds to wait; 0: the attempt may be made, and counts. */
export async function attempt(ctx: Around, ...what: readonly string[]): Promise<number> {
  const id = idOf(what);
  const now = ctx.now.getTime();
  const row = await ctx.store.get(attempts, [id]);
  const before = row && row.last > now - MEMORY_MS ? row : { id, count: 0, last: 0 };
  const wait = before.last + pauseAfter(before.count) - now;
  if (wait > 0) return wait;
  await ctx.store.replace(attempts, { id, count: before.count + 1, last: now });
  await forgetOld(ctx);
  return 0;
}

const pauseAfter = (count: number) => (count < FREE ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (count - FREE)));

/** The same in an operation, where a refusal leaves nothing of its own write set: it counts all the same. */
export const attemptBeforehand = (ctx: Context, ...what: readonly string[]): Promise<number> =>
  ctx.beforehand(what.join(' '), (store) => attempt({ store, now: ctx.now }, ...what));

/** It went well: the count begins anew. */
export const succeeded = (ctx: Context, ...what: readonly string[]) => ctx.store.remove(attempts, [idOf(what)]);

/** Writes it once more, where a failure leaves no record: waiting for the disk would tell that from one that does. */
export async function noted({ store }: Context, ...what: readonly string[]): Promise<void> {
  const row = await store.get(attempts, [idOf(what)]);
  if (row) await store.replace(attempts, { ...row });
}

/** Whoever tries makes room first. */
async function forgetOld(ctx: Around): Promise<void> {
  const { rows } = await ctx.store.list(attempts, [], { limit: 3, index: 'last', unchecked: true });
  for (const { id, last } of rows) {
    if (last <= ctx.now.getTime() - MEMORY_MS) await ctx.store.remove(attempts, [id]);
  }
}
