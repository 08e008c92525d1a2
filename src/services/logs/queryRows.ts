/** Queries of Logs Insights: what was asked, how far it is, what came out. They are kept for seven days. */
import type { QueryLanguage, QueryStatus } from '@aws-sdk/client-cloudwatch-logs';
import { type Transaction, table } from '../../store/store.ts';
import { momentBack } from './segments.ts';

export interface Query {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly text: string;
  /** Absent: that of Logs Insights. */
  readonly language?: QueryLanguage | undefined;
  /** Ids of log groups. */
  readonly groups: readonly string[];
  /** The same of each query within the query, in the order in which they stand. */
  readonly inner?: readonly (readonly string[])[] | undefined;
  /** Names as they were given: what AWS lists the query under. */
  readonly groupNames: readonly string[];
  /** Milliseconds, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly limit?: number | undefined;
  readonly created: number;
  readonly user: string;
  /** A schedule started it, and waits for its end. */
  readonly scheduled?: true | undefined;
  /** Its results show what is masked. */
  readonly unmasks?: true | undefined;
  readonly status: QueryStatus;
  /** Milliseconds; of a query that has ended. */
  readonly ended?: number | undefined;
  readonly scanned: QueryScan;
  /** How many results, and in how many pieces they lie. */
  readonly results: number;
  readonly pieces: number;
  /** Which plane runs it, and until when it need not say so again (milliseconds). */
  readonly holder?: { readonly name: string; readonly until: number } | undefined;
}

export interface QueryScan {
  readonly events: number;
  readonly bytes: number;
  readonly matched: number;
  /** In batches that an index said not to look at. */
  readonly skippedEvents?: number | undefined;
  readonly skippedBytes?: number | undefined;
}

export const NOTHING_SCANNED: QueryScan = { events: 0, bytes: 0, matched: 0 };

/** `active`: those that must be worked on; `newest` and `ofGroup`: newest first; `age`: oldest first. */
export const queries = table<Query>('logs_query', {
  key: (query) => [query.account, query.region, query.id],
  indexes: {
    active: (query) => (isActive(query) ? [['active', query.id]] : []),
    running: (query) => (isActive(query) ? [[query.account, query.region]] : []),
    newest: (query) => [[query.account, query.region, momentBack(query.created)]],
    age: (query) => [['age', String(query.created).padStart(15, '0')]],
  },
});

export const isActive = ({ status }: Pick<Query, 'status'>) => status === 'Scheduled' || status === 'Running';

/** What is told of how much was read. */
export const statisticsOf = ({ scanned, groups, inner = [] }: Query) => ({
  recordsMatched: scanned.matched,
  recordsScanned: scanned.events,
  estimatedRecordsSkipped: scanned.skippedEvents ?? 0,
  bytesScanned: scanned.bytes,
  estimatedBytesSkipped: scanned.skippedBytes ?? 0,
  logGroupsScanned: new Set([groups, ...inner].flat()).size,
});

export const QUERY_KEPT_MS = 7 * 86_400_000;

export const PIECE_RESULTS = 500;

/** Where a piece of a query's results lies. */
export const pieceId = (query: Pick<Query, 'account' | 'region' | 'id'>, piece: number) =>
  `logs-query/${query.account}/${query.region}/${query.id}/${piece}`;

export async function forgetQuery(tx: Transaction, query: Query): Promise<void> {
  await tx.remove(queries, queries.key(query));
  for (let piece = 0; piece < query.pieces; piece++) tx.dropBytes(pieceId(query, piece));
}
