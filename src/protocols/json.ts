/**
 * JSON documents by schema, both ways. Each shape becomes a pair of closures, made once; a call then only runs them.
 * `jsonName` is honoured by restJson alone: awsJson sends members under their own names.
 */
import { NumericValue } from '@smithy/core/serde';
import type { CommonError } from '../core/errors.ts';
import {
  asDate,
  DEPTH_MAX,
  dateOfSeconds,
  formatTimestamp,
  NOT_FINITE,
  parseBase64,
  parseTimestamp,
  serializationError,
  setKey,
  toBase64,
  utf8,
} from './scalars.ts';
import type { Member, Shape } from './schema.ts';

type Convert = (value: unknown) => unknown;
type Plain = Record<string, unknown>;

export interface JsonCodec {
  /** From parsed JSON to the SDK's input. Throws SerializationException. */
  readonly decode: (shape: Shape) => Convert;
  /** From a handler's output to a value for JSON.stringify. */
  readonly encode: (shape: Shape) => Convert;
  readonly nameOf: (member: Member) => string;
}

export const plainJson = codec((member) => member.name);
export const namedJson = codec((member) => member.traits.jsonName ?? member.name);

/** Empty bytes are an empty document. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = utf8(bytes, () => serializationError('Invalid UTF-8 in the request body'));
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw serializationError('The request body is not a valid JSON document');
  }
}

function codec(nameOf: (member: Member) => string): JsonCodec {
  const decoders = new WeakMap<Shape, Convert>();
  const encoders = new WeakMap<Shape, Convert>();
  const made: JsonCodec = {
    decode: (shape) => kept(decoders, shape, () => bounded(shape, decoder(shape, made))),
    encode: (shape) => kept(encoders, shape, () => encoder(shape, made)),
    nameOf,
  };
  return made;
}

/** A shape that contains itself finds the closure that is still being made. */
function kept(cache: WeakMap<Shape, Convert>, shape: Shape, make: () => Convert): Convert {
  const known = cache.get(shape);
  if (known) return known;
  let ready: Convert | undefined;
  cache.set(shape, (value) => (ready as Convert)(value));
  ready = make();
  cache.set(shape, ready);
  return ready;
}

function bounded(shape: Shape, decode: Convert): Convert {
  if (!shape.recursive) return decode;
  let depth = 0;
  return (value) => {
    if (++depth > DEPTH_MAX) {
      depth = 0;
      throw serializationError('The request body is nested too deeply');
    }
    try {
      return decode(value);
    } finally {
      if (depth > 0) depth--;
    }
  };
}

function decoder(shape: Shape, json: JsonCodec): Convert {
  switch (shape.kind) {
    case 'structure':
    case 'unit':
      return structDecoder(shape, json);
    case 'union':
      return unionDecoder(shape, json);
    case 'list':
      return listDecoder(json.decode((shape.element as Member).shape), sparse(shape));
    case 'map':
      return mapDecoder(json.decode((shape.value as Member).shape), sparse(shape));
    case 'timestamp':
      return timestampDecoder(shape);
    default:
      return SCALARS[shape.kind];
  }
}

const sparse = (shape: Shape) => shape.traits.sparse === 1;

function structDecoder(shape: Shape, json: JsonCodec): Convert {
  const members = shape.members.map((m) => ({ name: m.name, wire: json.nameOf(m), decode: json.decode(m.shape) }));
  return (value) => {
    const from = structure(value, 'structure');
    const out: Plain = {};
    for (const { name, wire, decode } of members) {
      const v = from[wire];
      if (v !== undefined && v !== null) out[name] = decode(v);
    }
    return out;
  };
}

function unionDecoder(shape: Shape, json: JsonCodec): Convert {
  const decode = structDecoder(shape, json);
  return (value) => {
    const out = decode(value) as Plain;
    const count = Object.keys(out).length;
    if (count !== 1) throw serializationError(`Expected exactly one member of union ${shape.name}, found ${count}`);
    return out;
  };
}

function listDecoder(decode: Convert, nulls: boolean): Convert {
  return (value) => {
    if (!Array.isArray(value)) throw mismatch(value, 'list');
    return value.map((v) => (v === null ? nullIn('list', nulls) : decode(v)));
  };
}

function mapDecoder(decode: Convert, nulls: boolean): Convert {
  return (value) => {
    const from = structure(value, 'map');
    const out: Plain = {};
    for (const key of Object.keys(from)) {
      const v = from[key];
      setKey(out, key, v === null ? nullIn('map', nulls) : decode(v));
    }
    return out;
  };
}

function nullIn(what: string, allowed: boolean): null {
  if (allowed) return null;
  throw serializationError(`Null value found in a ${what} where not expected`);
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
  bigDecimal: (value) =>
    typeof value === 'number' ? new NumericValue(String(value), 'bigDecimal') : raise(value, 'a BigDecimal'),
  document: (value) => documentOf(value, 0),
};

function documentOf(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) throw serializationError('The request body is nested too deeply');
  for (const inner of Object.values(value)) documentOf(inner, depth + 1);
  return value;
}

function structure(value: unknown, kind: string): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, kind);
  return value as Plain;
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

function mismatch(value: unknown, wanted: string): CommonError {
  if (wanted !== 'list' && Array.isArray(value)) return serializationError('Start of list found where not expected');
  if (wanted === 'list' && typeof value === 'object' && value !== null) {
    return serializationError('Start of structure or map found where not expected.');
  }
  return serializationError(`Expected ${wanted} or null`);
}

function encoder(shape: Shape, json: JsonCodec): Convert {
  switch (shape.kind) {
    case 'structure':
    case 'union':
    case 'unit':
      return structEncoder(shape, json);
    case 'list': {
      const item = json.encode((shape.element as Member).shape);
      return (value) => Array.from(value as Iterable<unknown>, (v) => (v === null || v === undefined ? null : item(v)));
    }
    case 'map':
      return mapEncoder(json.encode((shape.value as Member).shape));
    case 'timestamp': {
      const { format } = shape;
      if (format === undefined || format === 'epochSeconds') return (value) => asDate(value).getTime() / 1000;
      return (value) => formatTimestamp(asDate(value), format);
    }
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

function structEncoder(shape: Shape, json: JsonCodec): Convert {
  const members = shape.members.map((m) => ({ name: m.name, wire: json.nameOf(m), encode: json.encode(m.shape) }));
  return (value) => {
    const from = (value ?? {}) as Plain;
    const out: Plain = {};
    for (const { name, wire, encode } of members) {
      const v = from[name];
      if (v !== undefined && v !== null) out[wire] = encode(v);
    }
    return out;
  };
}

function mapEncoder(encode: Convert): Convert {
  return (value) => {
    const out: Plain = {};
    for (const [key, v] of Object.entries(value as Plain)) {
      if (v !== undefined) setKey(out, key, v === null ? null : encode(v));
    }
    return out;
  };
}

/** A number of any size, digit for digit. */
function raw(value: unknown): unknown {
  const text = value instanceof NumericValue ? value.string : String(value);
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
