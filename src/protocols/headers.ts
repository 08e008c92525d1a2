/** Members that travel as text: header values, query values, path labels. */

import {
  asDate,
  formatTimestamp,
  parseBase64,
  parseNumber,
  parseTimestamp,
  serializationError,
  toBase64,
} from './scalars.ts';
import type { Member, TimestampFormat } from './schema.ts';
import { decimal, isDecimal } from './smithy.ts';

/** Of a path label or a query value. Throws SerializationException. */
export function readText(member: Member, text: string): unknown {
  return scalar(member, text, 'dateTime');
}

/** Of a header: lists are separated by commas, strings in them may be quoted. Throws SerializationException. */
export function readHeader(member: Member, text: string): unknown {
  const { shape } = member;
  if (shape.kind === 'list') {
    const element = shape.element as Member;
    return split(element, text).map((part) => scalar(element, part, 'httpDate'));
  }
  const media = member.traits.mediaType ?? shape.traits.mediaType;
  if (shape.kind !== 'string' || media === undefined) return scalar(member, text, 'httpDate');
  return Buffer.from(parseBase64(text) ?? invalid('STRING', 'a Blob')).toString('utf8');
}

export function writeHeader(member: Member, value: unknown): string {
  const { shape } = member;
  if (shape.kind === 'list') {
    const element = shape.element as Member;
    return Array.from(value as Iterable<unknown>, (v) => quoted(element, text(element, v))).join(', ');
  }
  const media = member.traits.mediaType ?? shape.traits.mediaType;
  return safe(shape.kind === 'string' && media !== undefined ? toBase64(String(value)) : text(member, value));
}

type ReadScalar = (text: string, format: TimestampFormat) => unknown;

const SCALARS: Readonly<Record<string, ReadScalar>> = {
  string: (value) => value,
  boolean: (value) => (value === 'true' ? true : value === 'false' ? false : invalid('STRING', 'a Boolean')),
  number: (value) => parseNumber(value) ?? invalid('STRING', 'an Integer'),
  blob: (value) => parseBase64(value) ?? invalid('STRING', 'a Blob'),
  timestamp: (value, format) => parseTimestamp(value, format) ?? invalid('STRING', 'a Timestamp'),
  bigInteger: (value) => (/^-?\d{1,4096}$/.test(value) ? BigInt(value) : invalid('STRING', 'a BigInteger')),
  bigDecimal: (value) => (parseNumber(value) === undefined ? invalid('STRING', 'a BigDecimal') : decimal(value)),
};

function scalar({ shape }: Member, value: string, format: TimestampFormat): unknown {
  const read = SCALARS[shape.kind];
  if (!read) throw new TypeError(`a ${shape.kind} has no text form`);
  return read(value, shape.format ?? format);
}

function invalid(found: string, wanted: string): never {
  throw serializationError(`${found}_VALUE can not be converted to ${wanted}`);
}

function text({ shape }: Member, value: unknown): string {
  if (shape.kind === 'timestamp') return formatTimestamp(asDate(value), shape.format ?? 'httpDate');
  if (shape.kind === 'blob') return toBase64(value);
  return isDecimal(value) ? value.string : String(value);
}

function quoted({ shape }: Member, value: string): string {
  if (shape.kind !== 'string' || !/[",]/.test(value)) return safe(value);
  return safe(`"${value.replace(/["\\]/g, '\\$&')}"`);
}

/** Neither line breaks nor what HTTP cannot carry. */
function safe(value: string): string {
  return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

/** An http-date holds a comma of its own. */
function split({ shape }: Member, value: string): string[] {
  if (shape.kind === 'timestamp' && (shape.format ?? 'httpDate') === 'httpDate') {
    return value.split(/(?<=GMT)\s*,\s*/);
  }
  const out: string[] = [];
  const item = /\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)/y;
  while (item.lastIndex < value.length) {
    const found = item.exec(value);
    if (!found) throw serializationError('Malformed list in a header');
    out.push(found[1] === undefined ? (found[2] ?? '').trim() : found[1].replace(/\\(.)/g, '$1'));
  }
  return out;
}
