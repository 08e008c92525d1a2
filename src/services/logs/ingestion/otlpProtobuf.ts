/**
 * OTLP's protocol buffers, read into the form that its JSON has.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
type Kind = 'text' | 'hex' | 'base64' | 'number' | 'bool' | 'double' | 'time' | Message;

/** Field number → name in JSON, what it holds, and whether there may be several. */
interface Message {
  readonly fields: () => Readonly<Record<number, readonly [name: string, kind: Kind, several?: true]>>;
}

const AnyValue: Message = {
  fields: () => ({
    1: ['stringValue', 'text'],
    2: ['boolValue', 'bool'],
    3: ['intValue', 'number'],
    4: ['doubleValue', 'double'],
    5: ['arrayValue', ArrayValue],
    6: ['kvlistValue', KeyValueList],
    7: ['bytesValue', 'base64'],
  }),
};
const KeyValue: Message = { fields: () => ({ 1: ['key', 'text'], 2: ['value', AnyValue] }) };
const ArrayValue: Message = { fields: () => ({ 1: ['values', AnyValue, true] }) };
const KeyValueList: Message = { fields: () => ({ 1: ['values', KeyValue, true] }) };
const Resource: Message = { fields: () => ({ 1: ['attributes', KeyValue, true] }) };
const Scope: Message = {
  fields: () => ({ 1: ['name', 'text'], 2: ['version', 'text'], 3: ['attributes', KeyValue, true] }),
};
const LogRecord: Message = {
  fields: () => ({
    1: ['timeUnixNano', 'time'],
    2: ['severityNumber', 'number'],
    3: ['severityText', 'text'],
    5: ['body', AnyValue],
    6: ['attributes', KeyValue, true],
    8: ['flags', 'number'],
    9: ['traceId', 'hex'],
    10: ['spanId', 'hex'],
    11: ['observedTimeUnixNano', 'time'],
    12: ['eventName', 'text'],
  }),
};
const ScopeLogs: Message = { fields: () => ({ 1: ['scope', Scope], 2: ['logRecords', LogRecord, true] }) };
const ResourceLogs: Message = { fields: () => ({ 1: ['resource', Resource], 2: ['scopeLogs', ScopeLogs, true] }) };
const Request: Message = { fields: () => ({ 1: ['resourceLogs', ResourceLogs, true] }) };

const DEPTH_MAX = 64;

/** An ExportLogsServiceRequest. @throws SyntaxError for what is none */
export const eventsInProtobuf = (bytes: Uint8Array): object => ({ resourceLogs: [], ...messageIn(bytes, Request, 0) });

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

const broken = (): never => {
  throw new SyntaxError('The body is no protocol buffer of logs.');
};

function messageIn(bytes: Uint8Array, { fields }: Message, depth: number): Record<string, unknown> {
  if (depth > DEPTH_MAX) broken();
  const known = fields();
  const reader: Reader = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 };
  const found: Record<string, unknown> = {};
  while (reader.at < reader.bytes.length) {
    const tag = Number(varint(reader));
    const raw = (WIRE_TYPES[tag & 7] ?? broken)(reader);
    const [name, kind, several] = known[tag >> 3] ?? [];
    if (name === undefined || kind === undefined) continue;
    const value = fieldOf(raw, kind, depth);
    if (several) ((found[name] ??= []) as unknown[]).push(value);
    else found[name] = value;
  }
  return found;
}

type Raw = bigint | Buffer;

/** What follows a tag, by its wire type. */
const WIRE_TYPES: Readonly<Record<number, (reader: Reader) => Raw>> = {
  0: varint,
  1: (reader) => taken(reader, 8),
  2: (reader) => taken(reader, Number(varint(reader))),
  5: (reader) => taken(reader, 4),
};

const VARINT_BYTES_MAX = 10;

function varint(reader: Reader): bigint {
  let value = 0n;
  for (let byte = 0; byte < VARINT_BYTES_MAX; byte++) {
    const next = reader.bytes[reader.at++] ?? broken();
    value |= BigInt(next & 0x7f) << BigInt(7 * byte);
    if (next < 0x80) return BigInt.asUintN(64, value);
  }
  return broken();
}

function taken(reader: Reader, length: number): Buffer {
  const end = reader.at + length;
  if (!Number.isSafeInteger(length) || end > reader.bytes.length) broken();
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

function fieldOf(raw: Raw, kind: Kind, depth: number): unknown {
  if (typeof kind === 'object') return messageIn(bytesOf(raw), kind, depth + 1);
  return READERS[kind](raw);
}

const bytesOf = (raw: Raw): Buffer => (typeof raw === 'bigint' ? broken() : raw);
const eightOf = (raw: Raw): Buffer => (bytesOf(raw).length === 8 ? bytesOf(raw) : broken());

const READERS: Readonly<Record<Exclude<Kind, Message>, (raw: Raw) => unknown>> = {
  text: (raw) => bytesOf(raw).toString(),
  hex: (raw) => bytesOf(raw).toString('hex'),
  base64: (raw) => bytesOf(raw).toString('base64'),
  number: (raw) => Number(typeof raw === 'bigint' ? BigInt.asIntN(64, raw) : raw.readUInt32LE()),
  bool: (raw) => raw !== 0n,
  double: (raw) => eightOf(raw).readDoubleLE(),
  time: (raw) => String(eightOf(raw).readBigUInt64LE()),
};
