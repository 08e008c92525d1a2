/**
 * Imports carried out behind their requests, some files at a time: listed and read in the role that the import names,
 * kept as segments of the event data store in the write set that notes how far it came.
 */
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { codeOf } from './destinations.ts';
import { recordsIn } from './importFiles.ts';
import { type Import, importFailures, imports } from './importRows.ts';
import { type EventDataStore, eventDataStores } from './lakeRows.ts';
import { addRecord, LINES, type LogFile, newLogFile } from './logFiles.ts';
import { SERVICE } from './organizationTrails.ts';
import { keepSegment } from './storeSegments.ts';

const FILES_A_STEP = 20;
const DAY_MS = 86_400_000;
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

export const importRun: Pick<TaskHandler<readonly string[]>, 'settle' | 'failed'> = {
  async settle({ body: key }, ctx) {
    const row = await ctx.store.get(imports, key);
    if (row?.status !== 'INITIALIZING' && row?.status !== 'IN_PROGRESS') return undefined;
    const { rows } = await ctx.store.list(eventDataStores, [row.store], { limit: 1, index: 'id' });
    const [store] = rows;
    if (!store || store.deleted !== undefined) return ended(ctx, row, 'FAILED');
    const caller = await assumedByService(ctx, row.source.role, onBehalfOf(row));
    if (row.retry !== undefined) return retried(ctx, row, store, caller);
    const keys = await listed(ctx, row, caller);
    const next = { ...(await imported(ctx, row, store, caller, keys)), after: keys.at(-1) ?? row.after };
    if (keys.length < FILES_A_STEP) return ended(ctx, next, next.failures > 0 ? 'FAILED' : 'COMPLETED');
    return goesOn(ctx, next);
  },
  /** Nothing could be listed. */
  async failed({ body: key }, ctx, error) {
    const row = await ctx.store.get(imports, key);
    if (!row) return undefined;
    await noteFailure(ctx, row, row.source.uri, error);
    return ended(ctx, { ...row, failures: row.failures + 1 }, 'FAILED');
  },
};

const onBehalfOf = (row: Import): Caller => servicePrincipal(SERVICE, { arn: row.destination, account: row.account });

async function goesOn(ctx: Context, row: Import): Promise<number> {
  await ctx.store.replace(imports, { ...row, status: 'IN_PROGRESS', updated: ctx.now.getTime() });
  return 0;
}

/** What failed before, then what was not yet looked at. */
async function retried(ctx: Context, row: Import, store: EventDataStore, caller: Caller): Promise<number> {
  const page = { limit: FILES_A_STEP, after: row.retry || undefined };
  const { rows, next } = await ctx.store.list(importFailures, [row.id], page);
  const { retry: _, ...after } = await imported(
    ctx,
    row,
    store,
    caller,
    rows.map(({ location }) => location),
  );
  return goesOn(ctx, next === undefined ? after : { ...after, retry: next });
}

async function ended(ctx: Context, row: Import, status: 'COMPLETED' | 'FAILED'): Promise<undefined> {
  await ctx.store.replace(imports, { ...row, status, updated: ctx.now.getTime() });
}

/** The next keys below the location, in order. */
async function listed(ctx: Context, row: Import, caller: Caller): Promise<string[]> {
  const [bucket = '', ...folders] = row.source.uri.slice('s3://'.length).split('/');
  const input = { Bucket: bucket, Prefix: folders.join('/'), MaxKeys: FILES_A_STEP, StartAfter: row.after };
  const { Contents = [] } = await ctx.call<{ Contents?: { Key?: string }[] }>(
    's3',
    'ListObjectsV2',
    input,
    caller,
    row.source.region,
  );
  return Contents.map(({ Key = '' }) => Key);
}

/** The import after these files. */
async function imported(
  ctx: Context,
  row: Import,
  store: EventDataStore,
  caller: Caller,
  keys: readonly string[],
): Promise<Import> {
  let { files, events, failures } = row;
  let lines: LogFile | undefined;
  for (const key of keys.filter((each) => isLogFile(row, each))) {
    try {
      const records = await read(ctx, row, caller, key);
      for await (const record of records) {
        lines ??= newLogFile(LINES);
        if (add(lines, record, row, store, ctx.now)) events++;
        if (lines.bytes > SEGMENT_BYTES_MAX) lines = await kept(ctx, store, lines);
      }
      files++;
      if (await ctx.store.remove(importFailures, [row.id, key])) failures--;
    } catch (error) {
      if (await noteFailure(ctx, row, key, error)) failures++;
    }
  }
  if (lines) await kept(ctx, store, lines);
  return { ...row, files, events, failures, prefixes: 1 };
}

async function kept(ctx: Context, store: EventDataStore, lines: LogFile): Promise<undefined> {
  if (lines.count > 0) await (await keepSegment(ctx, store, lines))(ctx);
}

/** A file that CloudTrail delivered, of a day within the import's time. */
function isLogFile({ start, end }: Import, key: string): boolean {
  const [, year, month, day] = /\/CloudTrail\/[a-z0-9-]+\/(\d{4})\/(\d\d)\/(\d\d)\/[^/]+\.json\.gz$/.exec(key) ?? [];
  if (year === undefined) return false;
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return time + 2 * DAY_MS > (start ?? 0) && time - DAY_MS < (end ?? Number.POSITIVE_INFINITY);
}

interface Imported {
  readonly eventTime?: string;
}

async function read(ctx: Context, row: Import, caller: Caller, Key: string): Promise<AsyncIterable<Imported>> {
  const input = { Bucket: row.source.uri.split('/')[2] ?? '', Key };
  type Answer = { Body: AsyncIterable<Uint8Array> };
  return recordsIn((await ctx.call<Answer>('s3', 'GetObject', input, caller, row.source.region)).Body);
}

/** Only of the time that was asked for, and that the event data store keeps. */
function add(lines: LogFile, record: Imported, row: Import, store: EventDataStore, now: Date): boolean {
  const time = Date.parse(record.eventTime ?? '');
  if (Number.isNaN(time) || time < (row.start ?? 0) || time > (row.end ?? Number.POSITIVE_INFINITY)) return false;
  if (time < now.getTime() - store.retention * DAY_MS) return false;
  addRecord(lines, JSON.stringify(record), time);
  return true;
}

/** Whether it was not known before. */
async function noteFailure(ctx: Context, row: Import, location: string, error: unknown): Promise<boolean> {
  const known = await ctx.store.get(importFailures, [row.id, location]);
  await ctx.store.replace(importFailures, {
    import: row.id,
    location,
    type: codeOf(error),
    message: error instanceof Error ? error.message : String(error),
    updated: ctx.now.getTime(),
  });
  return known === undefined;
}
