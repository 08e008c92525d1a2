/**
 * Records on their way to CloudWatch Logs, in batches that one PutLogEvents takes: one line a record, its time in
 * milliseconds before it.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const BATCH_BYTES_MAX = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const BATCH_EVENTS_MAX = 10_000;
/** Longer records are not sent to log groups. */
const EVENT_BYTES_MAX = 256 * 1024;

export interface LogBatch {
  bytes: number;
  count: number;
  lines: string[];
}

export const newLogBatch = (): LogBatch => ({ bytes: 0, count: 0, lines: [] });

/** False when the batch is full. */
export function noteLine(batch: LogBatch, body: string, time: number): boolean {
  const bytes = Buffer.byteLength(body) + EVENT_OVERHEAD_BYTES;
  if (bytes > EVENT_BYTES_MAX) return true;
  if (batch.count >= BATCH_EVENTS_MAX || batch.bytes + bytes > BATCH_BYTES_MAX) return false;
  batch.bytes += bytes;
  batch.count++;
  batch.lines.push(`${time} ${body}`);
  return true;
}

const compressed = promisify(gzip);
const expanded = promisify(gunzip);

export const packedBatch = (batch: LogBatch): Promise<Buffer> => compressed(batch.lines.join('\n'));

/** The events of a packed batch, in time's order. */
export async function logEventsOf(data: Uint8Array): Promise<{ timestamp: number; message: string }[]> {
  const lines = (await expanded(data)).toString().split('\n');
  const events = lines.filter(Boolean).map((line) => {
    const space = line.indexOf(' ');
    return { timestamp: Number(line.slice(0, space)), message: line.slice(space + 1) };
  });
  return events.sort((a, b) => a.timestamp - b.timestamp);
}
