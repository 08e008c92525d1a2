/** awsJson 1.0 and 1.1: `POST /`, the operation in `X-Amz-Target: Prefix.Operation`, JSON both ways. */
import { CommonError } from '../core/errors.ts';
import type { ProtocolName, Service } from '../core/operation.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { errorDocument, queryErrorHeader } from './errors.ts';
import { EVENT_STREAM, eventStreamIn, eventStreams } from './eventStream.ts';
import { parseJson, plainJson } from './json.ts';
import type { Protocol } from './protocol.ts';
import { inputOf, type Member, outputOf, type Shape } from './schema.ts';

export const awsJson1_0 = awsJson('awsJson1_0', 'application/x-amz-json-1.0');
export const awsJson1_1 = awsJson('awsJson1_1', 'application/x-amz-json-1.1');

function awsJson(name: ProtocolName, contentType: string): Protocol {
  const reply = (status: number, requestId: string, value: unknown): WireResponse => ({
    status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
    body: JSON.stringify(value),
  });
  const write = (shape: Shape) => (value: unknown) => JSON.stringify(plainJson.encode(shape)(value));
  const frames = eventStreams({ protocol: name, contentType, write });
  const streamed = (output: Record<string, unknown>, stream: Member, { shape, service, requestId }: Answered) => {
    const initial = write(shape)({ ...output, [stream.name]: undefined });
    const body = frames(output[stream.name] as AsyncIterable<unknown>, { union: stream.shape, service, initial });
    return { status: 200, headers: { 'content-type': EVENT_STREAM, 'x-amzn-requestid': requestId }, body };
  };
  return {
    name,
    match: targetOperation,
    decode(request, service, operation) {
      const shape = known(inputOf(service, operation));
      return plainJson.decode(shape)(parseJson(request.body));
    },
    encode(output, service, operation, requestId) {
      const shape = known(outputOf(service, operation));
      if (shape.kind === 'unit') return { ...reply(200, requestId, {}), body: '' };
      const stream = eventStreamIn(shape);
      if (stream) return streamed(output as Record<string, unknown>, stream, { shape, service, requestId });
      return reply(200, requestId, plainJson.encode(shape)(output));
    },
    encodeError(error, service, requestId) {
      const response = reply(error.status, requestId, errorDocument(error, plainJson));
      const header = queryErrorHeader(error, service);
      return header ? { ...response, headers: { ...response.headers, 'x-amzn-query-error': header } } : response;
    },
  };
}

/** The operation that `X-Amz-Target` names, if it names the service. */
export function targetOperation(request: WireRequest, service: Service): string | undefined {
  const target = request.headers['x-amz-target'];
  const prefix = service.wire.target;
  if (target === undefined || prefix === undefined || request.method !== 'POST') return undefined;
  const [operation, named] = target.split('.').reverse(); // Some clients write a namespace before the prefix.
  return named === prefix ? operation : undefined;
}

interface Answered {
  readonly shape: Shape;
  readonly service: Service;
  readonly requestId: string;
}

function known(shape: Shape | undefined): Shape {
  if (!shape) throw new CommonError('UnknownOperationException', '');
  return shape;
}
