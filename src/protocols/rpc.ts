/**
 * The RPC protocols: an operation's input is a document in the body, its output another. They differ in what names the
 * operation and in how documents are written.
 */
import { CommonError } from '../core/errors.ts';
import type { ProtocolName } from '../core/operation.ts';
import type { WireResponse } from '../core/wire.ts';
import type { DocumentCodec } from './documents.ts';
import { errorDocument, queryErrorHeader } from './errors.ts';
import { EVENT_STREAM, eventStreamIn, eventStreams } from './eventStream.ts';
import type { Protocol } from './protocol.ts';
import { inputOf, outputOf, type Shape } from './schema.ts';

interface Rpc {
  readonly name: ProtocolName;
  readonly match: Protocol['match'];
  /** Of an operation that the model has not. */
  readonly unknownStatus: number;
  readonly contentType: string;
  /** Of each answer, beside its id and type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether an answer without a document says what type it is not of. */
  readonly typesNothing: boolean;
  readonly codec: DocumentCodec;
  readonly read: (bytes: Uint8Array) => unknown;
  readonly write: (document: unknown) => string | Uint8Array;
}

export function rpc({ name, match, unknownStatus, contentType, typesNothing, codec, read, ...how }: Rpc): Protocol {
  const write = (shape: Shape) => (value: unknown) => how.write(codec.encode(shape)(value));
  const frames = eventStreams({ protocol: name, contentType, write });
  const reply = (status: number, requestId: string, body: WireResponse['body'], type?: string): WireResponse => {
    const typed = type === undefined ? {} : { 'content-type': type };
    return { status, headers: { ...typed, ...how.headers, 'x-amzn-requestid': requestId }, body };
  };
  const known = (shape: Shape | undefined): Shape => {
    if (!shape) throw new CommonError('UnknownOperationException', '', unknownStatus);
    return shape;
  };
  return {
    name,
    match,
    decode(request, service, operation) {
      const decode = codec.decode(known(inputOf(service, operation)));
      return decode(request.body.length === 0 ? {} : read(request.body));
    },
    encode(output, service, operation, requestId) {
      const shape = known(outputOf(service, operation));
      if (shape.kind === 'unit') return reply(200, requestId, '', typesNothing ? contentType : undefined);
      const stream = eventStreamIn(shape);
      if (!stream) return reply(200, requestId, write(shape)(output), contentType);
      const { [stream.name]: events, ...rest } = output as Record<string, unknown>;
      const told = { union: stream.shape, service, initial: write(shape)(rest) };
      return reply(200, requestId, frames(events as AsyncIterable<unknown>, told), EVENT_STREAM);
    },
    encodeError(error, service, requestId) {
      const response = reply(error.status, requestId, how.write(errorDocument(error, codec)), contentType);
      const header = queryErrorHeader(error, service);
      return header ? { ...response, headers: { ...response.headers, 'x-amzn-query-error': header } } : response;
    },
  };
}
