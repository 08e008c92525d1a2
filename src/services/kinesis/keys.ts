/**
 * Under which key records lie. Every stream has one of its own; a stream with a key of KMS has data keys of that key,
 * which producers must be allowed to generate and consumers to decrypt, once in five minutes each.
 * https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
 */
import { createHash } from 'node:crypto';
import {
  KMSAccessDeniedException,
  KMSDisabledException,
  KMSInvalidStateException,
  KMSNotFoundException,
} from '@aws-sdk/client-kinesis';
import type { Caller, Context } from '../../core/context.ts';
import { decryptDataKey, generateDataKey, type KmsRefusals, kmsKeyArn } from '../../core/dataKeys.ts';
import { table } from '../../store/store.ts';
import { ordered, type Pack } from './packRows.ts';
import { kmsKeyOf, type Stream, streamArn } from './streamRows.ts';

const OWN_PURPOSE = 'kinesis-stream-key';
const PURPOSE = 'kinesis-data-key';

export const newStreamKey = (ctx: Context) => ctx.secrets.seal(OWN_PURPOSE, ctx.random(32), ctx.random(12));

function ownKey(ctx: Context, { key, name }: Stream): Uint8Array {
  const plain = ctx.secrets.open(OWN_PURPOSE, key);
  if (!plain) throw new Error(`the key of stream ${name} does not open`);
  return plain;
}

/** What is remembered for five minutes: who may use which data key. */
interface Remembered {
  readonly stream: string;
  readonly name: string;
  readonly until: number;
  /** As KMS encrypted it; and in clear, sealed under the plane's root key. */
  readonly blob: string;
  readonly sealed: string;
}

export const rememberedKeys = table<Remembered>('kinesis_data_key', {
  key: ({ stream, name }) => [stream, name],
  indexes: { until: ({ stream, until }) => [[stream, ordered(until)]] },
});

const REUSED_MS = 300_000;

export interface PackKey {
  readonly plain: Uint8Array;
  readonly dataKey?: string | undefined;
}

/** The key for what is put now. @throws what KMS answers, under Kinesis's names */
export async function keyToPut(ctx: Context, stream: Stream): Promise<PackKey> {
  const keyId = kmsKeyOf(stream, ctx.now);
  if (keyId === undefined) return { plain: ownKey(ctx, stream) };
  return recalled(ctx, stream, `put ${keyId} ${ctx.caller.arn}`, () =>
    generateDataKey(ctx, kmsKeyArn(keyId, stream), useFor(stream)),
  );
}

/** The key of a pack. @throws like `keyToPut` */
export async function keyToGet(
  ctx: Context,
  stream: Stream,
  { dataKey: blob }: Pack,
  as?: Caller,
): Promise<Uint8Array> {
  if (blob === undefined) return ownKey(ctx, stream);
  const name = `get ${createHash('sha256').update(blob).digest('base64url')} ${(as ?? ctx.caller).arn}`;
  const { plain } = await recalled(ctx, stream, name, async () => ({
    plain: await decryptDataKey(ctx, blob, useFor(stream, as)),
    blob,
  }));
  return plain;
}

async function recalled(
  ctx: Context,
  stream: Stream,
  name: string,
  ask: () => Promise<{ readonly plain: Uint8Array; readonly blob: string }>,
): Promise<PackKey> {
  const known = await ctx.store.get(rememberedKeys, [stream.id, name]);
  if (known && known.until > ctx.now.getTime()) {
    return { plain: ctx.secrets.open(PURPOSE, known.sealed)!, dataKey: known.blob };
  }
  const { plain, blob } = await ask();
  const sealed = ctx.secrets.seal(PURPOSE, plain, ctx.random(12));
  const until = ctx.now.getTime() + REUSED_MS;
  await ctx.store.replace(rememberedKeys, { stream: stream.id, name, until, blob, sealed });
  return { plain, dataKey: blob };
}

export const refusals: KmsRefusals = {
  AccessDenied: KMSAccessDeniedException,
  NotFoundException: KMSNotFoundException,
  InvalidArnException: KMSNotFoundException,
  DisabledException: KMSDisabledException,
  KMSInvalidStateException: KMSInvalidStateException,
  InvalidKeyUsageException: KMSInvalidStateException,
};

const useFor = (stream: Stream, as?: Caller) => ({
  as,
  encryptionContext: { 'aws:kinesis:arn': streamArn(stream) },
  refusals,
  region: stream.region,
});
