/** Turning encryption at rest on and off. */
import type { StartDeliveryStreamEncryptionInput, StopDeliveryStreamEncryptionInput } from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { newEncryption, requireSettled, retired } from './encryption.ts';
import { inUse, overLimit, refuse } from './errors.ts';
import { loadStream, streamAccess } from './streamLookup.ts';
import { type Stream, statusOf, streams } from './streamRows.ts';

const CHANGES_A_DAY = 25;
const DAY_MS = 86_400_000;

/** The times of the changes within a day, this one among them. */
function changesOf(ctx: Context, stream: Stream): readonly number[] {
  if (stream.type !== 'DirectPut') {
    refuse('Server-side encryption can be changed only for a Firehose that uses DirectPut as its source.');
  }
  if (statusOf(stream, ctx.now) !== 'ACTIVE') inUse(`Firehose ${stream.name} is not in the ACTIVE state.`);
  requireSettled(stream, ctx.now, inUse);
  const now = ctx.now.getTime();
  const recent = stream.encryptionChanges.filter((at) => at > now - DAY_MS);
  if (recent.length >= CHANGES_A_DAY) {
    overLimit(`Encryption of a Firehose can be started and stopped ${CHANGES_A_DAY} times in 24 hours.`);
  }
  return [...recent, now];
}

export const StartDeliveryStreamEncryption: Operation<Present<StartDeliveryStreamEncryptionInput>, object, Stream> = {
  load: loadStream,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run({ DeliveryStreamEncryptionConfigurationInput: asked = { KeyType: 'AWS_OWNED_CMK' } }, ctx, stream) {
    const encryptionChanges = changesOf(ctx, stream);
    const encryption = await newEncryption(ctx, stream, asked);
    if (stream.encryption) await retired(ctx, stream, stream.encryption);
    const before = stream.encryption?.dataKey;
    await ctx.store.replace(streams, { ...stream, encryption: { ...encryption, before }, encryptionChanges });
    return {};
  },
};

export const StopDeliveryStreamEncryption: Operation<Present<StopDeliveryStreamEncryptionInput>, object, Stream> = {
  load: loadStream,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run(_input, ctx, stream) {
    const { encryption, ...rest } = stream;
    if (!encryption) return {};
    const encryptionChanges = changesOf(ctx, stream);
    await retired(ctx, stream, encryption);
    await ctx.store.replace(streams, { ...rest, encryptionChanges });
    return {};
  },
};
