/**
 * Sequence numbers, as AWS makes them: when the shard was made, the record's place in the shard, when it was put, the
 * shard. 47 hexadecimal digits, told in decimal ones. Within a shard they grow with the place.
 */
import type { Shard } from './shardRows.ts';

export interface Sequence {
  /** Seconds since 1970. */
  readonly made: number;
  readonly place: bigint;
  /** Seconds since 1970. */
  readonly put: number;
  readonly shard: number;
}

const VERSION = '2';
const LAST_PLACE = 0x7fffffffffffffffn;
const hex = (value: number | bigint, digits: number) => value.toString(16).padStart(digits, '0').slice(-digits);

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);

function sequenceValue({ made, place, put, shard }: Sequence): bigint {
  const digits = [VERSION, hex(made, 9), hex(shard % 16, 1), hex(place, 16), '00', hex(put, 9), hex(shard, 8), VERSION];
  return BigInt(`0x${digits.join('')}`);
}

/** Where the place stands: behind it are two, nine, eight and one digits. */
const PLACE_STEP = 1n << 80n;

/** Of records put at one time, one place after the other. */
export function sequencesFrom({ index, opens }: Shard, place: number, put: number): (offset: number) => string {
  const first = sequenceValue({ made: seconds(opens), place: BigInt(place), put: seconds(put), shard: index });
  return (offset) => (first + BigInt(offset) * PLACE_STEP).toString();
}

export const sequenceOf = (shard: Shard, place: number, put: number) => sequencesFrom(shard, place, put)(0);

export const firstSequence = (shard: Shard) => sequenceOf(shard, 0, shard.opens);

/** Of a shard that closed at that time. */
export const lastSequence = ({ index, opens }: Shard, closed: number) =>
  sequenceValue({ made: seconds(opens), place: LAST_PLACE, put: seconds(closed), shard: index }).toString();

const SHAPE = /^2([0-9a-f]{9})[0-9a-f]([0-7][0-9a-f]{15})00([0-9a-f]{9})([0-7][0-9a-f]{7})2$/;

/** Undefined if no shard can have given it. */
export function parseSequence(decimal: string): Sequence | undefined {
  const [, made, place, put, shard] = SHAPE.exec(BigInt(decimal).toString(16)) ?? [];
  if (shard === undefined) return undefined;
  return {
    made: Number(`0x${made}`),
    place: BigInt(`0x${place}`),
    put: Number(`0x${put}`),
    shard: Number(`0x${shard}`),
  };
}

/** Whether a shard gave it. */
export const isOf = ({ made, shard }: Sequence, { index, opens }: Shard) => shard === index && made === seconds(opens);
