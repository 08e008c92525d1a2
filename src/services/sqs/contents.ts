/**
 * Bodies at rest. Every queue's messages are sealed under the plane's own root key unless its owner turned that off; a
 * queue with a key of KMS has them sealed under a data key of that key, which the sender must be allowed to generate
 * and the receiver to decrypt, once in each reuse period.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
 */
import {
  KmsAccessDenied,
  KmsDisabled,
  KmsInvalidKeyUsage,
  KmsInvalidState,
  KmsNotFound,
  KmsThrottled,
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
import { reusedKey } from '../../core/reusedKeys.ts';
import { DATA_KEY_REUSE_SECONDS } from './attributes.ts';
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

async function sealUnder(ctx: Context, queue: Queue, keyId: string, text: string): Promise<Sealed> {
  const arn = queueArn(queue);
  const { plain, blob } = await reusedKey(ctx, reuse(queue, `send ${keyId}`), async () => {
    const fresh = await generateDataKey(ctx, kmsKeyArn(keyId, queue), useFor(arn));
    // The producer must be able to decrypt, too: SQS checks that the data key is whole.
    await decryptDataKey(ctx, fresh.blob, useFor(arn));
    return fresh;
  });
  return { sealed: encryptUnder(plain, text, ctx.random(12)), dataKey: blob, queue: arn };
}

async function openUnder(ctx: Context, queue: Queue, content: Content, blob: string): Promise<string> {
  const { plain } = await reusedKey(ctx, reuse(queue, `receive ${blob}`), async () => ({
    plain: await decryptDataKey(ctx, blob, useFor(content.queue ?? '')),
    blob,
  }));
  return decryptUnder(plain, content.sealed);
}

const reuse = ({ id, attributes: { KmsDataKeyReusePeriodSeconds: seconds } }: Queue, name: string) => ({
  of: id,
  name,
  milliseconds: Number(seconds ?? DATA_KEY_REUSE_SECONDS) * 1000,
});

const refusals: KmsRefusals = {
  AccessDenied: KmsAccessDenied,
  NotFoundException: KmsNotFound,
  InvalidArnException: KmsNotFound,
  DisabledException: KmsDisabled,
  KMSInvalidStateException: KmsInvalidState,
  InvalidKeyUsageException: KmsInvalidKeyUsage,
  ThrottlingException: KmsThrottled,
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
