/** JSON by schema. `jsonName` is honoured by restJson alone: awsJson sends members under their own names. */

import { type Convert, documentCodec, type Format } from './documents.ts';
import {
  asDate,
  DEPTH_MAX,
  dateOfSeconds,
  formatTimestamp,
  ITEMS_MAX,
  NOT_FINITE,
  parseBase64,
  parseTimestamp,
  serializationError,
  toBase64,
  utf8,
} from './scalars.ts';
import type { Shape } from './schema.ts';
import { decimal, isDecimal } from './smithy.ts';

const scalars: Omit<Format, 'nameOf'> = {
  decodeScalar: (shape) => (shape.kind === 'timestamp' ? timestampDecoder(shape) : SCALARS[shape.kind as Scalar]),
  encodeScalar: encoder,
};

export const plainJson = documentCodec({ ...scalars, nameOf: (member) => member.name });
export const namedJson = documentCodec({ ...scalars, nameOf: (member) => member.traits.jsonName ?? member.name });

/** Empty bytes are an empty document. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = utf8(bytes, () => serializationError('Invalid UTF-8 in the request body'));
  if (text === '') return {};
  if (bytes.length > 2 * ITEMS_MAX) requireFewItems(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw serializationError('The request body is not a valid JSON document');
  }
}

const [QUOTE, ESCAPE, COMMA, LIST, MAP] = Buffer.from('"\\,[{') as unknown as readonly number[];

/** Of a document longer than most may be, before it is taken apart. */
function requireFewItems(bytes: Uint8Array): void {
  let items = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) isText = !isText;
    else if (isText) i += byte === ESCAPE ? 1 : 0;
    else if ((byte === COMMA || byte === LIST || byte === MAP) && ++items > ITEMS_MAX) {
      throw serializationError('The request body has too many items');
    }
  }
}

function timestampDecoder(shape: Shape): Convert {
  const format = shape.format ?? 'epochSeconds';
  if (format !== 'epochSeconds') {
    return (value) => {
      const date = typeof value === 'string' ? parseTimestamp(value, format) : undefined;
      return date ?? raise(value, 'a Timestamp');
    };
  }
  return (value) => {
    const date = typeof value === 'number' ? dateOfSeconds(value) : undefined;
    return date ?? raise(value, 'milliseconds since epoch');
  };
}

type Scalar = Exclude<Shape['kind'], 'structure' | 'union' | 'unit' | 'list' | 'map' | 'timestamp'>;

const SCALARS: Readonly<Record<Scalar, Convert>> = {
  string: (value) => (typeof value === 'string' ? value : raise(value, 'a String')),
  boolean: (value) => (typeof value === 'boolean' ? value : raise(value, 'a Boolean')),
  number: (value) => (typeof value === 'number' ? value : (NOT_FINITE[value as string] ?? raise(value, 'an Integer'))),
  blob: (value) => (typeof value === 'string' ? parseBase64(value) : undefined) ?? raise(value, 'a Blob'),
  bigInteger: (value) => (Number.isInteger(value) ? BigInt(value as number) : raise(value, 'a BigInteger')),
  bigDecimal: (value) => (typeof value === 'number' ? decimal(String(value)) : raise(value, 'a BigDecimal')),
  document: (value) => documentOf(value, 0),
};

function documentOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) throw serializationError('The request body is nested too deeply');
  for (const inner of Object.values(value)) documentOf(inner, depth + 1);
  return value;
}

/** The names AWS gives what it read instead. */
function token(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'number') return 'NUMBER_VALUE';
  return value === true ? 'TRUE_VALUE' : 'FALSE_VALUE';
}

function raise(value: unknown, wanted: string): never {
  if (Array.isArray(value)) throw serializationError('Start of list found where not expected');
  if (typeof value === 'object') throw serializationError('Start of structure or map found where not expected.');
  throw serializationError(`${token(value)} can not be converted to ${wanted}`);
}

function encoder(shape: Shape): Convert {
  const { format } = shape;
  switch (shape.kind) {
    case 'timestamp':
      if (format === undefined || format === 'epochSeconds') return (value) => asDate(value).getTime() / 1000;
      return (value) => formatTimestamp(asDate(value), format);
    case 'blob':
      return toBase64;
    case 'number':
      return (value) => (Number.isFinite(value) ? value : typeof value === 'bigint' ? raw(value) : String(value));
    case 'bigInteger':
    case 'bigDecimal':
      return raw;
    case 'string':
      return (value) => (typeof value === 'string' ? value : String(value));
    default:
      return (value) => value;
  }
}

/** A number of any size, digit for digit. */
function raw(value: unknown): unknown {
  const text = isDecimal(value) ? value.string : String(value);
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
