/**
 * Data keys that are used again for a while instead of asking KMS each time: by the very credentials that KMS gave them
 * to, for what is named. In clear they lie sealed under the plane's root key, and only for that while: a key of KMS that
 * is disabled or deleted, or a permission that is taken away, leaves nothing behind that opens more.
 */
import { createHash } from 'node:crypto';
import { table } from '../store/store.ts';
import type { Caller, Context } from './context.ts';
import type { FreshDataKey } from './dataKeys.ts';
import { byUntil, sweep } from './expiring.ts';
import type { Worker } from './worker.ts';

interface ReusedKey {
  readonly of: string;
  readonly who: string;
  /** Hash of what it is for. */
  readonly name: string;
  /** Milliseconds. */
  readonly until: number;
  readonly blob: string;
  readonly sealed: string;
}

export const reusedKeys = table<ReusedKey>('plane_reused_key', {
  key: ({ of, who, name }) => [of, who, name],
  indexes: { until: byUntil },
});

const PURPOSE = 'reused-data-key';
const FIVE_MINUTES_MS = 300_000;

export interface Reuse {
  /** Id of the queue, the stream, the topic. */
  readonly of: string;
  /** The key asked for, or the data key as KMS encrypted it; and what is done with it. */
  readonly name: string;
  /** Five minutes if not given. */
  readonly milliseconds?: number | undefined;
  /** Else the caller. */
  readonly as?: Caller | undefined;
}

/** The data key in use, else what `ask` gets of KMS. @throws what `ask` throws */
export async function reusedKey(ctx: Context, reuse: Reuse, ask: () => Promise<FreshDataKey>): Promise<FreshDataKey> {
  const { of, as = ctx.caller, milliseconds = FIVE_MINUTES_MS } = reuse;
  const who = [as.arn, as.accessKeyId ?? ''].join(' ');
  const name = createHash('sha256').update(reuse.name).digest('base64url');
  const known = await ctx.store.get(reusedKeys, [of, who, name]);
  if (known && known.until > ctx.now.getTime()) {
    return { plain: ctx.secrets.open(PURPOSE, known.sealed)!, blob: known.blob };
  }
  const { plain, blob } = await ask();
  const sealed = ctx.secrets.seal(PURPOSE, plain, ctx.random(12));
  await ctx.store.replace(reusedKeys, { of, who, name, until: ctx.now.getTime() + milliseconds, blob, sealed });
  return { plain, blob };
}

const FORGOTTEN_A_TURN = 200;

export const keyForgetting: Worker = {
  name: 'reusedKeys',
  everyMs: 60_000,
  work: ({ store, now }) => store.transaction((tx) => sweep(tx, reusedKeys, now().getTime(), FORGOTTEN_A_TURN)),
};
