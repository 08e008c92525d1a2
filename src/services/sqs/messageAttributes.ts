/**
 * Message attributes: what may be in them, how long they are, and their MD5, by which clients check what arrived.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
import { createHash } from 'node:crypto';
import { InvalidMessageContents, type MessageAttributeValue } from '@aws-sdk/client-sqs';
import { fail } from '../../core/errors.ts';
import { refuse } from './errors.ts';

type Attributes = Readonly<Record<string, MessageAttributeValue>>;

const ATTRIBUTES_MAX = 10;
const NAME = /^(?!\.)(?!.*\.\.)(?!.*\.$)(?!aws\.|amazon\.)[A-Za-z0-9_.-]{1,256}$/i;
const TYPE = /^(String|Number|Binary)(?:\..*)?$/s;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SYSTEM = new Set(['AWSTraceHeader']);
/** What XML 1.0 cannot hold, half a surrogate pair included. */
const INVALID = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** @throws InvalidMessageContents for a character that XML 1.0 cannot hold. */
export function requireContents(text: string): void {
  const found = INVALID.exec(text);
  if (!found) return;
  fail(
    InvalidMessageContents,
    `Invalid binary character '#x${found[0].charCodeAt(0).toString(16).toUpperCase()}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]`,
  );
}

export function requireAttributes(attributes: Attributes | undefined): void {
  const entries = Object.entries(attributes ?? {});
  if (entries.length > ATTRIBUTES_MAX) {
    refuse(`Number of message attributes [${entries.length}] exceeds the allowed maximum [${ATTRIBUTES_MAX}].`);
  }
  for (const [name, value] of entries) {
    if (!NAME.test(name)) refuse(`The message attribute name '${name}' is invalid.`);
    requireValue('message attribute', name, value);
  }
}

export function requireSystemAttributes(attributes: Attributes | undefined): void {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (!SYSTEM.has(name)) refuse(`Message system attribute name '${name}' is invalid.`);
    requireValue('message system attribute', name, value);
    if (value.DataType !== 'String') {
      refuse(`The message system attribute '${name}' must have type 'String'.`);
    }
  }
}

function requireValue(what: string, name: string, value: MessageAttributeValue): void {
  const type = TYPE.exec(value.DataType ?? '')?.[1];
  if (!value.DataType) refuse(`The ${what} '${name}' must contain non-empty ${what} type.`);
  if (type === undefined || value.DataType.length > 256) {
    refuse(
      `The ${what} '${name}' has an invalid ${what} type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const given = type === 'Binary' ? value.BinaryValue : value.StringValue;
  if (given === undefined || given.length === 0 || (type === 'Binary' && value.StringValue !== undefined)) {
    refuse(`The ${what} '${name}' must contain non-empty ${what} value for ${what} type '${type}'.`);
  }
  if (type === 'Number' && !NUMBER.test(value.StringValue!)) {
    refuse(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  if (value.StringValue !== undefined) requireContents(value.StringValue);
}

/** Bytes that attributes add to a message's size: names, types and values. */
export function bytesOf(attributes: Attributes | undefined): number {
  let bytes = 0;
  for (const [name, { DataType = '', StringValue, BinaryValue }] of Object.entries(attributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    bytes += BinaryValue?.length ?? Buffer.byteLength(StringValue ?? '');
  }
  return bytes;
}

export const md5 = (text: string) => createHash('md5').update(text, 'utf8').digest('hex');

const STRING = Buffer.from([1]);
const BINARY = Buffer.from([2]);

/** Undefined when there are none. */
export function md5OfAttributes(attributes: Attributes | undefined): string | undefined {
  const names = Object.keys(attributes ?? {}).sort();
  if (!attributes || names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue = '', BinaryValue } = attributes[name]!;
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    hash.update(BinaryValue ? BINARY : STRING);
    add(BinaryValue ?? Buffer.from(StringValue));
  }
  return hash.digest('hex');
}
