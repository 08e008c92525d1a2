/**
 * Records of a Kinesis stream that the Kinesis Producer Library has put together are taken apart again, as Firehose
 * does.
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
import { createHash } from 'node:crypto';

const MAGIC = Buffer.from('f3899ac2', 'hex');
const DIGEST_BYTES = 16;
const RECORD_FIELD = 3;
const DATA_FIELD = 3;

/** More than producers put together: what claims to hold so many stays as it came. */
const RECORDS_MAX = 100_000;

/** The records that are in it; what is not put together is one. */
export function taken(data: Buffer): readonly Buffer[] {
  if (data.length < MAGIC.length + DIGEST_BYTES || !data.subarray(0, MAGIC.length).equals(MAGIC)) return [data];
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  if (!createHash('md5').update(message).digest().equals(data.subarray(-DIGEST_BYTES))) return [data];
  const records = fieldsOf(message, RECORD_FIELD);
  return records?.map((record) => fieldsOf(record, DATA_FIELD)?.at(-1) ?? Buffer.alloc(0)) ?? [data];
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;

/** The byte strings of that field, in order; undefined where the bytes are no message, or hold too many. */
function fieldsOf(message: Buffer, wanted: number): Buffer[] | undefined {
  const found: Buffer[] = [];
  const at = { now: 0 };
  while (at.now < message.length) {
    const tag = varint(message, at);
    const kind = tag % 8;
    if (kind === VARINT) varint(message, at);
    else if (kind === FIXED_64) at.now += 8;
    else if (kind === FIXED_32) at.now += 4;
    else if (kind === LENGTH) {
      const length = varint(message, at);
      if (Math.floor(tag / 8) === wanted) found.push(message.subarray(at.now, at.now + length));
      if (found.length > RECORDS_MAX) return undefined;
      at.now += length;
    } else return undefined;
    if (!(at.now <= message.length)) return undefined;
  }
  return found;
}

/** Not a number where there is none. */
function varint(message: Buffer, at: { now: number }): number {
  let value = 0;
  for (let factor = 1; at.now < message.length; factor *= 128) {
    const byte = message[at.now++]!;
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
  return Number.NaN;
}
