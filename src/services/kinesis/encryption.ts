/** StartStreamEncryption and StopStreamEncryption. */
import {
  KMSDisabledException,
  KMSInvalidStateException,
  type StartStreamEncryptionInput,
  type StopStreamEncryptionInput,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { kmsKeyArn } from '../../core/dataKeys.ts';
import { awsError, fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { findStream, streamAccess, tellAudit } from './access.ts';
import { inWords, refuse, requireState } from './errors.ts';
import { refusals } from './keys.ts';
import { rationed } from './rations.ts';
import { WORK_MS } from './reshards.ts';
import { kmsKeyOf, type Stream, streams } from './streamRows.ts';

const CHANGES_A_DAY = 25;

/** The caller must be allowed to do it to the stream and to do it with the key. */
const access = ({ KeyId }: { readonly KeyId: string }, ctx: Context, stream: Stream) => {
  tellAudit(ctx, stream);
  return [streamAccess(stream, ctx), { resource: kmsKeyArn(KeyId, stream) }];
};

export const StartStreamEncryption: Operation<Present<StartStreamEncryptionInput>, object, Stream> = {
  load: (input, ctx) => findStream(input, ctx),
  access,
  async run({ EncryptionType, KeyId }, ctx, stream) {
    requireKms(EncryptionType);
    requireState(stream, ctx.now, 'ACTIVE');
    await requireUsable(ctx, kmsKeyArn(KeyId, stream));
    const changes = rationed(ctx, stream, 'encrypted', CHANGES_A_DAY, 'A new KMS key cannot be applied');
    return change(ctx, { ...stream, changes }, KeyId);
  },
};

export const StopStreamEncryption: Operation<Present<StopStreamEncryptionInput>, object, Stream> = {
  load: (input, ctx) => findStream(input, ctx),
  access,
  async run({ EncryptionType, KeyId }, ctx, stream) {
    requireKms(EncryptionType);
    requireState(stream, ctx.now, 'ACTIVE');
    const current = kmsKeyOf(stream, ctx.now);
    if (current === undefined) refuse(`Server-side encryption is not enabled for ${inWords(stream)}.`);
    if (kmsKeyArn(KeyId, stream) !== kmsKeyArn(current, stream)) {
      refuse(`KeyId ${KeyId} is not the key that is in use for ${inWords(stream)}.`);
    }
    const changes = rationed(ctx, stream, 'decrypted', CHANGES_A_DAY, 'Server-side encryption cannot be disabled');
    return change(ctx, { ...stream, changes }, undefined);
  },
};

function requireKms(type: string): void {
  if (type !== 'KMS') refuse(`EncryptionType ${type} is not valid. The only valid value is KMS.`);
}

async function change(ctx: Context, stream: Stream, keyId: string | undefined): Promise<object> {
  const from = ctx.now.getTime() + WORK_MS;
  const encryption = { keyId, from, before: kmsKeyOf(stream, ctx.now) };
  await ctx.store.replace(streams, { ...stream, encryption, busy: from });
  return {};
}

interface KeyMetadata {
  readonly KeyState?: string;
  readonly KeySpec?: string;
  readonly Arn?: string;
}

/** Looks at the key as the caller, who manages the stream. @throws KMS's refusals */
async function requireUsable(ctx: Context, KeyId: string): Promise<void> {
  const { KeyMetadata: key } = await described(ctx, KeyId);
  if (key.KeyState === 'Disabled') fail(KMSDisabledException, `${key.Arn} is disabled.`);
  if (key.KeyState !== 'Enabled') {
    const state = key.KeyState?.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
    fail(KMSInvalidStateException, `${key.Arn} is ${state}.`);
  }
  if (key.KeySpec !== 'SYMMETRIC_DEFAULT') {
    fail(KMSInvalidStateException, `${key.Arn} is not a symmetric encryption key.`);
  }
}

async function described(ctx: Context, KeyId: string) {
  try {
    return await ctx.call<{ readonly KeyMetadata: KeyMetadata }>('kms', 'DescribeKey', { KeyId });
  } catch (error) {
    const refusal = error instanceof Error ? refusals[error.name] : undefined;
    throw refusal ? awsError(refusal, (error as Error).message) : error;
  }
}
