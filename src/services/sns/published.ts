/**
 * A message on its way. It lies in the store sealed under the plane's root key; a topic with a key of KMS has it sealed
 * under a data key of that key besides, which the publisher must be allowed to generate and to decrypt.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
 */
import {
  KMSAccessDeniedException,
  KMSDisabledException,
  KMSInvalidStateException,
  KMSNotFoundException,
  type MessageAttributeValue,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import {
  decryptDataKey,
  decryptUnder,
  encryptUnder,
  generateDataKey,
  type KmsRefusals,
  kmsKeyArn,
} from '../../core/dataKeys.ts';
import type { Secrets } from '../../core/secrets.ts';
import { table } from '../../store/store.ts';
import { type Topic, topicArn } from './topicRows.ts';

export interface Published {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly body: string;
  readonly subject?: string | undefined;
  /** The body is JSON with a text for each protocol. */
  readonly structured: boolean;
  /** Bytes in base 64. */
  readonly attributes?: Readonly<Record<string, PlainAttribute>> | undefined;
  readonly group?: string | undefined;
  readonly deduplication?: string | undefined;
  /** In a FIFO topic. */
  readonly sequence?: string | undefined;
  /** AWSTraceHeader, handed on. */
  readonly trace?: string | undefined;
}

interface PlainAttribute extends Omit<MessageAttributeValue, 'BinaryValue'> {
  /** Base 64. */
  readonly bytes?: string;
}

const PURPOSE = 'sns-message';
const KEY_PURPOSE = 'sns-data-key';

export async function sealMessage(ctx: Context, topic: Topic, message: Published): Promise<string> {
  const text = JSON.stringify(message);
  const { KmsMasterKeyId: key } = topic.attributes;
  const plain = key === undefined ? text : JSON.stringify(await underDataKey(ctx, topic, key, text));
  return ctx.secrets.seal(PURPOSE, plain, ctx.random(12));
}

/** Text that was sealed by `sealText` or `sealMessage`. */
export function openText(secrets: Secrets, sealed: string): string {
  const text = secrets.open(PURPOSE, sealed)?.toString('utf8');
  if (text === undefined) throw new Error('a message was sealed under another root key');
  return text;
}

export const sealText = (ctx: Context, text: string) => ctx.secrets.seal(PURPOSE, text, ctx.random(12));

export function openMessage({ secrets }: Context, sealed: string): Published {
  const value = JSON.parse(openText(secrets, sealed)) as Published | Encrypted;
  if (!('dataKey' in value)) return value;
  const text = decryptUnder(secrets.open(KEY_PURPOSE, value.dataKey)!, value.encrypted);
  return JSON.parse(text) as Published;
}

interface Encrypted {
  readonly encrypted: string;
  /** The data key, sealed: SNS uses it on the publisher's behalf until the message is delivered. */
  readonly dataKey: string;
}

interface DataKey {
  readonly topic: string;
  readonly publisher: string;
  readonly keyId: string;
  readonly sealed: string;
  /** Milliseconds. */
  readonly until: number;
}

const dataKeys = table<DataKey>('sns_data_key', { key: ({ topic, publisher }) => [topic, publisher] });
const REUSE_MS = 300_000;

async function underDataKey(ctx: Context, topic: Topic, keyId: string, text: string): Promise<Encrypted> {
  const known = await ctx.store.get(dataKeys, [topicArn(topic), ctx.caller.arn]);
  const fresh = known?.keyId === keyId && known.until > ctx.now.getTime() ? known.sealed : undefined;
  const dataKey = fresh ?? (await newDataKey(ctx, topic, keyId));
  const plain = ctx.secrets.open(KEY_PURPOSE, dataKey)!;
  return { encrypted: encryptUnder(plain, text, ctx.random(12)), dataKey };
}

async function newDataKey(ctx: Context, topic: Topic, keyId: string): Promise<string> {
  const use = { encryptionContext: { 'aws:sns:topicArn': topicArn(topic) }, refusals };
  const { plain, blob } = await generateDataKey(ctx, kmsKeyArn(keyId, topic), use);
  await decryptDataKey(ctx, blob, use);
  const sealed = ctx.secrets.seal(KEY_PURPOSE, plain, ctx.random(12));
  const until = ctx.now.getTime() + REUSE_MS;
  await ctx.store.replace(dataKeys, { topic: topicArn(topic), publisher: ctx.caller.arn, keyId, sealed, until });
  return sealed;
}

const refusals: KmsRefusals = {
  AccessDenied: KMSAccessDeniedException,
  NotFoundException: KMSNotFoundException,
  InvalidArnException: KMSNotFoundException,
  DisabledException: KMSDisabledException,
  KMSInvalidStateException: KMSInvalidStateException,
};
