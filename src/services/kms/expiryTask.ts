/**
 * Imported material that expires: CloudWatch is told every minute how long it lasts, and when it has expired it is
 * destroyed. The task loads with the plane, so it imports nothing of the service before there is something to do.
 */
import { metrics } from '../../core/metrics.ts';
import { type Giver, later, type TaskHandler } from '../../core/tasks.ts';

const MATERIAL_EXPIRY = 'kms.materialExpiry';
const EVERY_MS = 60_000;

interface Owner {
  readonly account: string;
  readonly region: string;
  readonly id: string;
}

/** For a key whose imported material is to expire; once for each key. */
export const watchExpiry = (ctx: Giver, { account, region, id }: Owner): Promise<void> =>
  later(ctx, { kind: MATERIAL_EXPIRY, id: `${account}/${region}/${id}`, account, region, body: id });

export const materialExpiry: TaskHandler<string> = {
  kind: MATERIAL_EXPIRY,
  principal: 'kms.amazonaws.com',
  async settle({ account, region, body: KeyId }, ctx) {
    const { keys } = await import('./keys.ts');
    const { nextExpiry } = await import('./reaper.ts');
    const key = await ctx.store.get(keys, [account, region, KeyId]);
    const expires = key && (await nextExpiry(ctx, key));
    if (expires === undefined) return undefined;
    const leftMs = Date.parse(expires) - ctx.now.getTime();
    const value = Math.ceil(leftMs / 1000);
    metrics(ctx, {
      ...{ namespace: 'AWS/KMS', dimensions: { KeyId }, account, region },
      points: [{ name: 'SecondsUntilKeyMaterialExpiration', value, unit: 'Seconds' }],
    });
    return Math.min(EVERY_MS, leftMs);
  },
};
