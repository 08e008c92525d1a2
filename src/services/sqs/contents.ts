/**
 * Bodies at rest. Every queue's messages are sealed under the plane's own root key unless its owner turned that off; a
 * queue with a key of KMS has them sealed under a data key of that key, which the sender must be allowed to generate
 * and the receiver to decrypt, once in each reuse period.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
 */
import { createHash } from 'node:crypto';
import {
  KmsAccessDenied,
  KmsDisabled,
  KmsInvalidKeyUsage,
  KmsInvalidState,
  KmsNotFound,
  type MessageAttributeValue,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import {
  decryptDataKey,
  decryptUnder,
  encryptUnder,
  generateDataKey,
  type KmsRefusals,
  kmsKeyArn,
} from '../../core/dataKeys.ts';
import { DATA_KEY_REUSE_SECONDS } from './attributes.ts';
import { recall, remember } from './memory.ts';
import { type Content, contents, type Message } from './messages.ts';
import { type Queue, queueArn } from './queueRows.ts';

/** What a message says. */
export interface Plain {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  /** AWSTraceHeader. */
  readonly trace?: string | undefined;
}

type Sealed = Pick<Content, 'sealed' | 'dataKey' | 'queue'>;
const PURPOSE = 'sqs-message';

export async function seal(ctx: Context, queue: Queue, plain: Plain): Promise<Sealed> {
  const text = JSON.stringify({ ...plain, attributes: portable(plain.attributes) });
  const { KmsMasterKeyId: key, SqsManagedSseEnabled: managed } = queue.attributes;
  if (key !== undefined) return sealUnder(ctx, queue, key, text);
  if (managed === 'false') return { sealed: text };
  return { sealed: ctx.secrets.seal(PURPOSE, text, ctx.random(12)) };
}

/** @throws KmsAccessDenied and its like when the caller may not use the key of KMS that seals it. */
export async function open(ctx: Context, queue: Queue, message: Message): Promise<Plain> {
  const content = await ctx.store.get(contents, [message.box, message.sequence]);
  if (!content) throw new Error(`message ${message.id} has no content`);
  const parsed = JSON.parse(await opened(ctx, queue, content)) as Plain;
  return { ...parsed, attributes: revived(parsed.attributes) };
}

async function opened(ctx: Context, queue: Queue, content: Content): Promise<string> {
  if (content.dataKey !== undefined) return openUnder(ctx, queue, content, content.dataKey);
  if (content.sealed.startsWith('{')) return content.sealed;
  const text = ctx.secrets.open(PURPOSE, content.sealed);
  if (!text) throw new Error(`message ${content.sequence} does not open`);
  return text.toString('utf8');
}

interface DataKey {
  /** As KMS encrypted it. */
  readonly blob: string;
  /** In clear, sealed under the plane's root key. */
  readonly sealed: string;
}

const KEY_PURPOSE = 'sqs-data-key';

async function sealUnder(ctx: Context, queue: Queue, keyId: string, text: string): Promise<Sealed> {
  const name = `send ${keyId} ${ctx.caller.arn}`;
  const key = (await recall<DataKey>(ctx, queue.id, name)) ?? (await newDataKey(ctx, queue, keyId, name));
  const plain = ctx.secrets.open(KEY_PURPOSE, key.sealed)!;
  return { sealed: encryptUnder(plain, text, ctx.random(12)), dataKey: key.blob, queue: queueArn(queue) };
}

async function newDataKey(ctx: Context, queue: Queue, keyId: string, name: string): Promise<DataKey> {
  const use = useFor(queueArn(queue));
  const { plain, blob } = await generateDataKey(ctx, kmsKeyArn(keyId, queue), use);
  // The producer must be able to decrypt, too: SQS checks that the data key is whole.
  await decryptDataKey(ctx, blob, use);
  const key: DataKey = { blob, sealed: ctx.secrets.seal(KEY_PURPOSE, plain, ctx.random(12)) };
  await keep(ctx, queue, name, key);
  return key;
}

async function openUnder(ctx: Context, queue: Queue, content: Content, blob: string): Promise<string> {
  const name = `receive ${createHash('sha256').update(blob).digest('base64url')} ${ctx.caller.arn}`;
  const key = (await recall<DataKey>(ctx, queue.id, name)) ?? (await decrypted(ctx, queue, content, blob, name));
  return decryptUnder(ctx.secrets.open(KEY_PURPOSE, key.sealed)!, content.sealed);
}

async function decrypted(ctx: Context, queue: Queue, content: Content, blob: string, name: string): Promise<DataKey> {
  const plain = await decryptDataKey(ctx, blob, useFor(content.queue ?? ''));
  const key: DataKey = { blob, sealed: ctx.secrets.seal(KEY_PURPOSE, plain, ctx.random(12)) };
  await keep(ctx, queue, name, key);
  return key;
}

function keep(ctx: Context, queue: Queue, name: string, value: DataKey): Promise<void> {
  const seconds = Number(queue.attributes.KmsDataKeyReusePeriodSeconds ?? DATA_KEY_REUSE_SECONDS);
  return remember(ctx, { queue: queue.id, name, until: ctx.now.getTime() + seconds * 1000, value });
}

const refusals: KmsRefusals = {
  AccessDenied: KmsAccessDenied,
  NotFoundException: KmsNotFound,
  InvalidArnException: KmsNotFound,
  DisabledException: KmsDisabled,
  KMSInvalidStateException: KmsInvalidState,
  InvalidKeyUsageException: KmsInvalidKeyUsage,
};

const useFor = (arn: string) => ({ encryptionContext: { 'aws:sqs:arn': arn }, refusals });

type Attributes = Plain['attributes'];

/** Bytes as text, for JSON. */
function portable(attributes: Attributes): object | undefined {
  return each(attributes, ({ BinaryValue, ...rest }) =>
    BinaryValue ? { ...rest, BinaryValue: Buffer.from(BinaryValue).toString('base64') } : rest,
  );
}

function revived(attributes: Attributes): Attributes {
  return each(attributes, ({ BinaryValue, ...rest }) =>
    BinaryValue ? { ...rest, BinaryValue: Buffer.from(BinaryValue as unknown as string, 'base64') } : rest,
  ) as Attributes;
}

const each = (attributes: Attributes, turned: (value: MessageAttributeValue) => object) =>
  attributes && Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, turned(value)]));
