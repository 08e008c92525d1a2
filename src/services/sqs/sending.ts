/** SendMessage and its batch: what is answered is durable, and wakes who waits for it. */
import {
  BatchRequestTooLong,
  type MessageAttributeValue,
  type SendMessageBatchRequest,
  type SendMessageBatchResult,
  type SendMessageRequest,
  type SendMessageResult,
} from '@aws-sdk/client-sqs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { onQueue } from './access.ts';
import { MESSAGE_BYTES_MAX, numberOf } from './attributes.ts';
import { eachEntry } from './batches.ts';
import { put } from './boxes.ts';
import { seal } from './contents.ts';
import { deduplicationOf, remembered, rememberSent } from './deduplication.ts';
import { missing, refuse, refuseValue, requireRange, WRONG_TYPE } from './errors.ts';
import { count, measure } from './gauges.ts';
import {
  bytesOf,
  md5,
  md5OfAttributes,
  requireAttributes,
  requireContents,
  requireSystemAttributes,
} from './messageAttributes.ts';
import type { Queue } from './queueRows.ts';

/** A mebibyte, each byte of which may take three when it is sent. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export const SendMessage = onQueue<Present<SendMessageRequest>, SendMessageResult>({
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  readOnly: false,
  run(input, ctx, queue) {
    ctx.audit.requestParameters = hidden(input);
    return send(ctx, queue, input);
  },
});

export const SendMessageBatch = onQueue<Present<SendMessageBatchRequest>, SendMessageBatchResult>({
  action: 'sqs:SendMessage',
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  readOnly: false,
  async run({ Entries }, ctx, queue) {
    ctx.audit.requestParameters = { entries: Entries.map((entry) => ({ id: entry.Id, ...hidden(entry) })) };
    const bytes = Entries.reduce((sum, entry) => sum + bytesIn(entry), 0);
    const result = await eachEntry('SendMessageBatchRequestEntry', Entries, (entry) => {
      if (bytes > MESSAGE_BYTES_MAX) {
        const text = `Batch requests cannot be longer than ${MESSAGE_BYTES_MAX} bytes. You have sent ${bytes} bytes.`;
        fail(BatchRequestTooLong, text);
      }
      return send(ctx, queue, entry);
    });
    return {
      Successful: result.Successful as SendMessageBatchResult['Successful'],
      Failed: result.Failed,
    };
  },
});

const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** What records say instead of what was sent. */
const hidden = ({ MessageAttributes }: Sent) => ({
  messageBody: HIDDEN,
  ...(MessageAttributes && { messageAttributes: HIDDEN }),
});

interface Sent {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  readonly MessageSystemAttributes?: Record<string, MessageAttributeValue> | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

const bytesIn = ({ MessageBody = '', MessageAttributes }: Sent) =>
  Buffer.byteLength(MessageBody) + bytesOf(MessageAttributes);

async function send(ctx: Context, queue: Queue, input: Sent): Promise<SendMessageResult & { MessageId: string }> {
  const body = requireMessage(queue, input);
  const deduplication = deduplicationOf(queue, input.MessageDeduplicationId, body);
  const before = await remembered(ctx, queue, deduplication, input.MessageGroupId);
  const sent = before ?? (await sendNew(ctx, queue, input, deduplication));
  return {
    MessageId: sent.id,
    MD5OfMessageBody: md5(body),
    MD5OfMessageAttributes: md5OfAttributes(input.MessageAttributes),
    MD5OfMessageSystemAttributes: md5OfAttributes(input.MessageSystemAttributes),
    SequenceNumber: queue.fifo ? sent.sequence : undefined,
  };
}

async function sendNew(ctx: Context, queue: Queue, input: Sent, deduplication: string | undefined) {
  const now = ctx.now.getTime();
  const plain = {
    body: input.MessageBody ?? '',
    attributes: input.MessageAttributes,
    trace: input.MessageSystemAttributes?.AWSTraceHeader?.StringValue,
  };
  const delay = (queue.fifo ? undefined : input.DelaySeconds) ?? numberOf(queue, 'DelaySeconds');
  const row = {
    id: uuid(ctx),
    sent: now,
    visible: now + delay * 1000,
    sender: ctx.caller.userId,
    receives: 0,
    ...(input.MessageGroupId !== undefined && { group: input.MessageGroupId }),
    ...(deduplication !== undefined && { deduplication }),
  };
  const message = await put(ctx, queue, row, await seal(ctx, queue, plain));
  const size = { name: 'SentMessageSize', value: bytesIn(input), unit: 'Bytes' };
  await measure(ctx, queue, [count('NumberOfMessagesSent'), size]);
  await rememberSent(ctx, queue, message);
  return message;
}

/** What may be in an id of a group or of deduplication. */
const ID = /^[\x21-\x7e]{1,128}$/;

/** The body. */
function requireMessage(queue: Queue, input: Sent): string {
  const { MessageBody: body, MessageGroupId: group, MessageDeduplicationId: deduplication } = input;
  if (body === undefined || body === '') missing('MessageBody');
  requireContents(body);
  requireAttributes(input.MessageAttributes);
  requireSystemAttributes(input.MessageSystemAttributes);
  const max = numberOf(queue, 'MaximumMessageSize');
  if (bytesIn(input) > max) {
    refuse(`One or more parameters are invalid. Reason: Message must be shorter than ${max} bytes.`);
  }
  requireRange('DelaySeconds', input.DelaySeconds, 0, 900, 'DelaySeconds must be >= 0 and <= 900.');
  if (queue.fifo && input.DelaySeconds) refuseValue('DelaySeconds', input.DelaySeconds, `${WRONG_TYPE}.`);
  if (queue.fifo && group === undefined) missing('MessageGroupId');
  if (!queue.fifo && deduplication !== undefined) {
    refuseValue('MessageDeduplicationId', deduplication, `${WRONG_TYPE}.`);
  }
  for (const [name, id] of Object.entries({ MessageGroupId: group, MessageDeduplicationId: deduplication })) {
    if (id !== undefined && !ID.test(id)) {
      const reason = `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`;
      refuseValue(name, id, reason);
    }
  }
  return body;
}
