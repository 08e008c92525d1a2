/**
 * HTTP bindings of the REST protocols: which member travels in the path, the query, a header or the body. The body
 * itself is the affair of a `Body`, JSON or XML.
 */
import { CommonError } from '../core/errors.ts';
import type { Service } from '../core/operation.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { EVENT_STREAM, type eventStreams, isEventStream } from './eventStream.ts';
import { readHeader, readText, writeHeader } from './headers.ts';
import { labelsOf, routeOf } from './routes.ts';
import { serializationError, setKey, utf8 } from './scalars.ts';
import { httpTrait, inputOf, type Member, outputOf, type Shape } from './schema.ts';

type Plain = Record<string, unknown>;

/** What a REST protocol has between the bindings and the bytes. */
export interface Body {
  readonly contentType: string;
  /** Of a structure made of the members that are bound to nothing else. */
  readonly read: (shape: Shape) => (bytes: Uint8Array) => Plain;
  readonly write: (shape: Shape, service: Service) => (value: Plain) => string;
  /** Of a structure, list, map or document that is the whole body. */
  readonly readPayload: (member: Member) => (bytes: Uint8Array) => unknown;
  readonly writePayload: (member: Member, service: Service) => (value: unknown) => string;
  /** Of a stream of events that is the whole body. */
  readonly frames: ReturnType<typeof eventStreams>;
}

interface Request {
  readonly wire: WireRequest;
  readonly labels: Plain;
  readonly query: ReadonlyMap<string, string[]>;
}
type Bind = (from: Request, out: Plain) => void;
type Answer = { status: number; headers: Record<string, string>; body: WireResponse['body'] };
type Emit = (from: Plain, to: Answer) => void;

/** Input decoders and output encoders of one REST protocol, made on an operation's first call. */
export function bindings(body: Body) {
  const decoders = new WeakMap<Shape, Bind>();
  const encoders = new WeakMap<Service, Map<Shape, Emit>>();
  return {
    decode(wire: WireRequest, service: Service, operation: string): unknown {
      const shape = inputOf(service, operation);
      const route = routeOf(service, operation);
      if (!shape || !route) throw new CommonError('UnknownOperationException', '', 404);
      let bind = decoders.get(shape);
      if (!bind) decoders.set(shape, (bind = inputBinding(shape, body)));
      const out: Plain = {};
      bind({ wire, labels: labelsOf(route, wire.path), query: queryOf(wire.query) }, out);
      return out;
    },
    encode(output: unknown, service: Service, operation: string): Answer {
      const shape = outputOf(service, operation);
      const status = httpTrait(service, operation)?.[2] ?? 200;
      const answer: Answer = { status, headers: {}, body: '' };
      if (shape) emitterOf(shape, service)((output ?? {}) as Plain, answer);
      if (service.wire.statusOf && output) answer.status = service.wire.statusOf(output) ?? status;
      return answer;
    },
    /** Header-bound members of an error. */
    headersOf(shape: Shape, fields: Plain): Record<string, string> {
      const answer: Answer = { status: 0, headers: {}, body: '' };
      for (const member of shape.members) if (member.traits.httpHeader) headerEmitter(member)(fields, answer);
      return answer.headers;
    },
  };

  function emitterOf(shape: Shape, service: Service): Emit {
    let known = encoders.get(service);
    if (!known) encoders.set(service, (known = new Map()));
    let emit = known.get(shape);
    if (!emit) known.set(shape, (emit = outputBinding(shape, body, service)));
    return emit;
  }
}

const BOUND = ['httpLabel', 'httpQuery', 'httpQueryParams', 'httpHeader', 'httpPrefixHeaders', 'httpPayload'] as const;

const bodies = new WeakMap<Shape, Shape>();

/** The structure that travels in the body: the members bound to nothing. */
function bodyShape(shape: Shape): Shape {
  let made = bodies.get(shape);
  if (!made) {
    const members = shape.members.filter((m) => !m.traits.httpResponseCode && !BOUND.some((b) => b in m.traits));
    bodies.set(shape, (made = { ...shape, members }));
  }
  return made;
}

function inputBinding(shape: Shape, body: Body): Bind {
  const binds = shape.members.flatMap((m) => inputBinder(m, shape, body) ?? []);
  const inBody = bodyShape(shape);
  if (inBody.members.length > 0) {
    const read = body.read(inBody);
    binds.push((from, out) => void Object.assign(out, read(from.wire.body)));
  }
  return (from, out) => {
    for (const bind of binds) bind(from, out);
  };
}

function inputBinder(member: Member, shape: Shape, body: Body): Bind | undefined {
  const { name, traits } = member;
  if (traits.httpLabel) return (from, out) => (out[name] = readText(member, unescaped(from.labels[name] as string)));
  if (traits.httpQuery) return queryBinder(member, traits.httpQuery);
  if (traits.httpQueryParams) return queryParamsBinder(member, shape);
  if (traits.httpHeader) {
    const header = traits.httpHeader.toLowerCase();
    return (from, out) => {
      const text = from.wire.headers[header];
      if (text !== undefined) out[name] = readHeader(member, text);
    };
  }
  if (traits.httpPrefixHeaders !== undefined) return prefixBinder(member, traits.httpPrefixHeaders.toLowerCase());
  return traits.httpPayload ? payloadBinder(member, body) : undefined;
}

function queryBinder(member: Member, key: string): Bind {
  const { name, shape } = member;
  if (shape.kind !== 'list') {
    return (from, out) => {
      const text = from.query.get(key)?.[0];
      if (text !== undefined) out[name] = readText(member, text);
    };
  }
  const element = shape.element as Member;
  return (from, out) => {
    const texts = from.query.get(key);
    if (texts) out[name] = texts.map((text) => readText(element, text));
  };
}

function queryParamsBinder(member: Member, shape: Shape): Bind {
  const taken = new Set(shape.members.flatMap((m) => m.traits.httpQuery ?? []));
  const lists = (member.shape.value as Member).shape.kind === 'list';
  return (from, out) => {
    const params: Plain = {};
    for (const [key, texts] of from.query) if (!taken.has(key)) setKey(params, key, lists ? texts : texts[0]);
    out[member.name] = params;
  };
}

function prefixBinder(member: Member, prefix: string): Bind {
  return (from, out) => {
    const map: Plain = {};
    for (const [header, text] of Object.entries(from.wire.headers)) {
      if (header.startsWith(prefix) && header.length > prefix.length) setKey(map, header.slice(prefix.length), text);
    }
    if (Object.keys(map).length > 0) out[member.name] = map;
  };
}

function payloadBinder(member: Member, body: Body): Bind {
  const { name, shape } = member;
  if (shape.kind === 'blob') return (from, out) => (out[name] = from.wire.upload ?? from.wire.body);
  if (shape.kind === 'string') {
    return (from, out) => {
      if (from.wire.body.length > 0) out[name] = utf8(from.wire.body, () => serializationError('Invalid UTF-8'));
    };
  }
  const read = body.readPayload(member);
  return (from, out) => {
    if (from.wire.body.length > 0) out[name] = read(from.wire.body);
  };
}

function queryOf(query: string): ReadonlyMap<string, string[]> {
  const out = new Map<string, string[]>();
  if (query === '') return out;
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = unescaped((equals === -1 ? pair : pair.slice(0, equals)).replaceAll('+', ' '));
    const value = equals === -1 ? '' : unescaped(pair.slice(equals + 1).replaceAll('+', ' '));
    const known = out.get(key);
    if (known) known.push(value);
    else out.set(key, [value]);
  }
  return out;
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CommonError('MalformedQueryString', 'The query string contains a syntax error.');
  }
}

function outputBinding(shape: Shape, body: Body, service: Service): Emit {
  const emits = shape.members.flatMap((m) => outputBinder(m, body, service) ?? []);
  const inBody = bodyShape(shape);
  if (inBody.members.length > 0) {
    const write = body.write(inBody, service);
    emits.push((from, to) => {
      to.headers['content-type'] = body.contentType;
      to.body = write(from);
    });
  }
  return (from, to) => {
    for (const emit of emits) emit(from, to);
  };
}

function outputBinder(member: Member, body: Body, service: Service): Emit | undefined {
  const { name, traits } = member;
  if (traits.httpHeader) return headerEmitter(member);
  if (traits.httpPrefixHeaders !== undefined) return prefixEmitter(member, traits.httpPrefixHeaders.toLowerCase());
  if (traits.httpResponseCode) {
    return (from, to) => {
      if (typeof from[name] === 'number') to.status = from[name];
    };
  }
  if (!traits.httpPayload) return undefined;
  return isEventStream(member) ? streamEmitter(member, body, service) : payloadEmitter(member, body, service);
}

function headerEmitter(member: Member): Emit {
  const header = (member.traits.httpHeader as string).toLowerCase();
  return (from, to) => {
    const value = from[member.name];
    if (value === undefined || value === null) return;
    const text = writeHeader(member, value);
    if (text !== '') to.headers[header] = text;
  };
}

function prefixEmitter(member: Member, prefix: string): Emit {
  const value = member.shape.value as Member;
  return (from, to) => {
    const map = from[member.name];
    if (!map) return;
    for (const [key, v] of Object.entries(map)) {
      if (/^[\w!#$%&'*+.^`|~-]+$/.test(key)) to.headers[prefix + key.toLowerCase()] = writeHeader(value, v);
    }
  };
}

function streamEmitter({ name, shape: union }: Member, { frames }: Body, service: Service): Emit {
  return (from, to) => {
    to.headers['content-type'] = EVENT_STREAM;
    to.body = frames(from[name] as AsyncIterable<unknown>, { union, service });
  };
}

/** A stream whose bytes are all at hand is sent as those. */
const plainBody = (value: unknown): WireResponse['body'] =>
  (value as { readonly bytes?: Uint8Array }).bytes ?? (value as WireResponse['body']);

function payloadEmitter(member: Member, body: Body, service: Service): Emit {
  const { name, shape } = member;
  const type = shape.traits.mediaType ?? member.traits.mediaType;
  const plain = shape.kind === 'blob' || shape.kind === 'string';
  const write = plain ? undefined : body.writePayload(member, service);
  const plainType = shape.kind === 'blob' ? 'application/octet-stream' : 'text/plain';
  return (from, to) => {
    const value = from[name];
    if (value === undefined || value === null) return;
    to.headers['content-type'] ??= type ?? (plain ? plainType : body.contentType);
    to.body = write ? write(value) : plainBody(value);
  };
}
