/**
 * Under which key records lie. Every stream has one of its own; a stream with a key of KMS has data keys of that key,
 * which producers must be allowed to generate and consumers to decrypt, once in five minutes each.
 * https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
 */
import {
  KMSAccessDeniedException,
  KMSDisabledException,
  KMSInvalidStateException,
  KMSNotFoundException,
  KMSThrottlingException,
} from '@aws-sdk/client-kinesis';
import type { Caller, Context } from '../../core/context.ts';
import { decryptDataKey, generateDataKey, type KmsRefusals, kmsKeyArn } from '../../core/dataKeys.ts';
import { reusedKey } from '../../core/reusedKeys.ts';
import type { Pack } from './packRows.ts';
import { kmsKeyOf, type Stream, streamArn } from './streamRows.ts';

const OWN_PURPOSE = 'kinesis-stream-key';

export const newStreamKey = (ctx: Context) => ctx.secrets.seal(OWN_PURPOSE, ctx.random(32), ctx.random(12));

function ownKey(ctx: Context, { key, name }: Stream): Uint8Array {
  const plain = ctx.secrets.open(OWN_PURPOSE, key);
  if (!plain) throw new Error(`the key of stream ${name} does not open`);
  return plain;
}

export interface PackKey {
  readonly plain: Uint8Array;
  readonly dataKey?: string | undefined;
}

/** The key for what is put now. @throws what KMS answers, under Kinesis's names */
export async function keyToPut(ctx: Context, stream: Stream): Promise<PackKey> {
  const keyId = kmsKeyOf(stream, ctx.now);
  if (keyId === undefined) return { plain: ownKey(ctx, stream) };
  const { plain, blob } = await reusedKey(ctx, { of: stream.id, name: `put ${keyId}` }, () =>
    generateDataKey(ctx, kmsKeyArn(keyId, stream), useFor(stream)),
  );
  return { plain, dataKey: blob };
}

/** The key of a pack. @throws like `keyToPut` */
export async function keyToGet(
  ctx: Context,
  stream: Stream,
  { dataKey: blob }: Pack,
  as?: Caller,
): Promise<Uint8Array> {
  if (blob === undefined) return ownKey(ctx, stream);
  const { plain } = await reusedKey(ctx, { of: stream.id, name: `get ${blob}`, as }, async () => ({
    plain: await decryptDataKey(ctx, blob, useFor(stream, as)),
    blob,
  }));
  return plain;
}

export const refusals: KmsRefusals = {
  AccessDenied: KMSAccessDeniedException,
  NotFoundException: KMSNotFoundException,
  InvalidArnException: KMSNotFoundException,
  DisabledException: KMSDisabledException,
  KMSInvalidStateException: KMSInvalidStateException,
  ThrottlingException: KMSThrottlingException,
  InvalidKeyUsageException: KMSInvalidStateException,
};

const useFor = (stream: Stream, as?: Caller) => ({
  as,
  encryptionContext: { 'aws:kinesis:arn': streamArn(stream) },
  refusals,
  region: stream.region,
});
