/**
 * SelectObjectContent: an expression asked of the records of one object, read as they are asked for. What it may take
 * is bounded by what it is: one pass, one record in memory, no more of it is read than the client takes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
 */
import { createGunzip } from 'node:zlib';
import type { InputSerialization, SelectObjectContentOutput, SelectObjectContentRequest } from '@aws-sdk/client-s3';
import { notImplemented } from '../../../core/errors.ts';
import type { Operation, Present } from '../../../core/operation.ts';
import { noteAccess } from '../accessTiers.ts';
import { readBody } from '../bodies.ts';
import { existingAccess, loadObject, type ObjectTarget, presentVersion } from '../objectTargets.ts';
import { contentKeyOf } from '../readObjects.ts';
import { requireRestored } from '../restores.ts';
import { type Counters, eventsOf, recordsOf, writerOf } from './answers.ts';
import { csvFormat, csvRows } from './csvRows.ts';
import { selectError } from './errors.ts';
import { jsonRows } from './jsonRows.ts';
import { parseQuery, type Query, type Row } from './query.ts';

type Input = Present<SelectObjectContentRequest>;

const READING = { plain: 's3:GetObject', versioned: 's3:GetObjectVersion' };

export const SelectObjectContent: Operation<Input, SelectObjectContentOutput, ObjectTarget> = {
  action: 's3:GetObject',
  readOnly: true,
  recorded: 'data',
  load: loadObject,
  access: (input, ctx, target) => existingAccess(ctx, target, input, READING),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    if (input.ExpressionType !== 'SQL') throw selectError('InvalidExpressionType');
    if (input.ScanRange) notImplemented('A scan range');
    const query = parseQuery(input.Expression, ctx.now);
    const written = writerOf(input.OutputSerialization);
    const rows = readerOf(input.InputSerialization, query);
    requireRestored(version, target.settings, ctx.now);
    const contentKey = await contentKeyOf(ctx, target, version, input);
    const body = await readBody(ctx, version, contentKey, 0, version.size);
    await noteAccess(ctx, target.settings, version);
    const counters: Counters = { scanned: 0, processed: 0 };
    const text = decoded(unpacked(counted(body, counters), input.InputSerialization), counters);
    const progress = input.RequestProgress?.Enabled === true;
    return { Payload: eventsOf(recordsOf(rows(text), query), written, counters, progress) };
  },
};

type Bytes = AsyncIterable<Uint8Array>;
type Reader = (text: AsyncIterable<string>) => AsyncIterable<Row>;

function readerOf({ CSV, JSON: json, Parquet, CompressionType = 'NONE' }: InputSerialization, query: Query): Reader {
  if ([CSV, json, Parquet].filter((each) => each !== undefined).length > 1) {
    throw selectError('ObjectSerializationConflict');
  }
  if (CompressionType === 'BZIP2') notImplemented('BZIP2');
  if (CompressionType !== 'NONE' && CompressionType !== 'GZIP') throw selectError('InvalidCompressionFormat');
  if (Parquet) notImplemented('SelectObjectContent of Parquet');
  if (CSV) {
    const format = csvFormat(CSV);
    if (query.path.some((step) => step !== '*')) throw selectError('UnsupportedSqlStructure');
    return (text) => csvRows(text, format);
  }
  if (!json) throw selectError('MissingRequiredParameter');
  const { Type } = json;
  if (Type !== 'LINES' && Type !== 'DOCUMENT') throw selectError('InvalidJsonType');
  return (text) => jsonRows(text, Type, query.path);
}

async function* counted(bytes: Bytes, counters: Counters): Bytes {
  for await (const chunk of bytes) {
    counters.scanned += chunk.length;
    yield Uint8Array.from(chunk); // It is lent for this turn only, and unpacking takes longer.
  }
}

async function* unpacked(bytes: Bytes, { CompressionType }: InputSerialization): Bytes {
  if (CompressionType !== 'GZIP') {
    yield* bytes;
    return;
  }
  const { Readable, pipeline } = await import('node:stream');
  const gunzip = createGunzip();
  const source = Readable.from(bytes, { objectMode: false });
  const plain = pipeline(source, gunzip, () => undefined) as unknown as Bytes;
  try {
    yield* plain;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? selectError('TruncatedInput') : error;
  }
}

async function* decoded(bytes: Bytes, counters: Counters): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const textOf = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw selectError('InvalidTextEncoding');
    }
  };
  for await (const chunk of bytes) {
    counters.processed += chunk.length;
    yield textOf(chunk);
  }
  yield textOf();
}
