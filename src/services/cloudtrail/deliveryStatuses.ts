/** How the deliveries of a trail fare, in each account and Region that it covers. */
import type { Context } from '../../core/context.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import { type Trail, trailArn } from './trailRows.ts';

interface Outcome {
  /** Milliseconds: the last success, the last try. */
  readonly time?: number | undefined;
  readonly attempt?: number | undefined;
  /** Code of the last error; absent after a success. */
  readonly error?: string | undefined;
}

type Kind = 'files' | 'notices' | 'logs' | 'digests';

export interface DeliveryStatus extends Partial<Readonly<Record<Kind, Outcome>>> {
  /** ARN of the trail. */
  readonly trail: string;
  readonly account: string;
  readonly region: string;
}

export const deliveryStatuses = table<DeliveryStatus>('trail_status', {
  key: (s) => [s.trail, s.account, s.region],
});

export const statusKey = (trail: Trail, place: { account: string; region: string }) => [
  trailArn(trail),
  place.account,
  place.region,
];

/** Notes how a delivery went; `error` is the code of what went wrong. */
export async function noteOutcome(
  ctx: Pick<Context, 'store' | 'now'>,
  place: { readonly trail: string; readonly account: string; readonly region: string },
  kind: Kind,
  error?: string,
): Promise<void> {
  const key = [place.trail, place.account, place.region];
  const before = await ctx.store.get(deliveryStatuses, key);
  const attempt = ctx.now.getTime();
  const outcome = error === undefined ? { time: attempt, attempt } : { ...before?.[kind], attempt, error };
  const { trail, account, region } = place;
  await ctx.store.replace(deliveryStatuses, { trail, account, region, ...before, [kind]: outcome });
}

/** A new trail has nothing of one that had its name before. */
export async function forgetStatuses(ctx: Pick<Context, 'store'>, trail: Trail): Promise<void> {
  for await (const row of everyRow(ctx.store, deliveryStatuses, [trailArn(trail)])) {
    await ctx.store.remove(deliveryStatuses, deliveryStatuses.key(row));
  }
}
