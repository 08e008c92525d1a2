/** Smithy RPC v2 CBOR: `POST /service/Name/operation/Operation`, CBOR both ways. */
import { CommonError } from '../core/errors.ts';
import type { WireResponse } from '../core/wire.ts';
import { readCbor } from './cbor.ts';
import { type Convert, documentCodec } from './documents.ts';
import { errorDocument, queryErrorHeader } from './errors.ts';
import type { Protocol } from './protocol.ts';
import { asDate, serializationError } from './scalars.ts';
import { inputOf, outputOf, type Shape } from './schema.ts';
import { cborLibrary, isDecimal } from './smithy.ts';

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

const document = documentCodec({
  nameOf: (member) => member.name,
  decodeScalar: (shape) => SCALARS[shape.kind as Scalar],
  encodeScalar: (shape) => {
    if (shape.kind === 'timestamp') return (value) => cborLibrary().dateToTag(asDate(value));
    if (shape.kind === 'string') return (value) => (typeof value === 'string' ? value : String(value));
    return (value) => value;
  },
});

type Scalar = Exclude<Shape['kind'], 'structure' | 'union' | 'unit' | 'list' | 'map'>;

const is = (wanted: string, test: (value: unknown) => boolean): Convert => {
  return (value) => (test(value) ? value : wrong(value, wanted));
};

const SCALARS: Readonly<Record<Scalar, Convert>> = {
  string: is('a String', (value) => typeof value === 'string'),
  boolean: is('a Boolean', (value) => typeof value === 'boolean'),
  number: (value) =>
    typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : wrong(value, 'a Number'),
  blob: is('a Blob', (value) => value instanceof Uint8Array),
  timestamp: is('a Timestamp', (value) => value instanceof Date),
  bigInteger: (value) =>
    typeof value === 'bigint'
      ? value
      : Number.isInteger(value)
        ? BigInt(value as number)
        : wrong(value, 'a BigInteger'),
  bigDecimal: is('a BigDecimal', (value) => isDecimal(value) || typeof value === 'number'),
  document: (value) => value,
};

function wrong(value: unknown, wanted: string): never {
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected');
  const plain = typeof value === 'object' && !(value instanceof Date || value instanceof Uint8Array);
  if (plain && !isDecimal(value)) {
    throw serializationError('Start of structure or map found where not expected.');
  }
  throw serializationError(`${kindOf(value)} can not be converted to ${wanted}`);
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  if (value instanceof Uint8Array) return 'BLOB_VALUE';
  return value instanceof Date ? 'TIMESTAMP_VALUE' : 'NUMBER_VALUE';
}
