/** Queries carried out behind their requests: events read, engine asked, results kept in pages. */
import { sealUnder } from '../../core/dataKeys.ts';
import type { Outside, TaskHandler } from '../../core/tasks.ts';
import { askLake } from './lakeEngine.ts';
import type { LakeAnswer } from './lakeMessages.ts';
import type { Range } from './lakeRanges.ts';
import { eventDataStores, kindOfStore, type Query, queries, type Segment, segmentPart, segments } from './lakeRows.ts';
import { statementOf } from './lakeSql.ts';
import { deliverResults, undelivered } from './queryDeliveries.ts';
import { resultsId } from './queryResults.ts';
import { keyIn, opened } from './storeKeys.ts';

const LIMITS = { memoryMegabytes: 1024, timeoutMs: 120_000, rowsMax: 100_000 };
/** Uncompressed bytes of one event data store that a query may look at. */
const SCANNED_BYTES_MAX = 512 * 1024 * 1024;
const PAGE = 1000;
const DAY_MS = 86_400_000;

interface Run {
  readonly answer: LakeAnswer;
  readonly bytes: number;
  readonly executionMs: number;
}

export const queryRun: Pick<TaskHandler<readonly string[], Run | undefined>, 'reach' | 'settle' | 'failed'> = {
  async reach({ body: key }, around) {
    const statusOf = async () => (await around.store.transaction((tx) => tx.get(queries, key)))?.status;
    const query = await around.store.transaction((tx) => tx.get(queries, key));
    if (query?.status !== 'QUEUED') return undefined;
    const { text = '', stores: ids = [] } = statementOf(query.statement) ?? {};
    let began = performance.now();
    let bytes = 0;
    const answer = await askLake({
      async question() {
        began = performance.now();
        const stores = await Promise.all(ids.map((id) => storeOf(around, id)));
        return { ...LIMITS, statement: text, stores, now: around.now.toISOString() };
      },
      async *events(ranges) {
        for (const id of ids) {
          for (const segment of await segmentsIn(around, id, ranges[id] ?? {})) {
            bytes += segment.bytes;
            yield { store: id, segment: await bytesOf(around, segment, query) };
          }
        }
      },
      isWanted: async () => (await statusOf()) === 'QUEUED',
    });
    return { answer, bytes, executionMs: Math.ceil(performance.now() - began) };
  },
  async settle({ body: key }, ctx, run) {
    const query = await ctx.store.get(queries, key);
    if (query?.status !== 'QUEUED' || !run) return undefined;
    const { answer, bytes, executionMs } = run;
    const { keys, ...rest } = query;
    const common = { ...rest, executionMs, bytesScanned: bytes };
    if ('error' in answer) {
      const status = answer.timedOut ? 'TIMED_OUT' : 'FAILED';
      const ended = { ...common, status, error: answer.error, ...undelivered(query, 'FAILED') } as const;
      await ctx.store.replace(queries, ended);
      return undefined;
    }
    const { rowsOfPages, pages, events: eventsScanned } = answer;
    const [keptUnder] = Object.keys(keys ?? {});
    const under = keptUnder === undefined ? undefined : keyIn(query, keptUnder, ctx.secrets);
    for (const [n, page] of pages.entries()) {
      const name = resultsId(query, n);
      ctx.store.putBytes(name, under ? sealUnder(under, page, ctx.random(12), name) : page);
    }
    const results = rowsOfPages.reduce((sum, rows) => sum + rows, 0);
    const counts = { results, eventsScanned, pages: pages.length, rowsOfPages, ...(under && { keptUnder }) };
    await ctx.store.replace(queries, { ...common, ...counts, status: 'FINISHED' });
    if (query.delivery) await deliverResults(ctx, query);
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
  ...undelivered(query, 'FAILED'),
  keys: undefined,
});

async function storeOf(around: Outside, id: string) {
  const named = await around.store.transaction((tx) => tx.list(eventDataStores, [id], { limit: 1, index: 'id' }));
  const [store] = named.rows;
  if (!store) throw new Error(`The event data store ${id} is gone.`);
  const since = new Date(Math.max(0, around.now.getTime() - store.retention * DAY_MS)).toISOString();
  return { id, kind: kindOfStore(store), since };
}

/** Those with events of that time. Throws when they are more than a query may look at. */
async function segmentsIn(around: Outside, id: string, { from, to }: Range): Promise<readonly Segment[]> {
  const [begin, end] = [Date.parse(from ?? '1970-01-01'), Date.parse(to ?? '9999-12-31')];
  const page = { limit: PAGE, from: segmentPart(Math.max(0, begin)), unchecked: true } as const;
  const found: Segment[] = [];
  let bytes = 0;
  let after: string | undefined;
  do {
    const list = around.store.transaction((tx) => tx.list(segments, [id], { ...page, after }));
    const { rows, next } = await list;
    for (const segment of rows.filter(({ oldest }) => oldest <= end)) {
      found.push(segment);
      bytes += segment.bytes;
    }
    after = next;
  } while (after !== undefined);
  if (bytes <= SCANNED_BYTES_MAX) return found;
  throw new Error(`The query looks at more than ${SCANNED_BYTES_MAX} bytes of events: ask for less time (eventTime).`);
}

async function bytesOf({ blobs, secrets }: Outside, segment: Segment, query: Query): Promise<Uint8Array> {
  const { id, packedBytes, sealed, store } = segment;
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.read(id, 0, packedBytes)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return sealed ? opened(keyIn(query, store, secrets), bytes, id) : bytes;
}
