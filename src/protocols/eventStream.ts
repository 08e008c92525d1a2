/**
 * Answers that go on: a stream of events, each a frame of `application/vnd.amazon.eventstream`, in awsJson and its CBOR,
 * restJson and restXml. https://smithy.io/2.0/aws/amazon-eventstream.html
 *
 * An operation whose output has a member that is a streaming union (StartLiveTail's `responseStream`,
 * SelectObjectContent's `Payload`) returns an AsyncIterable there, of objects with one member of the union each, as the
 * SDK types them: `{ Records: { Payload: bytes } }`. It is begun when the write set has committed, so it must not use
 * the `ctx` of the operation: what it needs of the store it asks for by `ctx.ongoing` (core/ongoing.ts); a plain
 * generator will do that reads bytes which `run` has found. The next event is asked for when the client has taken the
 * one before; when the client leaves, the iterator's `return` is called.
 *
 * What it throws before anything was sent is answered as any other error (restXml and restJson; awsJson begins with a
 * frame of its own). Thrown later, an error that is a member of the union is sent as that exception, every other one
 * as an error with code and message; then the stream ends.
 */
import { crc32 } from 'node:zlib';
import type { ProtocolName, Service } from '../core/operation.ts';
import { describeError } from './errors.ts';
import type { WireError } from './protocol.ts';
import type { Member, Shape } from './schema.ts';

export const EVENT_STREAM = 'application/vnd.amazon.eventstream';

type Plain = Readonly<Record<string, unknown>>;

/** What a protocol has in the frames. */
export interface EventFormat {
  readonly protocol: ProtocolName;
  readonly contentType: string;
  /** Of a structure that is a payload. */
  readonly write: (shape: Shape) => (value: Plain) => string | Uint8Array;
}

/** The member of an output that is a stream of events. */
export const eventStreamIn = (output: Shape): Member | undefined => output.members.find(isEventStream);

export const isEventStream = ({ shape }: Member): boolean => shape.kind === 'union' && shape.traits.streaming === 1;

interface Streamed {
  readonly union: Shape;
  readonly service: Service;
  /** What an RPC protocol sends of the rest of its output, before all events. */
  readonly initial?: string | Uint8Array;
}

/** Frames of events, in one protocol. */
export function eventStreams(format: EventFormat) {
  const written = new WeakMap<Shape, ReadonlyMap<string, Write>>();
  const writersOf = (union: Shape) => {
    let known = written.get(union);
    if (!known) written.set(union, (known = new Map(union.members.map((m) => [m.name, eventWriter(m, format)]))));
    return known;
  };
  return (events: AsyncIterable<unknown>, { union, service, initial }: Streamed): AsyncIterable<Uint8Array> => {
    const writers = writersOf(union);
    const failed = (error: WireError) => failureFrame(error, union, format);
    const opening =
      initial === undefined ? undefined : frame(eventHeaders('initial-response', format.contentType), initial);
    const write = (event: unknown) => {
      const [name = '', value] = Object.entries(event as object).find(([, v]) => v !== undefined) ?? [];
      return writers.get(name)!(value as Plain);
    };
    const described = (error: unknown) => describeError(error, service, format.protocol);
    return {
      [Symbol.asyncIterator]: () => frames(events[Symbol.asyncIterator](), { opening, write, failed, described }),
    };
  };
}

interface Framing {
  readonly opening: Uint8Array | undefined;
  readonly write: (event: unknown) => Uint8Array;
  readonly described: (error: unknown) => WireError;
  readonly failed: (error: WireError) => Uint8Array;
}

const OVER: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** No generator: that would keep one who leaves waiting until the next event. */
function frames(source: AsyncIterator<unknown>, how: Framing): AsyncIterator<Uint8Array> {
  let { opening } = how;
  let begun = false;
  let failure: { readonly error: unknown; readonly ours: boolean } | undefined;
  const told = (value: Uint8Array): IteratorResult<Uint8Array> => {
    begun = true;
    return { done: false, value };
  };
  return {
    async next() {
      if (failure?.ours) throw failure.error; // The client was told as much as it may know; this goes into the log.
      if (failure) return OVER;
      if (opening) {
        const first = opening;
        opening = undefined;
        return told(first);
      }
      try {
        const { done, value } = await source.next();
        return done ? OVER : told(how.write(value));
      } catch (error) {
        if (!begun) throw error;
        const wire = how.described(error);
        failure = { error, ours: wire.code === 'InternalFailure' };
        return told(how.failed(wire));
      }
    },
    async return() {
      await source.return?.();
      return OVER;
    },
  };
}

type Write = (event: Plain) => Uint8Array;

/** Members travel in headers, as the payload, or together as a document. */
function eventWriter({ name, shape }: Member, format: EventFormat): Write {
  const inHeaders = shape.members.filter(({ traits }) => traits.eventHeader);
  const payload = shape.members.find(({ traits }) => traits.eventPayload);
  const rest = { ...shape, members: shape.members.filter(({ traits }) => !traits.eventHeader) };
  const { type, write } = payload ? payloadWriter(payload, format) : documentWriter(rest, format);
  const headers = eventHeaders(name, type);
  return (event) => {
    const own = inHeaders.flatMap((m) => (event[m.name] === undefined ? [] : [headerOf(m, event[m.name])]));
    return frame([...headers, ...own], write(event));
  };
}

interface PayloadWriter {
  readonly type: string | undefined;
  readonly write: (event: Plain) => string | Uint8Array;
}

function payloadWriter({ name, shape }: Member, format: EventFormat): PayloadWriter {
  const plain = PLAIN_TYPES[shape.kind];
  if (plain) return { type: plain, write: (event) => (event[name] ?? '') as string | Uint8Array };
  const write = format.write(shape);
  return { type: format.contentType, write: (event) => write((event[name] ?? {}) as Plain) };
}

const PLAIN_TYPES: Readonly<Record<string, string>> = { blob: 'application/octet-stream', string: 'text/plain' };

function documentWriter(shape: Shape, format: EventFormat): PayloadWriter {
  if (shape.members.length === 0) return { type: undefined, write: () => '' };
  return { type: format.contentType, write: format.write(shape) };
}

function failureFrame({ code, message, fields }: WireError, union: Shape, format: EventFormat): Uint8Array {
  const member = union.members.find(({ shape }) => shape.name === code);
  if (!member) {
    return frame([text(':error-code', code), text(':error-message', message), text(':message-type', 'error')], '');
  }
  const headers = [
    text(':exception-type', member.name),
    text(':content-type', format.contentType),
    text(':message-type', 'exception'),
  ];
  return frame(headers, format.write(member.shape)({ ...fields, message, Message: message }));
}

const eventHeaders = (name: string, type: string | undefined): Buffer[] => [
  text(':event-type', name),
  ...(type === undefined ? [] : [text(':content-type', type)]),
  text(':message-type', 'event'),
];

/** The lengths of the whole and of the headers, their checksum; headers, payload; the checksum of all before. */
function frame(headers: readonly Buffer[], payload: string | Uint8Array): Uint8Array {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const headerBytes = headers.reduce((sum, { length }) => sum + length, 0);
  const length = PRELUDE_BYTES + headerBytes + body.length + CHECKSUM_BYTES;
  const prelude = Buffer.alloc(PRELUDE_BYTES);
  prelude.writeUInt32BE(length, 0);
  prelude.writeUInt32BE(headerBytes, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const whole = Buffer.concat([prelude, ...headers, body, Buffer.alloc(CHECKSUM_BYTES)], length);
  whole.writeUInt32BE(crc32(whole.subarray(0, length - CHECKSUM_BYTES)), length - CHECKSUM_BYTES);
  return whole;
}

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;

function headerOf({ name, shape }: Member, value: unknown): Buffer {
  switch (shape.kind) {
    case 'boolean':
      return header(name, value ? 0 : 1, Buffer.alloc(0));
    case 'number':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
        ? header(
            name,
            4,
            fixed(4, (bytes) => bytes.writeInt32BE(value as number)),
          )
        : header(
            name,
            5,
            fixed(8, (bytes) => bytes.writeBigInt64BE(BigInt(value as number))),
          );
    case 'blob':
      return header(name, 6, sized(value as Uint8Array));
    case 'timestamp':
      return header(
        name,
        8,
        fixed(8, (bytes) => bytes.writeBigInt64BE(BigInt((value as Date).getTime()))),
      );
    default:
      return text(name, String(value));
  }
}

const text = (name: string, value: string): Buffer => header(name, 7, sized(Buffer.from(value)));

function header(name: string, type: number, value: Uint8Array): Buffer {
  const spelt = Buffer.from(name);
  return Buffer.concat([Buffer.of(spelt.length), spelt, Buffer.of(type), value]);
}

const HEADER_VALUE_BYTES_MAX = 32_767;

function sized(value: Uint8Array): Buffer {
  const kept = value.subarray(0, HEADER_VALUE_BYTES_MAX);
  return Buffer.concat([fixed(2, (bytes) => bytes.writeUInt16BE(kept.length)), kept]);
}

function fixed(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}
