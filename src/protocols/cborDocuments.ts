/** Documents in CBOR, for the two protocols that have such. They differ in what a time is. */
import { type Convert, documentCodec } from './documents.ts';
import { asDate, serializationError } from './scalars.ts';
import type { Shape } from './schema.ts';
import { cborLibrary, isDecimal } from './smithy.ts';

/** How many times as far from 1970 as it is a time is told, as seconds: once, or in milliseconds a thousand times. */
export function cborDocuments(scale: 1 | 1000) {
  const scalars: Readonly<Record<Scalar, Convert>> = {
    ...SCALARS,
    timestamp: (value) => (value instanceof Date ? new Date(value.getTime() / scale) : wrong(value, 'a Timestamp')),
  };
  return documentCodec({
    nameOf: (member) => member.name,
    decodeScalar: (shape) => scalars[shape.kind as Scalar],
    encodeScalar: (shape) => {
      if (shape.kind === 'timestamp') {
        return (value) => cborLibrary().dateToTag(new Date(asDate(value).getTime() * scale));
      }
      if (shape.kind === 'string') return (value) => (typeof value === 'string' ? value : String(value));
      return (value) => value;
    },
  });
}

type Scalar = Exclude<Shape['kind'], 'structure' | 'union' | 'unit' | 'list' | 'map'>;

const is = (wanted: string, test: (value: unknown) => boolean): Convert => {
  return (value) => (test(value) ? value : wrong(value, wanted));
};

const SCALARS: Readonly<Record<Exclude<Scalar, 'timestamp'>, Convert>> = {
  string: is('a String', (value) => typeof value === 'string'),
  boolean: is('a Boolean', (value) => typeof value === 'boolean'),
  number: (value) =>
    typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : wrong(value, 'a Number'),
  blob: is('a Blob', (value) => value instanceof Uint8Array),
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
