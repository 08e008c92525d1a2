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
  KMSThrottlingException,
  type MessageAttributeValue,
} from '@aws-sdk/client-sns';
import { type Context, servicePrincipal } from '../../core/context.ts';
import {
  decryptDataKey,
  decryptUnder,
  encryptUnder,
  generateDataKey,
  type KmsRefusals,
  kmsKeyArn,
} from '../../core/dataKeys.ts';
import { reusedKey } from '../../core/reusedKeys.ts';
import type { Secrets } from '../../core/secrets.ts';
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
  /** Its place in the topic's archive. */
  readonly archived?: string | undefined;
  readonly replayed?: boolean;
  /** AWSTraceHeader, handed on. */
  readonly trace?: string | undefined;
}

interface PlainAttribute extends Omit<MessageAttributeValue, 'BinaryValue'> {
  /** Base 64. */
  readonly bytes?: string;
}

const PURPOSE = 'sns-message';
const KEY_PURPOSE = 'sns-data-key';

/** The message on its way, and as an archive keeps it: there KMS must open it again, for SNS itself. */
export async function sealMessage(
  ctx: Context,
  topic: Topic,
  message: Published,
): Promise<{ readonly sealed: string; readonly kept: string }> {
  const text = JSON.stringify(message);
  const { KmsMasterKeyId: key } = topic.attributes;
  if (key === undefined) {
    const sealed = sealText(ctx, text);
    return { sealed, kept: sealed };
  }
  const { blob, ...encrypted } = await underDataKey(ctx, topic, key, text);
  return {
    sealed: sealText(ctx, JSON.stringify(encrypted)),
    kept: sealText(ctx, JSON.stringify({ encrypted: encrypted.encrypted, blob })),
  };
}

/** Undefined where KMS refuses the key to SNS. */
export async function openArchived(ctx: Context, topic: Topic, kept: string): Promise<Published | undefined> {
  const value = JSON.parse(openText(ctx.secrets, kept)) as Published | { encrypted: string; blob: string };
  if (!('blob' in value)) return value;
  const as = servicePrincipal('sns.amazonaws.com', { arn: topicArn(topic), account: topic.account });
  try {
    const plain = await decryptDataKey(ctx, value.blob, { encryptionContext: contextOf(topic), refusals, as });
    return JSON.parse(decryptUnder(plain, value.encrypted)) as Published;
  } catch (error) {
    if (error instanceof KMSThrottlingException) throw error; // Later it will do.
    if (Object.values(refusals).some((refusal) => error instanceof refusal)) return undefined;
    throw error;
  }
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

async function underDataKey(ctx: Context, topic: Topic, keyId: string, text: string) {
  const { plain, blob } = await reusedKey(ctx, { of: topicArn(topic), name: `publish ${keyId}` }, async () => {
    const use = { encryptionContext: contextOf(topic), refusals };
    const fresh = await generateDataKey(ctx, kmsKeyArn(keyId, topic), use);
    await decryptDataKey(ctx, fresh.blob, use);
    return fresh;
  });
  const dataKey = ctx.secrets.seal(KEY_PURPOSE, plain, ctx.random(12));
  return { encrypted: encryptUnder(plain, text, ctx.random(12)), dataKey, blob };
}

const contextOf = (topic: Topic) => ({ 'aws:sns:topicArn': topicArn(topic) });

const refusals: KmsRefusals = {
  AccessDenied: KMSAccessDeniedException,
  NotFoundException: KMSNotFoundException,
  InvalidArnException: KMSNotFoundException,
  DisabledException: KMSDisabledException,
  KMSInvalidStateException: KMSInvalidStateException,
  ThrottlingException: KMSThrottlingException,
};
