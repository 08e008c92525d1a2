/** Queries carried out behind their requests: events read, engine asked, results kept in pages. */
import type { Outside, TaskHandler } from '../../core/tasks.ts';
import { askLake } from './lakeEngine.ts';
import { type Query, queries, type Segment, segments } from './lakeRows.ts';
import { statementOf } from './lakeSql.ts';
import type { LakeAnswer } from './lakeWorker.ts';
import { ROWS_A_PAGE, resultsId } from './queryResults.ts';

const MEMORY_MEGABYTES = 1024;
const TIMEOUT_MS = 120_000;
const ROWS_MAX = 100_000;
/** Uncompressed bytes of events that one query may look at. */
const SCANNED_BYTES_MAX = 512 * 1024 * 1024;
const SEGMENTS_MAX = 100_000;

interface Run {
  readonly answer: LakeAnswer;
  readonly bytes: number;
  readonly executionMs: number;
}

export const queryRun: Pick<TaskHandler<readonly string[], Run | undefined>, 'reach' | 'settle' | 'failed'> = {
  async reach({ body: key }, around) {
    const query = await around.store.transaction((tx) => tx.get(queries, key));
    if (query?.status !== 'QUEUED') return undefined;
    const began = performance.now();
    const statement = statementOf(query.statement);
    const stores: { id: string; segments: Uint8Array[] }[] = [];
    let bytes = 0;
    for (const id of statement?.stores ?? []) {
      const held = await segmentsOf(around, id);
      bytes += held.reduce((sum, segment) => sum + segment.bytes, 0);
      if (bytes > SCANNED_BYTES_MAX) {
        const error = `The query looks at more than ${SCANNED_BYTES_MAX} bytes of events.`;
        return { answer: { error, timedOut: false }, bytes: 0, executionMs: 0 };
      }
      stores.push({ id, segments: await Promise.all(held.map((segment) => bytesOf(around, segment))) });
    }
    const limits = { memoryMegabytes: MEMORY_MEGABYTES, timeoutMs: TIMEOUT_MS, rowsMax: ROWS_MAX };
    const answer = await askLake({ statement: statement?.text ?? '', stores, ...limits });
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
    if (query) await ctx.store.replace(queries, failedQuery(query, error));
    return undefined;
  },
};

const failedQuery = (query: Query, error: unknown): Query => ({
  ...query,
  status: 'FAILED',
  error: error instanceof Error ? error.message : String(error),
});

async function segmentsOf({ store }: Outside, id: string): Promise<readonly Segment[]> {
  return (await store.transaction((tx) => tx.list(segments, [id], { limit: SEGMENTS_MAX, unchecked: true }))).rows;
}

async function bytesOf({ blobs }: Outside, { id, packedBytes }: Segment): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.read(id, 0, packedBytes)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
