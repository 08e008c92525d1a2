/** Queries carried out behind their requests: events read, engine asked, results kept in pages. */
import type { Outside, TaskHandler } from '../../core/tasks.ts';
import { askLake } from './lakeEngine.ts';
import { eventDataStores, isActivityStore, type Query, queries, type Segment, segments } from './lakeRows.ts';
import { statementOf } from './lakeSql.ts';
import type { LakeAnswer } from './lakeWorker.ts';
import { ROWS_A_PAGE, resultsId } from './queryResults.ts';

const LIMITS = { memoryMegabytes: 1024, timeoutMs: 120_000, rowsMax: 100_000 };
/** Uncompressed bytes of one event data store that a query may look at. */
const SCANNED_BYTES_MAX = 512 * 1024 * 1024;
const SEGMENTS_MAX = 100_000;
const DAY_MS = 86_400_000;

interface Run {
  readonly answer: LakeAnswer;
  readonly bytes: number;
  readonly executionMs: number;
}

export const queryRun: Pick<TaskHandler<readonly string[], Run | undefined>, 'reach' | 'settle' | 'failed'> = {
  async reach({ body: key }, around) {
    const query = await around.store.transaction((tx) => tx.get(queries, key));
    if (query?.status !== 'QUEUED') return undefined;
    const statement = statementOf(query.statement);
    let began = performance.now();
    let bytes = 0;
    const answer = await askLake(async () => {
      began = performance.now();
      const stores = await Promise.all((statement?.stores ?? []).map((id) => eventsOf(around, id)));
      bytes = stores.reduce((sum, each) => sum + each.bytes, 0);
      return { ...LIMITS, statement: statement?.text ?? '', stores };
    });
    return { answer, bytes, executionMs: Math.ceil(performance.now() - began) };
  },
  async settle({ body: key }, ctx, run) {
    const query = await ctx.store.get(queries, key);
    if (query?.status !== 'QUEUED' || !run) return undefined;
    const { answer, bytes, executionMs } = run;
    const common = { ...query, executionMs, bytesScanned: bytes };
    if ('error' in answer) {
      const status = answer.timedOut ? 'TIMED_OUT' : 'FAILED';
      await ctx.store.replace(queries, { ...common, status, error: answer.error });
      return undefined;
    }
    let pages = 0;
    for (let from = 0; from < answer.rows.length; from += ROWS_A_PAGE) {
      const rows = answer.rows.slice(from, from + ROWS_A_PAGE);
      const page = JSON.stringify({ columns: answer.columns, rows });
      ctx.store.putBytes(resultsId(query, pages++), Buffer.from(page));
    }
    const counts = { results: answer.rows.length, eventsScanned: answer.events, pages };
    await ctx.store.replace(queries, { ...common, ...counts, status: 'FINISHED' });
    return undefined;
  },
  async failed({ body: key }, ctx, error) {
    const query = await ctx.store.get(queries, key);
    if (query?.status === 'QUEUED') await ctx.store.replace(queries, failedQuery(query, error));
    return undefined;
  },
};

const failedQuery = (query: Query, error: unknown): Query => ({
  ...query,
  status: 'FAILED',
  error: error instanceof Error ? error.message : String(error),
});

/** The events of a store. Throws when they are more than a query may look at. */
async function eventsOf(around: Outside, id: string) {
  const page = { limit: SEGMENTS_MAX, unchecked: true } as const;
  const [store, { rows }] = await around.store.transaction(async (tx) => {
    const named = await tx.list(eventDataStores, [id], { limit: 1, index: 'id' });
    return [named.rows[0], await tx.list(segments, [id], page)] as const;
  });
  if (!store) throw new Error(`The event data store ${id} is gone.`);
  const since = new Date(Math.max(0, around.now.getTime() - store.retention * DAY_MS)).toISOString();
  const bytes = rows.reduce((sum, segment) => sum + segment.bytes, 0);
  if (bytes > SCANNED_BYTES_MAX) throw new Error(`The query looks at more than ${SCANNED_BYTES_MAX} bytes of events.`);
  const what = { id, bytes, activity: isActivityStore(store), since };
  return { ...what, segments: await Promise.all(rows.map((segment) => bytesOf(around, segment))) };
}

async function bytesOf({ blobs }: Outside, { id, packedBytes }: Segment): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.read(id, 0, packedBytes)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
