/** A request of HTTP ingestion as calls of PutLogEvents. */
import type { PutLogEventsRequest, PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { logBatches } from '../../../core/logWriting.ts';
import type { Present } from '../../../core/operation.ts';
import type { WireRequest } from '../../../core/wire.ts';
import { Refusal } from './answers.ts';
import { FORMATS, type Ingested } from './formats.ts';

export interface Asked {
  readonly group: string;
  readonly stream: string;
  readonly entity: PutLogEventsRequest['entity'];
  readonly events: readonly Ingested[];
  /** Whether the answer tells of what is rejected; and in protocol buffers. */
  readonly isTold: boolean;
  readonly inProtobuf: boolean;
}

export type Batch = Present<PutLogEventsRequest>;
export type Put = (input: Batch) => Promise<Pick<PutLogEventsResponse, 'rejectedLogEventsInfo'>>;

const EVENTS_MAX = 10_000;
const EVENT_BYTES_MAX = 256 * 1024;

const wrong = (message: string): never => {
  throw new Refusal(400, 'InvalidParameterException', message);
};

/** @throws Refusal */
export function askedOf({ path, query, headers, body }: WireRequest): Asked {
  const format = FORMATS[path]!;
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (!format.types.includes(type)) wrong(`Content-Type must be ${format.types.join(' or ')}.`);
  const given = new URLSearchParams(format.inQuery ? query : '');
  const named = (header: string, parameter: string): string => {
    const fromHeader = headers[header];
    const fromQuery = given.get(parameter) ?? undefined;
    if (fromHeader !== undefined && fromQuery !== undefined) {
      wrong(`${parameter} must not be in the query and in a header.`);
    }
    return fromHeader ?? fromQuery ?? wrong(`${parameter} is required.`);
  };
  const group = named('x-aws-log-group', 'logGroup');
  const stream = named('x-aws-log-stream', 'logStream');
  const entity = entityIn(given);
  return {
    group,
    stream,
    entity,
    events: eventsOf(format, body, type),
    ...{ isTold: format.isTold, inProtobuf: type.endsWith('protobuf') },
  };
}

function eventsOf({ read }: (typeof FORMATS)[string], body: Uint8Array, type: string): readonly Ingested[] {
  const { events, skipped } = readable(() => read(body, type));
  if (events.length === 0 && skipped > 0) wrong('All events were invalid');
  if (events.length > EVENTS_MAX) wrong(`A request may have at most ${EVENTS_MAX} events.`);
  if (events.some(({ message }) => Buffer.byteLength(message) > EVENT_BYTES_MAX)) {
    wrong(`An event may have at most ${EVENT_BYTES_MAX} bytes.`);
  }
  return events.filter(({ message }) => message !== '');
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // What is nested too deep to be written again is a RangeError.
    if (error instanceof SyntaxError || error instanceof RangeError)
      return wrong(`The body cannot be read: ${error.message}`);
    throw error;
  }
}

function entityIn(given: URLSearchParams): Asked['entity'] {
  const [name, environment] = [given.get('entityName'), given.get('entityEnvironment')];
  if (name === null) return undefined;
  return { keyAttributes: { Type: 'Service', Name: name, ...(environment !== null && { Environment: environment }) } };
}

/** What PutLogEvents takes at once, in time's order. */
export function batchesOf({ group, stream, entity, events }: Asked, now: number): Batch[] {
  const common = { logGroupName: group, logStreamName: stream, ...(entity && { entity }) };
  const dated = events.map(({ time, message }) => ({ timestamp: time ?? now, message }));
  return [...logBatches(dated)].map((logEvents) => ({ ...common, logEvents }));
}
