/**
 * For the tests of the codecs: an unmodified SDK client whose requests go through our decoder and whose answers come
 * from our encoder, in process; values made up from a shape; and what two ends must agree on.
 */
import { NumericValue } from '@smithy/core/serde';
import * as fc from 'fast-check';
import type { ProtocolName, Service, Wire } from '../core/operation.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { describeError, errorProtocol, matchOperation } from './index.ts';
import type { Member, Shape } from './schema.ts';

export function serviceOf(name: string, sdk: unknown, wire: Wire): Service {
  const rest = { prefix: name, eventSource: `${name}.amazonaws.com`, global: false, limits: {}, operations: {} };
  return { name, sdk, wire, ...rest };
}

export interface Seen {
  readonly operation: string;
  readonly protocol: ProtocolName;
  readonly input: unknown;
  readonly request: WireRequest;
  readonly response: WireResponse;
}

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string | readonly string[] | null>;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** `answer` gives the output of a call, or throws. */
export function loopback(service: Service, answer: (operation: string, input: unknown) => unknown, seen: Seen[] = []) {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    async handle(request: SdkRequest) {
      const wire = await wireOf(request);
      const { response } = serve(service, wire, answer, seen);
      const body = typeof response.body === 'string' ? Buffer.from(response.body) : response.body;
      return { response: { statusCode: response.status, headers: { ...response.headers }, body } };
    },
  };
}

/** One request through decoder, answer and encoder. */
export function serve(
  service: Service,
  request: WireRequest,
  answer: (operation: string, input: unknown) => unknown,
  seen: Seen[] = [],
): { response: WireResponse } {
  const id = '8a7f2b1c-0000-4000-8000-000000000001';
  let protocol = errorProtocol(request, service);
  try {
    const match = matchOperation(request, service);
    if (!match) throw new Error(`no operation of ${service.name} for ${request.method} ${request.path}`);
    protocol = match.protocol;
    const { operation } = match;
    const input = protocol.decode(request, service, operation);
    const at = seen.push({ operation, protocol: protocol.name, input, request, response: NONE }) - 1;
    const response = protocol.encode(answer(operation, input), service, operation, id);
    seen[at] = { ...(seen[at] as Seen), response };
    return { response };
  } catch (error) {
    const told = describeError(error, service, protocol.name);
    if (told.code === 'InternalFailure') throw error;
    return { response: protocol.encodeError(told, service, id) };
  }
}

const NONE: WireResponse = { status: 0, headers: {}, body: '' };

async function wireOf({ method, path, query, headers, body }: SdkRequest): Promise<WireRequest> {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((v) => (v === null ? encode(key) : `${encode(key)}=${encode(v)}`)),
  );
  const lower = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), String(value)]));
  return { method, path, query: pairs.join('&'), headers: lower, body: await bytesOf(body) };
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  for await (const part of body as AsyncIterable<Uint8Array>) parts.push(part);
  return Buffer.concat(parts);
}

export interface Made {
  /** Timestamps without milliseconds: http-date has none. */
  readonly seconds?: boolean;
  /** Lists and maps are never empty: flattened XML and ec2Query cannot say so. */
  readonly filled?: boolean;
}

/** Text that every protocol can carry: XML has no control characters, and its readers drop blank text. */
const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .map((s) => s.toWellFormed().replace(UNWRITABLE, '.'))
  .filter((s) => s === '' || s.trim() !== '');

/** The SDK's own readers lose `__proto__`; ours are tested for it apart. */
const keys = text.filter((key) => key !== '__proto__');

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot carry
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  boolean: fc.boolean(),
  number: fc.oneof(
    fc.integer(),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((n) => n + 0),
  ),
  blob: fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
  bigInteger: fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  bigDecimal: fc.integer().map((n) => new NumericValue(`${n}.5`, 'bigDecimal')),
  document: fc.constant('text'),
  unit: fc.constant({}),
};

/** A value of the shape, with some of its members, at most five deep. */
export function madeFor(shape: Shape, how: Made = {}, depth = 0): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'structure':
      return structureOf(shape.members, how, depth);
    case 'union':
      return fc.oneof(...shape.members.map((m) => memberOf(m, how, depth).map((v) => ({ [m.name]: v }))));
    case 'list':
      return fc.array(memberOf(shape.element as Member, how, depth), { minLength: how.filled ? 1 : 0, maxLength: 3 });
    case 'map':
      return fc.dictionary(keys, sayable(memberOf(shape.value as Member, how, depth)), {
        minKeys: how.filled ? 1 : 0,
        maxKeys: 3,
        noNullPrototype: true,
      });
    case 'timestamp': {
      const step = how.seconds || shape.format === 'httpDate' ? 1000 : 1;
      return fc.integer({ min: 0, max: 4e9 }).map((n) => new Date(Math.round((n * 1001) / step) * step));
    }
    default:
      return SCALARS[shape.kind] as fc.Arbitrary<unknown>;
  }
}

/** A form cannot say that a map's value has nothing in it: the entry would be cut in half. */
const sayable = (values: fc.Arbitrary<unknown>) => values.filter((value) => pruned(value) !== undefined);

const DEPTH = 5;

function structureOf(members: readonly Member[], how: Made, depth: number): fc.Arbitrary<unknown> {
  const shown = members.filter((m) => depth < DEPTH || !['structure', 'union', 'list', 'map'].includes(m.shape.kind));
  const fields = Object.fromEntries(shown.map((m) => [m.name, memberOf(m, how, depth)]));
  const requiredKeys = shown.filter((m) => m.traits.httpLabel || m.traits.idempotencyToken).map((m) => m.name);
  return fc.record(fields, { requiredKeys, noNullPrototype: true });
}

function memberOf(member: Member, how: Made, depth: number): fc.Arbitrary<unknown> {
  const { shape, traits } = member;
  if (traits.httpPrefixHeaders !== undefined) return fc.dictionary(word, word, { minKeys: 1, noNullPrototype: true });
  const inHead = traits.httpLabel ?? traits.httpHeader;
  if (inHead && shape.kind === 'string') return word;
  if (inHead && shape.element?.shape.kind === 'string') return fc.array(word, { minLength: 1, maxLength: 3 });
  const made = madeFor(shape, how, depth + 1);
  return traits.idempotencyToken ? made.filter((v) => v !== '') : made;
}

/** For labels and headers: what else they carry has tests of its own. */
const word = fc.stringMatching(/^[a-z][a-z0-9]{2,9}$/);

/** Bytes, dates and numbers in a form that compares; absent members, the SDK's metadata and fault left out. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) return `date:${value.toISOString()}`;
  if (value instanceof NumericValue) return `number:${value.string}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([k, v]) => v !== undefined && v !== null && k !== '$metadata');
  return Object.fromEntries(kept.map(([k, v]) => [k, plain(v)]));
}

/** What a form can say: structures and maps with nothing in them leave no parameter behind. */
export function pruned(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kept = value.map(pruned).filter((v) => v !== undefined);
    return kept.length > 0 || value.length === 0 ? kept : undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([k, v]) => {
    const below = pruned(v);
    return below === undefined ? [] : [[k, below]];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}
