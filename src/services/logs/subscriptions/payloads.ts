/**
 * What subscriptions send: gzip of JSON. A control message, by which a destination is tried, and data messages, each
 * with events of one stream.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const packed = promisify(gzip);
const LEVEL = 6;

/** Below what a record of Kinesis (with its partition key) and one of Firehose may hold. */
const RECORD_BYTES_MAX = 1_000_000;

export interface ForwardedEvent {
  readonly id: string;
  readonly timestamp: number;
  readonly message: string;
  readonly extractedFields?: Readonly<Record<string, string>> | undefined;
}

/** All of a data message but its events. */
export interface Envelope {
  readonly owner: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly subscriptionFilters: readonly string[];
  /** Of an account's filter. */
  readonly policyLevel?: 'ACCOUNT_LEVEL_POLICY' | undefined;
}

export interface Payload {
  readonly bytes: Uint8Array;
  readonly events: number;
}

export const controlMessage = (what: string, now: Date): Promise<Uint8Array> =>
  pack({
    messageType: 'CONTROL_MESSAGE',
    owner: 'CloudwatchLogs',
    logGroup: '',
    logStream: '',
    subscriptionFilters: [],
    logEvents: [
      { id: '', timestamp: now.getTime(), message: `CWL CONTROL MESSAGE: Checking health of destination ${what}.` },
    ],
  });

/** Messages in the events' order. One that has no room for a single event is not among them: `lost` counts those. */
export async function dataMessages(
  envelope: Envelope,
  events: readonly ForwardedEvent[],
): Promise<{ readonly payloads: readonly Payload[]; readonly lost: number }> {
  if (events.length === 0) return { payloads: [], lost: 0 };
  const { policyLevel, ...rest } = envelope;
  const bytes = await pack({ messageType: 'DATA_MESSAGE', ...rest, logEvents: events, policyLevel });
  if (bytes.length <= RECORD_BYTES_MAX) return { payloads: [{ bytes, events: events.length }], lost: 0 };
  if (events.length === 1) return { payloads: [], lost: 1 };
  const half = events.length >> 1;
  const first = await dataMessages(envelope, events.slice(0, half));
  const second = await dataMessages(envelope, events.slice(half));
  return { payloads: [...first.payloads, ...second.payloads], lost: first.lost + second.lost };
}

const pack = (message: object): Promise<Uint8Array> => packed(JSON.stringify(message), { level: LEVEL });
