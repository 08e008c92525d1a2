/** Publish and its batch: what is answered is owed to every subscriber. */
import {
  BatchEntryIdsNotDistinctException,
  BatchRequestTooLongException,
  type BatchResultErrorEntry,
  EmptyBatchRequestException,
  InvalidBatchEntryIdException,
  InvalidParameterValueException,
  type MessageAttributeValue,
  type PublishBatchInput,
  type PublishBatchRequestEntry,
  type PublishBatchResponse,
  type PublishInput,
  type PublishResponse,
  TooManyEntriesInBatchRequestException,
} from '@aws-sdk/client-sns';
import type { Context } from '../../core/context.ts';
import { fail, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { findTopic, onTopic, tellAudit, topicAccess } from './access.ts';
import { keepInArchive, nextPosition } from './archive.ts';
import { incoming } from './dataProtection.ts';
import { deduplicationOf, rememberSent, sentBefore } from './deduplication.ts';
import { refuse } from './errors.ts';
import { joinLine, nextSequence } from './lines.ts';
import { measure, tally } from './measures.ts';
import { type Published, sealMessage } from './published.ts';
import { messageBytesMax } from './sizes.ts';
import { FAN_OUT, type FanOut } from './tasks.ts';
import { sendText } from './textMessages.ts';
import { type Topic, topicArn } from './topicRows.ts';

/** A mebibyte, each byte of which may take three when it is sent. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export const Publish: Operation<Present<PublishInput>, PublishResponse, Topic | undefined> = {
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  readOnly: false,
  async load({ TopicArn, TargetArn, PhoneNumber }, ctx) {
    const given = [TopicArn, TargetArn, PhoneNumber].filter((target) => target !== undefined);
    if (given.length > 1) refuse('TopicArn or TargetArn Reason: only one of them may be given');
    if (given.length === 0 || PhoneNumber !== undefined) return undefined;
    const arn = TopicArn ?? TargetArn ?? '';
    if (/^arn:aws:sns:[^:]*:\d{12}:endpoint\//.test(arn)) notImplemented('Mobile push');
    return findTopic(ctx, arn);
  },
  access(_input, ctx, topic) {
    if (!topic) return { resource: '*' };
    tellAudit(ctx, topic);
    return topicAccess(ctx, topic);
  },
  run(input, ctx, topic) {
    ctx.audit.requestParameters = hidden(input);
    return topic ? publish(ctx, topic, input) : text(ctx, input);
  },
};

const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** What records say instead of what was published. */
const hidden = ({
  Subject,
  MessageAttributes,
  PhoneNumber,
}: PublishInput | (PublishBatchRequestEntry & { PhoneNumber?: string })) => ({
  message: HIDDEN,
  ...(Subject !== undefined && { subject: HIDDEN }),
  ...(MessageAttributes && { messageAttributes: HIDDEN }),
  ...(PhoneNumber !== undefined && { phoneNumber: HIDDEN }),
});

/** A text message to one telephone. */
async function text(ctx: Context, { PhoneNumber, Message }: PublishInput): Promise<PublishResponse> {
  if (PhoneNumber === undefined) refuse('TopicArn or TargetArn Reason: no value for required parameter');
  if (!/^\+[1-9]\d{4,14}$/.test(PhoneNumber)) refuse('PhoneNumber Reason: Invalid phone number');
  if (!Message) refuse('Empty message');
  if (Message.length > 1600) refuse('Message too long');
  const { account, region } = ctx;
  await sendText(ctx, { account, region, to: PhoneNumber, text: Message });
  return { MessageId: uuid(ctx) };
}

const ENTRIES_MAX = 10;
const BATCH_BYTES_MAX = 262_144;

export const PublishBatch = onTopic<Present<PublishBatchInput>, PublishBatchResponse>({
  action: 'sns:Publish',
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  readOnly: false,
  async run({ PublishBatchRequestEntries: entries }, ctx, topic) {
    const publishBatchRequestEntries = entries.map((entry) => ({ id: entry.Id, ...hidden(entry) }));
    ctx.audit.requestParameters = { publishBatchRequestEntries };
    requireEntries(entries, topic);
    const answer = { Successful: [] as (PublishResponse & { Id: string })[], Failed: [] as BatchResultErrorEntry[] };
    for (const entry of entries) {
      const Id = entry.Id ?? '';
      try {
        answer.Successful.push({ Id, ...(await publish(ctx, topic, entry)) });
      } catch (error) {
        answer.Failed.push({ Id, ...failureOf(error) });
      }
    }
    return answer;
  },
});

/** @throws what is no fault of the entry's. */
function failureOf(error: unknown): Omit<BatchResultErrorEntry, 'Id'> {
  const own = /^(InvalidParameter|InvalidParameterValue|AuthorizationError)Exception$/;
  if (!(error instanceof Error) || !own.test(error.name)) throw error;
  return { SenderFault: true, Code: error.name.replace('Exception', ''), Message: error.message };
}

function requireEntries(entries: readonly PublishBatchRequestEntry[], topic: Topic): void {
  if (entries.length === 0) fail(EmptyBatchRequestException, 'The batch request does not contain any entries.');
  if (entries.length > ENTRIES_MAX) {
    fail(TooManyEntriesInBatchRequestException, 'The batch request contains more entries than permissible.');
  }
  const seen = new Set<string>();
  for (const { Id = '' } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(Id)) {
      fail(
        InvalidBatchEntryIdException,
        'The Id of a batch entry in a batch request does not abide by the specification.',
      );
    }
    if (seen.has(Id))
      fail(BatchEntryIdsNotDistinctException, 'Two or more batch entries in the request have the same Id.');
    seen.add(Id);
  }
  const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
  if (bytes > Math.max(BATCH_BYTES_MAX, messageBytesMax(topic))) {
    fail(BatchRequestTooLongException, 'The length of all the batch messages put together is more than the limit.');
  }
}

type Input = Pick<
  PublishInput,
  'Message' | 'Subject' | 'MessageStructure' | 'MessageAttributes' | 'MessageGroupId' | 'MessageDeduplicationId'
>;

async function publish(ctx: Context, topic: Topic, input: Input): Promise<PublishResponse> {
  requireMessage(topic, input);
  const deduplication = deduplicationOf(topic, input);
  const before = await sentBefore(ctx, topic, deduplication, input.MessageGroupId);
  if (before) return { MessageId: before.id, SequenceNumber: before.sequence };
  const id = uuid(ctx);
  const sequence = topic.fifo ? await nextSequence(ctx, topic, input.MessageGroupId ?? '') : undefined;
  const body = await incoming(ctx, topic, id, input.Message ?? '');
  // What is sensitive may have been part of the structure.
  if (input.MessageStructure === 'json') requireStructure(body);
  const message: Published = {
    id,
    time: ctx.now.toISOString(),
    body,
    subject: input.Subject,
    structured: input.MessageStructure === 'json',
    attributes: plainAttributes(input.MessageAttributes),
    group: input.MessageGroupId,
    deduplication,
    sequence,
    archived: await nextPosition(ctx, topic),
  };
  const { sealed, kept } = await sealMessage(ctx, topic, message);
  const size = { name: 'PublishSize', value: bytesOf(input), unit: 'Bytes' } as const;
  measure(ctx, topic, [tally('NumberOfMessagesPublished'), size]);
  const { account, region } = topic;
  if (sequence === undefined) {
    await later<FanOut>(ctx, { kind: FAN_OUT, account, region, body: { topic: topicArn(topic), sealed } });
    return { MessageId: id };
  }
  if (message.archived !== undefined) {
    await keepInArchive(ctx, topic, { position: message.archived, bytes: size.value, kept });
  }
  await joinLine(ctx, topic, input.MessageGroupId ?? '', { sequence, sealed });
  await rememberSent(ctx, topic, { deduplication, group: input.MessageGroupId, id, sequence });
  return { MessageId: id, SequenceNumber: sequence };
}

function plainAttributes(attributes: Input['MessageAttributes']): Published['attributes'] {
  const entries = Object.entries(attributes ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, { BinaryValue, ...rest }]) => [
      name,
      BinaryValue ? { ...rest, bytes: Buffer.from(BinaryValue).toString('base64') } : rest,
    ]),
  );
}

const ID = /^[\x21-\x7e]{1,128}$/;
// Without line breaks and control characters.
const SUBJECT = /^[^\p{Cc}]{1,99}$/u;

function requireMessage(topic: Topic, input: Input): void {
  const {
    Message = '',
    Subject,
    MessageStructure,
    MessageGroupId: group,
    MessageDeduplicationId: deduplication,
  } = input;
  if (Message === '') refuse('Empty message');
  requireAttributes(input.MessageAttributes);
  if (bytesOf(input) > messageBytesMax(topic)) refuse('Message too long');
  if (Subject !== undefined && !SUBJECT.test(Subject)) refuse('Subject');
  if (MessageStructure !== undefined && MessageStructure !== 'json') refuse('MessageStructure');
  if (MessageStructure === 'json') requireStructure(Message);
  if (topic.fifo && group === undefined) refuse('The MessageGroupId parameter is required for FIFO topics');
  if (!topic.fifo && deduplication !== undefined) {
    refuse(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
  }
  if (group !== undefined && !ID.test(group)) refuse('MessageGroupId Reason: invalid value');
  if (deduplication !== undefined && !ID.test(deduplication)) refuse('MessageDeduplicationId Reason: invalid value');
}

function requireStructure(text: string): void {
  let texts: unknown;
  try {
    texts = JSON.parse(text);
  } catch {
    refuse('Message Structure - JSON message body failed to parse');
  }
  if (typeof texts !== 'object' || texts === null || typeof (texts as Record<string, unknown>).default !== 'string') {
    refuse('Message Structure - No default entry in JSON message body');
  }
}

function requireAttributes(attributes: Record<string, MessageAttributeValue> | undefined): void {
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes ?? {})) {
    if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name) || /^\.|\.$|\.\.|^(aws|amazon)\./i.test(name)) {
      fail(InvalidParameterValueException, `The message attribute name '${name}' is invalid.`);
    }
    const type = /^(String|Number|Binary)(\..*)?$/s.exec(DataType ?? '')?.[1];
    if (type === undefined) {
      const sentence = `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`;
      fail(InvalidParameterValueException, sentence);
    }
    const value = type === 'Binary' ? BinaryValue : StringValue;
    if (value === undefined || value.length === 0) {
      const sentence = `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`;
      fail(InvalidParameterValueException, sentence);
    }
    if (type === 'Number' && !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(StringValue ?? '')) {
      fail(InvalidParameterValueException, `Could not cast message attribute '${name}' value to number.`);
    }
  }
}

function bytesOf({ Message = '', MessageAttributes = {} }: Input): number {
  let bytes = Buffer.byteLength(Message);
  for (const [name, { DataType = '', StringValue = '', BinaryValue }] of Object.entries(MessageAttributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    bytes += BinaryValue?.length ?? Buffer.byteLength(StringValue);
  }
  return bytes;
}
