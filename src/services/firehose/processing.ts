/**
 * Records on their way from a queue to their destination: unpacked, taken apart, given partition keys and delimiters.
 * One that cannot be processed is set aside as it came, with the reason; the others go on.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning.html
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Expression } from './jq.ts';
import { JqFailure, type Value } from './jqFunctions.ts';
import { jsonValuesIn } from './jsonValues.ts';
import type { Processing } from './processors.ts';

export interface Received {
  /** Milliseconds. */
  readonly at: number;
  readonly data: Buffer;
}

export interface Processed extends Received {
  readonly keys?: Readonly<Record<string, string>>;
}

/** Kinds of failures, as error prefixes name them. */
export type ErrorType =
  | 'decompression-failed'
  | 'processing-failed'
  | 'metadata-extraction-failed'
  | 'activePartitionExceeded'
  | 'http-endpoint-failed';

export interface Unprocessed extends Received {
  readonly type: ErrorType;
  readonly code: string;
  readonly message: string;
}

export interface Outcome {
  readonly processed: readonly Processed[];
  readonly failed: readonly Unprocessed[];
}

class Failure extends Error {
  readonly type: ErrorType;
  readonly code: string;
  constructor(type: ErrorType, code: string, message: string) {
    super(message);
    this.type = type;
    this.code = code;
  }
}

export async function processed(records: readonly Received[], how: Processing): Promise<Outcome> {
  const done: Processed[] = [];
  const failed: Unprocessed[] = [];
  const room = { bytes: UNPACKED_BYTES_MAX };
  for (const record of records) {
    try {
      const unpacked = how.decompresses ? await unpackedLogs(record.data, how.extractsMessages, room) : record.data;
      if (unpacked === undefined) continue;
      const parts = partsOf(unpacked, how.separator).map((data) => finished({ at: record.at, data }, how));
      const bad = parts.filter((part) => 'type' in part);
      // What came packed fails as a whole, as it came.
      if (how.decompresses && bad[0]) failed.push({ ...bad[0], data: record.data });
      else {
        failed.push(...bad);
        done.push(...parts.filter((part) => !('type' in part)));
      }
    } catch (error) {
      failed.push(unprocessed(record, error));
    }
  }
  return { processed: done, failed };
}

function finished(record: Received, { keys: wanted, delimiter }: Processing): Processed | Unprocessed {
  try {
    const keys = wanted && keysOf(record.data, wanted);
    const data = delimiter ? Buffer.concat([record.data, delimiter]) : record.data;
    return { at: record.at, data, ...(keys && { keys }) };
  } catch (error) {
    return unprocessed(record, error);
  }
}

function unprocessed(record: Received, error: unknown): Unprocessed {
  if (!(error instanceof Failure)) throw error;
  return { ...record, type: error.type, code: error.code, message: error.message };
}

const unzipped = promisify(gunzip);
/** Events of logs pack well, but not without bound: of all that is delivered together. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

interface Room {
  bytes: number;
}

/** What CloudWatch Logs sent, unpacked; undefined where it only said that it is there. */
async function unpackedLogs(data: Buffer, extractsMessages: boolean, room: Room): Promise<Buffer | undefined> {
  const refused = (message: string) => new Failure('decompression-failed', 'Decompression.Failed', message);
  const bytes = await unzipped(data, { maxOutputLength: Math.max(1, room.bytes) }).catch((error: Error) => {
    throw refused(`The record cannot be decompressed: ${error.message}`);
  });
  room.bytes -= bytes.length;
  if (!extractsMessages) return bytes;
  const { messageType, logEvents } = parsed(bytes, () => refused('The record is not of CloudWatch Logs.')) as Logs;
  if (messageType === 'CONTROL_MESSAGE') return undefined;
  if (!Array.isArray(logEvents) || !logEvents.every((each) => typeof each?.message === 'string'))
    throw refused('The record is not of CloudWatch Logs.');
  return Buffer.from(logEvents.map(({ message }) => `${message}\n`).join(''));
}

interface Logs {
  readonly messageType?: string;
  readonly logEvents?: readonly ({ readonly message?: unknown } | null)[];
}

function parsed(bytes: Buffer, refused: () => Failure): object {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Refused below.
  }
  throw refused();
}

/** More than so many are not taken apart at all. */
const PARTS_MAX = 500;

function partsOf(data: Buffer, separator: Buffer | undefined): readonly Buffer[] {
  if (separator === undefined) return [data];
  const parts = separator.length === 0 ? valuesIn(data) : splitBy(data, separator);
  return parts.length > PARTS_MAX ? [data] : parts;
}

function valuesIn(data: Buffer): readonly Buffer[] {
  const values = jsonValuesIn(data, PARTS_MAX + 1);
  if (values) return values;
  throw new Failure('processing-failed', 'DeAggregation.Failed', 'Non JSON record provided');
}

function splitBy(data: Buffer, separator: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = data.indexOf(separator); at >= 0; at = data.indexOf(separator, from)) {
    if (at > from) parts.push(data.subarray(from, at));
    from = at + separator.length;
    if (parts.length > PARTS_MAX) return parts;
  }
  if (from < data.length) parts.push(data.subarray(from));
  return parts;
}

const EXTRACTION = ['metadata-extraction-failed', 'DynamicPartitioning.MetadataExtractionFailed'] as const;

function keysOf(data: Buffer, wanted: ReadonlyMap<string, Expression>): Record<string, string> {
  const record = parsed(data, () => new Failure(...EXTRACTION, 'Non JSON record provided')) as Value;
  const keys: Record<string, string> = {};
  for (const [name, expression] of wanted) {
    const value = extracted(expression, record);
    const text = value === null || typeof value === 'object' ? '' : String(value);
    if (text === '') throw new Failure(...EXTRACTION, 'partitionKeys values must not be null or empty');
    keys[name] = text;
  }
  return keys;
}

function extracted(expression: Expression, record: Value): Value {
  try {
    return expression(record);
  } catch (error) {
    // What is nested too deep to be written again is a RangeError.
    if (error instanceof JqFailure || error instanceof RangeError) throw new Failure(...EXTRACTION, error.message);
    throw error;
  }
}
