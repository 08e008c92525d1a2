/**
 * awsJson 1.1 in CBOR: what AWS's SDKs for Java speak to Kinesis. The operation is in `X-Amz-Target`; a time is told in
 * milliseconds, which is not what CBOR means by its tag.
 */
import { CommonError } from '../core/errors.ts';
import type { WireResponse } from '../core/wire.ts';
import { targetOperation } from './awsJson.ts';
import { readCbor } from './cbor.ts';
import { cborDocuments } from './cborDocuments.ts';
import { errorDocument } from './errors.ts';
import { EVENT_STREAM, eventStreamIn, eventStreams } from './eventStream.ts';
import type { Protocol } from './protocol.ts';
import { inputOf, outputOf, type Shape } from './schema.ts';
import { cborLibrary } from './smithy.ts';

const TYPE = 'application/x-amz-cbor-1.1';

export const isAwsCbor = (headers: Readonly<Record<string, string>>): boolean =>
  headers['content-type']?.startsWith(TYPE) ?? false;

const document = cborDocuments(1000);
const written = (value: unknown): Uint8Array => cborLibrary().cbor.serialize(value);
const write = (shape: Shape) => (value: unknown) => written(document.encode(shape)(value));
const frames = eventStreams({ protocol: 'awsCbor1_1', contentType: TYPE, write });

export const awsCbor1_1: Protocol = {
  name: 'awsCbor1_1',
  match: (request, service) => (isAwsCbor(request.headers) ? targetOperation(request, service) : undefined),
  decode(request, service, operation) {
    const decode = document.decode(known(inputOf(service, operation)));
    return decode(request.body.length === 0 ? {} : readCbor(request.body));
  },
  encode(output, service, operation, requestId) {
    const shape = known(outputOf(service, operation));
    if (shape.kind === 'unit') return { ...reply(200, requestId), body: '' };
    const stream = eventStreamIn(shape);
    if (!stream) return { ...reply(200, requestId), body: write(shape)(output) };
    const { [stream.name]: events, ...rest } = output as Record<string, unknown>;
    const told = { union: stream.shape, service, initial: write(shape)(rest) };
    return { ...reply(200, requestId, EVENT_STREAM), body: frames(events as AsyncIterable<unknown>, told) };
  },
  encodeError: (error, _service, requestId) => ({
    ...reply(error.status, requestId),
    body: written(errorDocument(error, document)),
  }),
};

const reply = (status: number, requestId: string, type = TYPE): Omit<WireResponse, 'body'> => ({
  status,
  headers: { 'content-type': type, 'x-amzn-requestid': requestId },
});

function known(shape: Shape | undefined): Shape {
  if (!shape) throw new CommonError('UnknownOperationException', '');
  return shape;
}
