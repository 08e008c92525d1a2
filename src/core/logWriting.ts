/**
 * Log events that a service writes in its own name, or in a role: in batches that PutLogEvents takes, into a stream
 * that is made when there is none. Writing is tried first, since making a stream is a call on record, and a record
 * might be what is written about.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
import { parseArn } from './arn.ts';
import type { Caller, Context } from './context.ts';

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogWriting {
  readonly logGroupName: string;
  readonly logStreamName: string;
  /** In any order. */
  readonly logEvents: readonly LogEvent[];
}

/** Of the group that an ARN means, with `:*` or without; empty where it means none. */
export const logGroupName = (arn: string): string =>
  /^log-group:([^:]+)(?::\*)?$/.exec(parseArn(arn)?.resource ?? '')?.[1] ?? '';

/** `making`: a group that is not there is made, too. @throws what CloudWatch Logs answers */
export async function writeLogEvents(
  { call }: Pick<Context, 'call'>,
  { logGroupName, logStreamName, logEvents: events }: LogWriting,
  as: Caller,
  region: string,
  making?: 'group',
): Promise<void> {
  const stream = { logGroupName, logStreamName };
  const ask = (operation: string, input: object) => call('logs', operation, input, as, region);
  const makeGroup = making && (() => ask('CreateLogGroup', { logGroupName }));
  const makeStream = () => orAfter(makeGroup, () => ask('CreateLogStream', stream));
  for (const logEvents of logBatches(events)) {
    await orAfter(makeStream, () => ask('PutLogEvents', { ...stream, logEvents }));
  }
}

/** Where what the work is about is not there: again after it was made. */
async function orAfter(make: (() => Promise<unknown>) | undefined, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!make || (error as Error).name !== 'ResourceNotFoundException') throw error;
    await make();
    await work();
  }
}

const BATCH_EVENTS_MAX = 10_000;
const BATCH_BYTES_MAX = 1_048_576;
const BATCH_SPAN_MS = 86_400_000;

/** In time's order; each as many as one call takes, or one that is too long for any. */
export function* logBatches(events: readonly LogEvent[]): Generator<LogEvent[]> {
  let batch: LogEvent[] = [];
  let bytes = 0;
  for (const event of events.toSorted((a, b) => a.timestamp - b.timestamp)) {
    const size = eventBytes(event.message);
    const span = event.timestamp - (batch[0] ?? event).timestamp;
    const full = batch.length === BATCH_EVENTS_MAX || bytes + size > BATCH_BYTES_MAX || span > BATCH_SPAN_MS;
    if (full && batch.length > 0) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(event);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** What AWS counts a message for: its UTF-8 and 26 bytes. */
export const eventBytes = (message: string) => Buffer.byteLength(message) + EVENT_OVERHEAD;
const EVENT_OVERHEAD = 26;
