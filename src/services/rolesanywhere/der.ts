/**
 * DER (X.690) as far as certificates and revocation lists need it. What is read comes from strangers: lengths are
 * definite and shortest, nothing reaches beyond its parent, and whatever is odd is `MalformedDer`.
 */

export class MalformedDer extends Error {
  override readonly name = 'MalformedDer';
}

export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length: what is signed. */
  readonly whole: Buffer;
}

export const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

const odd = (what: string) => new MalformedDer(what);

/** The one value that these bytes are. */
export function parseDer(bytes: Uint8Array): Der {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = at(buffer, 0);
  if (value.whole.length !== buffer.length) throw odd('bytes after the end');
  return value;
}

function at(buffer: Buffer, start: number): Der {
  const tag = buffer[start];
  const first = buffer[start + 1];
  if (tag === undefined || first === undefined) throw odd('too short');
  if ((tag & 0x1f) === 0x1f) throw odd('long tag');
  const long = first & 0x80 ? first & 0x7f : 0;
  if (first === 0x80 || long > 4 || start + 2 + long > buffer.length) throw odd('length');
  const length = long === 0 ? first : buffer.readUIntBE(start + 2, long);
  if (long > 0 && (length < 0x80 || length < 2 ** (8 * (long - 1)))) throw odd('length');
  const from = start + 2 + long;
  if (from + length > buffer.length) throw odd('too short');
  return { tag, content: buffer.subarray(from, from + length), whole: buffer.subarray(start, from + length) };
}

/** The values inside a constructed one. */
export function childrenOf({ tag, content }: Der): Der[] {
  if ((tag & 0x20) === 0) throw odd('not constructed');
  const children: Der[] = [];
  for (let start = 0; start < content.length; ) {
    const child = at(content, start);
    children.push(child);
    start += child.whole.length;
  }
  return children;
}

export function expect(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw odd(`tag ${value?.tag} instead of ${tag}`);
  return value;
}

export const sequenceOf = (value: Der | undefined): Der[] => childrenOf(expect(value, TAGS.sequence));

/** Not negative. */
export function integerOf(value: Der | undefined): bigint {
  const { content } = expect(value, TAGS.integer);
  if (content.length === 0 || content[0]! & 0x80) throw odd('integer');
  return BigInt(`0x${content.toString('hex')}`);
}

/** Dotted. */
export function oidOf(value: Der | undefined): string {
  const { content } = expect(value, TAGS.oid);
  if (content.length === 0 || content.length > 64 || content.at(-1)! & 0x80) throw odd('object identifier');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const head = arcs[0]!;
  const first = head < 80n ? head / 40n : 2n;
  return [first, head - first * 40n, ...arcs.slice(1)].join('.');
}

/** A bit string of whole bytes: a signature. */
export function octetsOf(value: Der | undefined): Buffer {
  if (expect(value, TAGS.bitString).content[0] !== 0) throw odd('bit string');
  return bitStringOf(value);
}

/** The bytes of a bit string; bits that are no part of it are zero. */
export function bitStringOf(value: Der | undefined): Buffer {
  const { content } = expect(value, TAGS.bitString);
  const [unused = 8] = content;
  const rest = content.length > 1 ? content.at(-1)! & ((1 << unused) - 1) : unused;
  if (unused > 7 || rest !== 0) throw odd('bit string');
  return content.subarray(1);
}

export function booleanOf(value: Der): boolean {
  const { content } = expect(value, TAGS.boolean);
  if (content.length !== 1) throw odd('boolean');
  return content[0] !== 0;
}

/** Milliseconds since 1970. RFC 5280, section 4.1.2.5: always UTC, always with seconds. */
export function timeOf(value: Der | undefined): number {
  const text = value?.content.toString('latin1') ?? '';
  const digits = value?.tag === TAGS.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!match || (value?.tag !== TAGS.utcTime && value?.tag !== TAGS.generalizedTime)) throw odd('time');
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  if (new Date(time).getUTCDate() !== day) throw odd('time');
  return time;
}

const STRINGS: Readonly<Record<number, (content: Buffer) => string>> = {
  12: (content) => content.toString('utf8'),
  18: (content) => content.toString('latin1'),
  19: (content) => content.toString('latin1'),
  20: (content) => content.toString('latin1'),
  22: (content) => content.toString('latin1'),
  30: (content) =>
    Buffer.from(content.subarray(0, content.length & ~1))
      .swap16()
      .toString('utf16le'),
};

/** Text; undefined where the value is no string. */
export const stringOf = ({ tag, content }: Der): string | undefined => STRINGS[tag]?.(content);
