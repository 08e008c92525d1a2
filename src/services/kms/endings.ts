/**
 * What comes to its end by itself: keys whose waiting period is over, and imported material that expires. No reader
 * sees them any more from then on (keys.ts); here their sealed bytes are destroyed. CloudWatch is told every minute how
 * long material lasts. The task loads with the plane, so it imports nothing of the service before there is something to
 * do.
 */
import { metrics } from '../../core/metrics.ts';
import { type Giver, later, type TaskHandler } from '../../core/tasks.ts';

const KEY_ENDING = 'kms.keyEnding';
const EVERY_MS = 60_000;

interface Owner {
  readonly account: string;
  readonly region: string;
  readonly id: string;
}

/** For a key that is to be deleted, or whose imported material is to expire; once for each key. */
export const watchEnd = (ctx: Giver, { account, region, id }: Owner): Promise<void> =>
  later(ctx, { kind: KEY_ENDING, id: `${account}/${region}/${id}`, account, region, body: id });

export const keyEndings: TaskHandler<string> = {
  kind: KEY_ENDING,
  principal: 'kms.amazonaws.com',
  async settle({ account, region, body: KeyId }, ctx) {
    const { keys, stateOf } = await import('./keys.ts');
    const { forget, nextExpiry } = await import('./reaper.ts');
    const key = await ctx.store.get(keys, [account, region, KeyId]);
    if (!key) return undefined;
    if (stateOf(key, ctx.now) === undefined) {
      await forget(ctx, key);
      return undefined;
    }
    const left = (date: string | undefined) =>
      date === undefined ? Number.POSITIVE_INFINITY : Date.parse(date) - ctx.now.getTime();
    const expiresMs = left(await nextExpiry(ctx, key));
    if (expiresMs < Number.POSITIVE_INFINITY) {
      metrics(ctx, {
        ...{ namespace: 'AWS/KMS', dimensions: { KeyId }, account, region },
        points: [{ name: 'SecondsUntilKeyMaterialExpiration', value: Math.ceil(expiresMs / 1000), unit: 'Seconds' }],
      });
    }
    const againMs = Math.min(left(key.deletion?.date), expiresMs);
    if (againMs === Number.POSITIVE_INFINITY) return undefined;
    return expiresMs < Number.POSITIVE_INFINITY ? Math.min(againMs, EVERY_MS) : againMs;
  },
};
