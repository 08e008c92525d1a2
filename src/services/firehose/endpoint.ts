/**
 * A shipment becomes a request, and an answer means that the records arrived, or why not. Redirections are not
 * followed.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 */
import { request as overHttps, type RequestOptions } from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { mayReach } from '../../core/outbound.ts';
import { withManners } from '../../core/slowness.ts';
import type { Outside, Task } from '../../core/tasks.ts';
import { accessKeyOf } from './destinations.ts';
import type { Received } from './processing.ts';
import { type Owed, shipments, shippedRecords } from './shipments.ts';
import { type Stream, streamArn, streamWithId } from './streamRows.ts';

export type Outcome =
  | { readonly delivered: true; readonly silent?: undefined }
  | {
      readonly delivered: false;
      readonly code: string;
      readonly message: string;
      /** The endpoint will never take it. */
      readonly final?: true;
      /** No answer came; or it was not asked, because enough wait for its answer. */
      readonly silent?: true;
      readonly untried?: true;
    };

/** Undefined where there is nothing to send any more. */
export async function sent({ body }: Task<Owed>, around: Outside): Promise<Outcome | undefined> {
  const found = await around.store.transaction(async (store) => {
    const stream = await streamWithId(store, body.stream);
    const shipment = stream && (await store.get(shipments, [body.stream, body.id]));
    if (!stream || !shipment || stream.destination.kind !== 'http') return undefined;
    return { stream, records: await shippedRecords({ store, secrets: around.secrets }, shipment) };
  });
  return found && exchanged(found.stream, body.id, found.records, around);
}

const fault = (code: string, message: string) => ({ delivered: false, code: `HttpEndpoint.${code}`, message }) as const;

const timedOut = fault('RequestTimeout', 'The request timed out before a response was received.');

async function exchanged(stream: Stream, id: string, records: readonly Received[], around: Outside): Promise<Outcome> {
  if (stream.destination.kind !== 'http') throw new Error('The stream has no endpoint.');
  const url = new URL(stream.destination.settings.EndpointConfiguration?.Url ?? '');
  if (!mayReach(around.settings, url)) {
    return fault('ConnectionFailed', `The operator of this plane has not allowed calls to ${url.hostname}.`);
  }
  const { headers, body } = await requestOf(stream, id, records, around);
  const outcome = await withManners(url.origin, async (): Promise<Outcome> => {
    try {
      return meaningOf(id, await answerOf(url, headers, body));
    } catch (error) {
      const { name, message } = error as Error;
      if (/^(AbortError|TimeoutError)$/.test(name)) return { ...timedOut, silent: true as const };
      return fault('ConnectionFailed', `Unable to connect to the endpoint: ${message}`);
    }
  });
  return outcome ?? { ...timedOut, untried: true };
}

const zipped = promisify(gzip);

async function requestOf(stream: Stream, requestId: string, records: readonly Received[], around: Outside) {
  if (stream.destination.kind !== 'http') throw new Error('The stream has no endpoint.');
  const { settings, accessKey: sealed } = stream.destination;
  const { ContentEncoding, CommonAttributes = [] } = settings.RequestConfiguration ?? {};
  const accessKey = accessKeyOf(around, sealed);
  const commonAttributes = Object.fromEntries(
    CommonAttributes.map(({ AttributeName, AttributeValue }) => [AttributeName, AttributeValue]),
  );
  const content = {
    requestId,
    timestamp: around.now.getTime(),
    records: records.map(({ data }) => ({ data: data.toString('base64') })),
  };
  const text = Buffer.from(JSON.stringify(content));
  const body = ContentEncoding === 'GZIP' ? await zipped(text) : text;
  const headers = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    'user-agent': 'Amazon Kinesis Data Firehose Agent/1.0',
    'x-amz-firehose-protocol-version': '1.0',
    'x-amz-firehose-request-id': requestId,
    'x-amz-firehose-source-arn': streamArn(stream),
    ...(ContentEncoding === 'GZIP' && { 'content-encoding': 'gzip' }),
    ...(accessKey !== undefined && { 'x-amz-firehose-access-key': accessKey }),
    ...(CommonAttributes.length > 0 && { 'x-amz-firehose-common-attributes': asciiJson({ commonAttributes }) }),
  };
  return { headers, body };
}

/** A header holds nothing else. */
const asciiJson = (value: object) =>
  JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

interface Answer {
  readonly status: number;
  readonly text: string;
}

const PATIENCE_MS = 180_000;
const ANSWER_BYTES_MAX = 1_048_576;

function answerOf(url: URL, headers: RequestOptions['headers'], body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const outgoing = overHttps(url, { method: 'POST', agent: false, headers, signal } as RequestOptions);
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk);
        else outgoing.destroy(new Error('the response is larger than 1 MiB'));
      });
      incoming.once('error', reject);
      incoming.once('end', () => {
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    outgoing.end(body);
  });
}

const SHOWN_MAX = 1_000;

/** Only 200 with the request's id is a success; 413 stays so, all else may pass. */
function meaningOf(id: string, { status, text }: Answer): Outcome {
  if (status !== 200) {
    const shown = text.slice(0, SHOWN_MAX);
    const message = `The following response was received from the endpoint destination. ${status}: ${shown}`;
    return { ...fault('DestinationException', message), ...(status === 413 && { final: true as const }) };
  }
  if (requestIdIn(text) === id) return { delivered: true };
  const message =
    'The response received from the specified endpoint is invalid: it must be JSON with the requestId of the request.';
  return fault('InvalidResponseFromDestination', message);
}

function requestIdIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly requestId?: unknown } | null)?.requestId;
  } catch {
    return undefined;
  }
}
