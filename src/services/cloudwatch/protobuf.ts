/**
 * Writing Protocol Buffers: the kinds of fields that metrics of OpenTelemetry have. A field with its standard value is
 * left out. https://protobuf.dev/programming-guides/encoding/
 */

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

const FIXED = 1;
const LENGTH = 2;
const tag = (field: number, kind: number) => varint(field * 8 + kind);
const NOTHING = Buffer.alloc(0);

/** Bytes after their length. */
export const withLength = (bytes: Buffer): Buffer => Buffer.concat([varint(bytes.length), bytes]);

/** A message in a field; it is there though it is empty. */
export const message = (field: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([tag(field, LENGTH), withLength(Buffer.concat(parts))]);

export const text = (field: number, value: string): Buffer =>
  value === '' ? NOTHING : message(field, Buffer.from(value, 'utf8'));

export function fixed64(field: number, value: bigint): Buffer {
  if (value === 0n) return NOTHING;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([tag(field, FIXED), bytes]);
}

export function double(field: number, value: number): Buffer {
  if (value === 0) return NOTHING;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, FIXED), bytes]);
}
