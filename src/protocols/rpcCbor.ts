/** Smithy RPC v2 CBOR: `POST /service/Name/operation/Operation`, CBOR both ways. */
import { CommonError } from '../core/errors.ts';
import type { WireResponse } from '../core/wire.ts';
import { readCbor } from './cbor.ts';
import { cborDocuments } from './cborDocuments.ts';
import { errorDocument, queryErrorHeader } from './errors.ts';
import type { Protocol } from './protocol.ts';
import { inputOf, outputOf, type Shape } from './schema.ts';
import { cborLibrary } from './smithy.ts';

const PATH = /\/service\/([A-Za-z_][\w.]*)\/operation\/([A-Za-z_]\w*)$/;

export const rpcV2Cbor: Protocol = {
  name: 'rpcV2Cbor',
  match(request, service) {
    if (request.headers['smithy-protocol'] !== 'rpc-v2-cbor' || request.method !== 'POST') return undefined;
    const found = request.path.length <= 1024 ? PATH.exec(request.path) : null;
    if (!found || (service.wire.target !== undefined && found[1] !== service.wire.target)) return undefined;
    return found[2];
  },
  decode(request, service, operation) {
    const decode = document.decode(known(inputOf(service, operation)));
    return decode(request.body.length === 0 ? {} : readCbor(request.body));
  },
  encode(output, service, operation, requestId) {
    const shape = known(outputOf(service, operation));
    if (shape.kind !== 'unit') return reply(200, requestId, document.encode(shape)(output));
    return { status: 200, headers: { 'smithy-protocol': 'rpc-v2-cbor', 'x-amzn-requestid': requestId }, body: '' };
  },
  encodeError(error, service, requestId) {
    const response = reply(error.status, requestId, errorDocument(error, document));
    const header = queryErrorHeader(error, service);
    return header ? { ...response, headers: { ...response.headers, 'x-amzn-query-error': header } } : response;
  },
};

function reply(status: number, requestId: string, value: unknown): WireResponse {
  const headers = {
    'content-type': 'application/cbor',
    'smithy-protocol': 'rpc-v2-cbor',
    'x-amzn-requestid': requestId,
  };
  return { status, headers, body: cborLibrary().cbor.serialize(value) };
}

function known(shape: Shape | undefined): Shape {
  if (!shape) throw new CommonError('UnknownOperationException', '', 404);
  return shape;
}

const document = cborDocuments(1);
