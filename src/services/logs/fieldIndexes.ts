/**
 * Field indexes: which values of indexed fields a batch of events may hold, as a filter of few bits beside it (Bloom's).
 * A query that asks for a value passes over batches that cannot hold it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing.html
 */
import { createHash } from 'node:crypto';
import { DAY_MS, type LogGroup } from './groupRows.ts';
import type { Wanted } from './insights/filterIndex.ts';
import { fieldReader, type Row, rowOf } from './insights/records.ts';
import { equalityKey } from './insights/values.ts';
import type { Events, Segment } from './segments.ts';

const BITS_OF_A_VALUE = 12;
const BITS_MIN = 64;
const BITS_MAX = 32_768;
const HASHES = 4;
/** Of an encrypted batch: what it holds must not show beside it. */
const ANYTHING = '';

/** So long an event stays indexed. */
export const INDEXED_MS = 30 * DAY_MS;

/** Field → filter, of a batch that comes into the group; undefined where no field is indexed. */
export function indexesOf(
  { kms, account, name: group }: Pick<LogGroup, 'kms' | 'account' | 'name'>,
  fields: readonly { readonly name: string }[],
  streamName: string,
  { messages, transformed, times }: Events,
): Segment['indexes'] {
  if (fields.length === 0) return undefined;
  const from = { streamName, ingested: 0 } as Segment;
  const rows = messages.map((message, index): Row => {
    const event = { message: transformed?.[index] || message, time: times[index]!, segment: '', index, from };
    return rowOf(event, `${account}:${group}`);
  });
  const found: Record<string, string> = {};
  for (const { name } of fields) {
    const read = fieldReader(name);
    const values = new Set<string>();
    for (const row of rows) {
      const key = equalityKey(read(row));
      if (key !== undefined) values.add(key);
    }
    if (values.size > 0) found[name] = kms ? ANYTHING : filterOf(values);
  }
  return found;
}

function filterOf(values: ReadonlySet<string>): string {
  let bits = BITS_MIN;
  while (bits < values.size * BITS_OF_A_VALUE && bits < BITS_MAX) bits *= 2;
  const filter = Buffer.alloc(bits / 8);
  for (const value of values) for (const bit of bitsOf(value, bits)) filter[bit >> 3]! |= 1 << (bit & 7);
  return filter.toString('base64');
}

function bitsOf(value: string, bits: number): number[] {
  const hash = createHash('sha256').update(value).digest();
  return Array.from({ length: HASHES }, (_, i) => hash.readUInt32BE(4 * i) % bits);
}

/** Whether a batch is indexed on all these fields, and may hold one of the values of each. */
export function mayHold({ indexes, ingested }: Segment, wanted: readonly Wanted[], now: number): boolean {
  if (now - ingested > INDEXED_MS) return false;
  return wanted.every(({ field, values }) => holds(indexes, field, values) ?? false);
}

/** Whether a batch, indexed or not, may hold one of the values of each: of `filter`, which reads what is not indexed. */
export const mayHaveHeld = ({ indexes }: Segment, wanted: readonly Wanted[]): boolean =>
  wanted.every(({ field, values }) => holds(indexes, field, values) ?? true);

/** Undefined where the index does not say. */
function holds(indexes: Segment['indexes'], field: string, values: Wanted['values']): boolean | undefined {
  const text = indexes && Object.hasOwn(indexes, field) ? indexes[field] : undefined;
  if (text === undefined) return undefined;
  if (text === ANYTHING) return true;
  const filter = Buffer.from(text, 'base64');
  return values.some((value) =>
    bitsOf(equalityKey(value) ?? '', filter.length * 8).every((bit) => filter[bit >> 3]! & (1 << (bit & 7))),
  );
}
