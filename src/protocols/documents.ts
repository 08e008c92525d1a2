/**
 * Documents by schema, both ways: what JSON and CBOR have in common. Each shape becomes a pair of closures, made once;
 * a call then only runs them. How scalars look is the affair of a `Format`.
 */
import { type CommonError, ValidationFailure } from '../core/errors.ts';
import { DEPTH_MAX, serializationError, setKey } from './scalars.ts';
import { isClosed, type Member, type Shape } from './schema.ts';

export type Convert = (value: unknown) => unknown;
type Plain = Record<string, unknown>;

export interface DocumentCodec {
  /** From a parsed document to the SDK's input. Throws SerializationException. */
  readonly decode: (shape: Shape) => Convert;
  /** From a handler's output to a document. */
  readonly encode: (shape: Shape) => Convert;
}

export interface Format {
  readonly nameOf: (member: Member) => string;
  readonly decodeScalar: (shape: Shape) => Convert;
  readonly encodeScalar: (shape: Shape) => Convert;
}

export function documentCodec(format: Format): DocumentCodec {
  const decoders = new WeakMap<Shape, Convert>();
  const encoders = new WeakMap<Shape, Convert>();
  const made: DocumentCodec = {
    decode: (shape) => kept(decoders, shape, () => bounded(shape, decoder(shape, made, format))),
    encode: (shape) => kept(encoders, shape, () => encoder(shape, made, format)),
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

function decoder(shape: Shape, codec: DocumentCodec, format: Format): Convert {
  switch (shape.kind) {
    case 'structure':
    case 'unit':
      return structDecoder(shape, codec, format);
    case 'union':
      return unionDecoder(shape, codec, format);
    case 'list':
      return listDecoder(codec.decode((shape.element as Member).shape), sparse(shape));
    case 'map':
      return mapDecoder(codec.decode((shape.value as Member).shape), sparse(shape));
    default:
      return format.decodeScalar(shape);
  }
}

const sparse = (shape: Shape) => shape.traits.sparse === 1;

function structDecoder(shape: Shape, codec: DocumentCodec, format: Format): Convert {
  const members = shape.members.map((m) => ({ name: m.name, wire: format.nameOf(m), decode: codec.decode(m.shape) }));
  const decode = (value: unknown) => {
    const from = structure(value, 'structure');
    const out: Plain = {};
    for (const { name, wire, decode } of members) {
      const v = from[wire];
      if (v !== undefined && v !== null) out[name] = decode(v);
    }
    return out;
  };
  return isClosed(shape) ? closed(shape, new Set(members.map(({ wire }) => wire)), decode) : decode;
}

function closed(shape: Shape, names: ReadonlySet<string>, decode: Convert): Convert {
  return (value) => {
    const unknown = Object.keys(structure(value, 'structure')).find((name) => !names.has(name));
    if (unknown !== undefined)
      throw new ValidationFailure(`Unknown member '${unknown.slice(0, 64)}' of ${shape.name}.`);
    return decode(value);
  };
}

function unionDecoder(shape: Shape, codec: DocumentCodec, format: Format): Convert {
  const decode = structDecoder(shape, codec, format);
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

function structure(value: unknown, kind: string): Plain {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, kind);
  return value as Plain;
}

function mismatch(value: unknown, wanted: string): CommonError {
  if (wanted !== 'list' && Array.isArray(value)) return serializationError('Start of list found where not expected');
  if (wanted === 'list' && typeof value === 'object' && value !== null) {
    return serializationError('Start of structure or map found where not expected.');
  }
  return serializationError(`Expected ${wanted} or null`);
}

function encoder(shape: Shape, codec: DocumentCodec, format: Format): Convert {
  switch (shape.kind) {
    case 'structure':
    case 'union':
    case 'unit':
      return structEncoder(shape, codec, format);
    case 'list': {
      const item = codec.encode((shape.element as Member).shape);
      return (value) => Array.from(value as Iterable<unknown>, (v) => (v === null || v === undefined ? null : item(v)));
    }
    case 'map':
      return mapEncoder(codec.encode((shape.value as Member).shape));
    default:
      return format.encodeScalar(shape);
  }
}

function structEncoder(shape: Shape, codec: DocumentCodec, format: Format): Convert {
  const members = shape.members.map((m) => ({ name: m.name, wire: format.nameOf(m), encode: codec.encode(m.shape) }));
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
