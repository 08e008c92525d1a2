/** What a query of S3 Select answers: records as text, and the events that they travel in. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OutputSerialization, SelectObjectContentEventStream } from '@aws-sdk/client-s3';
import { selectError } from './errors.ts';
import type { Aggregate, Column, Query, Row } from './query.ts';
import { compared, isUnknown, numberIn, RECORD_CHARACTERS_MAX, textOf, type Value } from './values.ts';

type Record = readonly (readonly [name: string, value: Value])[];

export type Written = (record: Record) => string;

/** Throws where the format is none. */
export function writerOf({ CSV, JSON: json }: OutputSerialization): Written {
  if (CSV && json) throw selectError('ObjectSerializationConflict');
  if (json) {
    const delimiter = json.RecordDelimiter ?? '\n';
    return (record) => `{${together(membersOf(record), ',')}}${delimiter}`;
  }
  if (!CSV) throw selectError('MissingRequiredParameter');
  const { QuoteFields = 'ASNEEDED', FieldDelimiter = ',', RecordDelimiter = '\n', QuoteCharacter = '"' } = CSV;
  if (QuoteFields !== 'ASNEEDED' && QuoteFields !== 'ALWAYS') throw selectError('InvalidQuoteFields');
  const escaped = (CSV.QuoteEscapeCharacter ?? QuoteCharacter) + QuoteCharacter;
  const special = [FieldDelimiter, RecordDelimiter, QuoteCharacter].filter((each) => each !== '');
  const field = (value: Value) => {
    const text = textOf(value);
    if (QuoteFields === 'ASNEEDED' && !special.some((each) => text.includes(each))) return text;
    return QuoteCharacter + text.replaceAll(QuoteCharacter, escaped) + QuoteCharacter;
  };
  return (record) => together(fieldsOf(record, field), FieldDelimiter) + RecordDelimiter;
}

function* fieldsOf(record: Record, field: (value: Value) => string): Generator<string> {
  for (const [, value] of record) yield field(value);
}

/** Of those of one name the last. */
function* membersOf(record: Record): Generator<string> {
  for (const [name, value] of Object.entries(Object.fromEntries(record))) {
    if (value !== undefined) yield `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
}

/** As long as it is no longer than a record may be: a query may name a long column very often. */
function together(parts: Iterable<string>, delimiter: string): string {
  const kept: string[] = [];
  let length = 0;
  for (const part of parts) {
    length += part.length + delimiter.length;
    if (length > RECORD_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
    kept.push(part);
  }
  return kept.join(delimiter);
}

const ROWS_A_TURN = 500;

/** The records that a query makes of rows. */
export async function* recordsOf(rows: AsyncIterable<Row>, query: Query): AsyncGenerator<Record> {
  const { columns, aggregates, where, limit = Number.POSITIVE_INFINITY } = query;
  const sums = aggregates.map(summing);
  let [count, seen] = [0, 0];
  const shown = (row: Row): Record => (columns ? computed(columns, row) : row.all());
  if (sums.length === 0 && limit === 0) return;
  for await (const row of rows) {
    if (++seen % ROWS_A_TURN === 0) await nextTurn(); // Others are waiting.
    if (where && where(row) !== true) continue;
    if (sums.length > 0) for (const sum of sums) sum.add(row);
    else yield shown(row);
    if (++count >= limit) break;
  }
  if (sums.length === 0) return;
  const totals: Row = { get: (place) => sums[Number(place)]?.total(), all: () => [] };
  yield columns!.map(({ name, compute }) => [name, compute(totals)]);
}

/** Without what is missing. */
function computed(columns: readonly Column[], row: Row): Record {
  const record: (readonly [string, Value])[] = [];
  let length = 0;
  for (const { name, compute } of columns) {
    const value = compute(row);
    if (typeof value === 'string') length += value.length;
    if (length > RECORD_CHARACTERS_MAX) throw selectError('OverMaxRecordSize');
    if (value !== undefined) record.push([name, value]);
  }
  return record;
}

function summing({ name, of }: Aggregate) {
  let [count, sum] = [0, 0];
  let extreme: Value = null;
  return {
    add(row: Row): void {
      const value = of ? of(row) : true;
      if (isUnknown(value)) return;
      count++;
      if (name === 'sum' || name === 'avg') {
        const number = numberIn(value);
        if (number === undefined) throw selectError('CastFailed');
        sum += number;
      } else if (name === 'min' || name === 'max') {
        const order = isUnknown(extreme) ? undefined : compared(value, extreme);
        if (isUnknown(extreme) || (order !== undefined && (name === 'min' ? order < 0 : order > 0))) extreme = value;
      }
    },
    total(): Value {
      if (name === 'count') return count;
      if (count === 0) return null;
      return name === 'sum' ? sum : name === 'avg' ? sum / count : extreme;
    },
  };
}

export interface Counters {
  scanned: number;
  processed: number;
}

const EVENT_BYTES = 64 * 1024;

/** Records, some at a time, then how much was read, and the end. */
export async function* eventsOf(
  records: AsyncIterable<Record>,
  written: Written,
  counters: Counters,
  progress: boolean,
): AsyncGenerator<SelectObjectContentEventStream> {
  let text = '';
  let BytesReturned = 0;
  const details = () => ({ BytesScanned: counters.scanned, BytesProcessed: counters.processed, BytesReturned });
  const flushed = (): SelectObjectContentEventStream => {
    const Payload = Buffer.from(text);
    BytesReturned += Payload.length;
    text = '';
    return { Records: { Payload } };
  };
  for await (const record of records) {
    text += written(record);
    if (text.length < EVENT_BYTES) continue;
    yield flushed();
    if (progress) yield { Progress: { Details: details() } };
  }
  if (text !== '') yield flushed();
  if (progress) yield { Progress: { Details: details() } };
  yield { Stats: { Details: details() } };
  yield { End: {} };
}
