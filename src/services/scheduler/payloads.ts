/**
 * What a schedule's target gets. Under a key of the customer's own it is encrypted with a data key, which KMS gives to
 * whoever makes the schedule and opens for whoever reads it, and for the schedule's role when its time has come.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/encryption-rest.html
 */
import type { Caller, Context } from '../../core/context.ts';
import { decryptDataKey, decryptUnder, encryptUnder, generateDataKey } from '../../core/dataKeys.ts';
import { type Payload, type ScheduleName, scheduleArn } from './rows.ts';

const useOf = (name: ScheduleName, as?: Caller) => ({
  encryptionContext: { 'aws:scheduler:schedule:arn': scheduleArn(name) },
  as,
});

/** The payload to keep; undefined where the schedule has none. As the caller. */
export async function kept(
  ctx: Context,
  name: ScheduleName,
  text: string | undefined,
  key: string | undefined,
): Promise<Payload | undefined> {
  if (key !== undefined) await ctx.call('kms', 'DescribeKey', { KeyId: key });
  if (text === undefined) return undefined;
  if (key === undefined) return { text };
  const { plain, blob } = await generateDataKey(ctx, key, useOf(name));
  return { key, dataKey: blob, sealed: encryptUnder(plain, text, ctx.random(12)) };
}

/** The payload as it was put. `as`: the schedule's role; the caller when absent. Throws what KMS answers. */
export async function opened(
  ctx: Context,
  name: ScheduleName,
  payload: Payload | undefined,
  as?: Caller,
): Promise<string | undefined> {
  if (payload === undefined || 'text' in payload) return payload?.text;
  const plain = await decryptDataKey(ctx, payload.dataKey, useOf(name, as), payload.key);
  return decryptUnder(plain, payload.sealed);
}
