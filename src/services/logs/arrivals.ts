/**
 * What came into groups, in the order in which it came in. Batches that are written side by side become visible in
 * another order than the one they are dated in, so whoever follows looks back a little and knows what it has seen.
 */
import type { Context } from '../../core/context.ts';
import { keyFor } from './encryption.ts';
import type { LogGroup } from './groupRows.ts';
import { bytesOf, type Events, eventsIn, moment, type Segment, segments } from './segments.ts';

/** How far one has come: a moment in milliseconds, and the ids of batches around it that were seen. */
export interface Reached {
  readonly since: number;
  readonly seen: ReadonlySet<string>;
}

interface Arrival {
  readonly group: LogGroup;
  readonly row: Segment;
  readonly events: Events;
}

/** Longer than a write set takes. */
const LOOK_BACK_MS = 5_000;
const ROWS_AT_ONCE = 200;
/** What one look may unpack; it is not whole then. */
const BYTES_MAX = 8 * 1024 * 1024;

/** How far one has come who has seen nothing but what is here by now. */
export async function arrivedSince(ctx: Context, groups: readonly LogGroup[], since: number): Promise<Reached> {
  const seen = new Set<string>();
  for (const group of groups) for await (const row of rowsFrom(ctx, group, since)) seen.add(row.id);
  return { since, seen };
}

/** What has come since, of the streams that are asked for, and how far that leads. */
export async function arrivalsSince(
  ctx: Context,
  groups: readonly LogGroup[],
  { since, seen }: Reached,
  isAsked: (row: Segment) => boolean,
): Promise<Reached & { readonly batches: readonly Arrival[]; readonly whole: boolean }> {
  const batches: Arrival[] = [];
  const now = ctx.now.getTime();
  const next = new Set<string>();
  let bytes = 0;
  for (const group of groups) {
    for await (const row of rowsFrom(ctx, group, Math.min(since, now))) {
      if (row.ingested >= now - LOOK_BACK_MS) next.add(row.id);
      if (seen.has(row.id) || !isAsked(row)) continue;
      bytes += row.bytes;
      if (bytes > BYTES_MAX) continue;
      const key = row.key === undefined ? undefined : await keyFor(ctx, group, row.key);
      batches.push({ group, row, events: eventsIn(row, await bytesOf(ctx.store, row), key) });
    }
  }
  return { batches, since: now, seen: next, whole: bytes <= BYTES_MAX };
}

async function* rowsFrom(ctx: Context, group: LogGroup, since: number): AsyncGenerator<Segment> {
  const from = moment(since - LOOK_BACK_MS);
  let after: string | undefined;
  do {
    const page = { index: 'arrived', from, after, limit: ROWS_AT_ONCE, unchecked: true as const };
    const { rows, next } = await ctx.store.list(segments, [group.id], page);
    yield* rows;
    after = next;
  } while (after !== undefined);
}
