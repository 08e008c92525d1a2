/**
 * Events as they come to a bus: written to the journal, encrypted where the bus has a key of its own. What KMS refuses
 * to encrypt goes to the bus's dead-letter queue; without one it is dropped, as in AWS.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq.html
 */
import { parseArn } from '../../core/arn.ts';
import { type Context, servicePrincipal } from '../../core/context.ts';
import { logIngestion } from './busLogs.ts';
import type { Bus } from './busRows.ts';
import { encrypted, REFUSED } from './encryption.ts';
import { queueUrl } from './failures.ts';
import { appendBusEvent, type Put } from './happenings.ts';
import { busArn } from './names.ts';

export async function putOnBus(ctx: Context, bus: Bus, put: Put): Promise<void> {
  if (bus.kmsKey === undefined) {
    appendBusEvent(ctx, bus, put);
    await logIngestion(ctx, bus, put.event);
    return;
  }
  const { detail, ...event } = put.event;
  try {
    const sealed = await encrypted(ctx, bus, bus.kmsKey, JSON.stringify(detail));
    appendBusEvent(ctx, bus, { ...put, event: { ...event, detail: {} }, sealed });
    await logIngestion(ctx, bus, put.event);
  } catch (error) {
    if (!REFUSED.test((error as Error).name)) throw error;
    await logIngestion(ctx, bus, put.event, error as Error);
    await deadLetter(ctx, bus, put, error as Error);
  }
}

async function deadLetter(ctx: Context, bus: Bus, { event }: Put, error: Error): Promise<void> {
  const queue = parseArn(bus.deadLetter ?? '');
  if (!queue) return;
  const values = {
    EVENT_BUS_ARN: busArn(bus),
    ERROR_CODE: 'NO_PERMISSIONS',
    ERROR_MESSAGE: error.message.slice(0, 1024),
  };
  const MessageAttributes = Object.fromEntries(
    Object.entries(values).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
  const input = { QueueUrl: queueUrl(queue), MessageBody: JSON.stringify(event), MessageAttributes };
  const source = servicePrincipal('events.amazonaws.com', { arn: busArn(bus), account: bus.account });
  try {
    await ctx.call('sqs', 'SendMessage', input, source, queue.region);
  } catch {
    // A dead-letter queue that is gone or refuses: AWS drops the event then, too. The refused call is on record.
  }
}
