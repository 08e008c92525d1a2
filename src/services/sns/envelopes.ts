/**
 * What subscribers get: JSON, signed, as SNS writes it.
 * https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
 */
import type { Context } from '../../core/context.ts';
import { outgoing } from './outgoing.ts';
import type { Published } from './published.ts';
import { signer } from './signing.ts';
import { type Protocol, type Subscription, subscriptionArn, type Topic, topicArn } from './topicRows.ts';

export type MessageType = 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';

/** A message as one subscriber is sent it. */
export interface Parcel {
  readonly type: MessageType;
  readonly id: string;
  /** The whole JSON text. */
  readonly envelope: string;
  /** What it says, alone. */
  readonly text: string;
  readonly subject?: string | undefined;
  readonly attributes?: Published['attributes'];
  /** Where to confirm or unsubscribe. */
  readonly url: string;
}

/** The text for that protocol. */
export function textFor({ body, structured }: Published, protocol: Protocol): string {
  if (!structured) return body;
  const texts = JSON.parse(body) as Record<string, unknown>;
  const text = Object.hasOwn(texts, protocol) ? texts[protocol] : undefined;
  return typeof text === 'string' ? text : String(texts.default);
}

/**
 * Makes parcels of one message: subscribers with the same text share a signature. Undefined for a subscriber whom the
 * topic's data protection policy keeps from it.
 */
export async function parcels(ctx: Context, topic: Topic, message: Published) {
  const { certificateUrl, sign } = await signer(ctx);
  const version = topic.attributes.SignatureVersion ?? '1';
  const signatures = new Map<string, string>();
  return (row: Subscription): Parcel | undefined => {
    const text = outgoing(topic, row, textFor(message, row.protocol));
    if (text === undefined) return undefined;
    const head = {
      Type: 'Notification',
      MessageId: message.id,
      ...(message.sequence !== undefined && { SequenceNumber: message.sequence }),
      TopicArn: topicArn(topic),
      ...(message.subject !== undefined && { Subject: message.subject }),
      Message: text,
      Timestamp: message.time,
    };
    const signed = signedText(head);
    const signature = signatures.get(signed) ?? sign(signed, version);
    signatures.set(signed, signature);
    const url = `${ctx.settings.endpoint}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn(row)}&Version=2010-03-31`;
    const envelope = jsonLines({
      ...head,
      ...(message.replayed && { Replayed: true }),
      SignatureVersion: version,
      Signature: signature,
      SigningCertURL: certificateUrl,
      UnsubscribeURL: url,
      ...(message.attributes && { MessageAttributes: attributesIn(message.attributes) }),
    });
    const { id, subject, attributes } = message;
    return { type: 'Notification', id, envelope, text, subject, attributes, url };
  };
}

export const attributesIn = (attributes: NonNullable<Published['attributes']>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { DataType, StringValue, bytes }]) => [
      name,
      { Type: DataType, Value: bytes ?? StringValue },
    ]),
  );

const CONFIRMATIONS: Readonly<
  Record<Exclude<MessageType, 'Notification'>, (topic: string, row: Subscription) => string>
> = {
  SubscriptionConfirmation: (topic) =>
    `You have chosen to subscribe to the topic ${topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
  UnsubscribeConfirmation: (_topic, row) =>
    `You have chosen to deactivate subscription ${subscriptionArn(row)}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
};

/** Asks the endpoint to confirm, by a token that only it receives. */
export async function confirmation(
  ctx: Context,
  topic: Topic,
  row: Subscription,
  type: keyof typeof CONFIRMATIONS,
): Promise<Parcel> {
  const { certificateUrl, sign } = await signer(ctx);
  const arn = topicArn(topic);
  const version = topic.attributes.SignatureVersion ?? '1';
  const Token = row.token ?? '';
  const url = `${ctx.settings.endpoint}/?Action=ConfirmSubscription&TopicArn=${arn}&Token=${Token}&Version=2010-03-31`;
  const id = row.id;
  const head = {
    Type: type,
    MessageId: id,
    Token,
    TopicArn: arn,
    Message: CONFIRMATIONS[type](arn, row),
    SubscribeURL: url,
    Timestamp: ctx.now.toISOString(),
  };
  const signature = sign(signedText(head), version);
  const tail = { SignatureVersion: version, Signature: signature, SigningCertURL: certificateUrl };
  return { type, id, envelope: jsonLines({ ...head, ...tail }), text: head.Message, url };
}

/** What the signature covers, by name in byte order. */
const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

function signedText(head: Readonly<Record<string, string>>): string {
  return SIGNED.flatMap((name) => (head[name] === undefined ? [] : [`${name}\n${head[name]}\n`])).join('');
}

/** One member a line, with spaces around the colons, as SNS writes. */
function jsonLines(value: object): string {
  const lines = Object.entries(value).map(([name, member]) => `  "${name}" : ${memberText(member)}`);
  return `{\n${lines.join(',\n')}\n}`;
}

function memberText(member: unknown): string {
  if (typeof member !== 'object' || member === null) return JSON.stringify(member);
  const lines = Object.entries(member).map(([name, value]) => `    ${JSON.stringify(name)} : ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n  }`;
}
