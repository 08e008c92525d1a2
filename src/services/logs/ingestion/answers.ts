/** What senders over HTTP hear. */
import type { PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import { AccessDenied, CommonError } from '../../../core/errors.ts';
import type { WireResponse } from '../../../core/wire.ts';
import type { Asked, Batch } from './asked.ts';
import { OTLP_PATH } from './formats.ts';

/** No to a request, with its status. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
  /** As an error of PutLogEvents. */
  static named(type: string, message: string): Refusal {
    const code = type.split('#').at(-1)!;
    return new Refusal(STATUSES.find(([pattern]) => pattern.test(code))?.[1] ?? 400, code, message);
  }
}

const STATUSES: readonly (readonly [pattern: RegExp, status: number])[] = [
  [/^AccessDenied/, 403],
  [/^ResourceNotFound/, 404],
  [/^(?:UnrecognizedClient|InvalidClientTokenId|InvalidSignature|IncompleteSignature)/, 401],
  [/^(?:ExpiredToken|MissingAuthentication)/, 401],
  [/Throttling|TooMany/, 429],
  [/^Internal/, 500],
  [/^ServiceUnavailable/, 503],
];

export const isRefusal = (error: unknown): error is Error =>
  error instanceof Refusal ||
  error instanceof AccessDenied ||
  error instanceof CommonError ||
  (error instanceof Error && '$fault' in error);

/** Senders of OTLP are told when to come again. */
export function refused(error: Error, path: string): WireResponse {
  const { status, code, message } = error instanceof Refusal ? error : Refusal.named(error.name, error.message);
  const mayRetry = path === OTLP_PATH && (status === 429 || status === 503);
  return inJson(status, { message }, { 'x-amzn-errortype': code, ...(mayRetry && { 'retry-after': '1' }) });
}

const inJson = (status: number, body: object, more: Readonly<Record<string, string>> = {}): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...more },
  body: JSON.stringify(body),
});

export interface Rejected {
  readonly tooOldLogEventCount: number;
  readonly tooNewLogEventCount: number;
  readonly expiredLogEventCount: number;
}

export const NOTHING_REJECTED: Rejected = {
  tooOldLogEventCount: 0,
  tooNewLogEventCount: 0,
  expiredLogEventCount: 0,
};

export const together = (a: Rejected, b: Rejected): Rejected => ({
  tooOldLogEventCount: a.tooOldLogEventCount + b.tooOldLogEventCount,
  tooNewLogEventCount: a.tooNewLogEventCount + b.tooNewLogEventCount,
  expiredLogEventCount: a.expiredLogEventCount + b.expiredLogEventCount,
});

export function rejectedIn(
  { rejectedLogEventsInfo: info }: Pick<PutLogEventsResponse, 'rejectedLogEventsInfo'>,
  { logEvents }: Batch,
): Rejected {
  const old = info?.tooOldLogEventEndIndex ?? 0;
  return {
    tooOldLogEventCount: old,
    tooNewLogEventCount: logEvents.length - (info?.tooNewLogEventStartIndex ?? logEvents.length),
    expiredLogEventCount: Math.max(0, (info?.expiredLogEventEndIndex ?? old) - old),
  };
}

/** `{}`, or how many of the events were rejected. */
export function answered({ isTold, inProtobuf }: Asked, rejected: Rejected): WireResponse {
  const rejectedLogRecords = Object.values(rejected).reduce((sum, count) => sum + count, 0);
  const isPartial = isTold && rejectedLogRecords > 0;
  const errorMessage = JSON.stringify(rejected);
  if (inProtobuf) {
    const body = isPartial ? partialSuccess(rejectedLogRecords, errorMessage) : new Uint8Array();
    return { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body };
  }
  return inJson(200, isPartial ? { partialSuccess: { rejectedLogRecords, errorMessage } } : {});
}

/** An ExportLogsServiceResponse. */
function partialSuccess(rejected: number, message: string): Uint8Array {
  const text = Buffer.from(message);
  const inner = Buffer.concat([Buffer.from([0x08]), varint(rejected), Buffer.from([0x12]), varint(text.length), text]);
  return Buffer.concat([Buffer.from([0x0a]), varint(inner.length), inner]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
