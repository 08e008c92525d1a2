/** Scheduled queries, and what their runs came to. Times are milliseconds since 1970. */
import type {
  DestinationConfiguration,
  ExecutionStatus,
  QueryLanguage,
  ScheduledQueryDestination,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Tag } from '../../../core/operation.ts';
import { type Giver, later } from '../../../core/tasks.ts';
import { table } from '../../../store/store.ts';
import { momentBack } from '../segments.ts';

export interface ScheduledQuery {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly text: string;
  /** Absent: that of Logs Insights. */
  readonly language?: QueryLanguage | undefined;
  /** Names or ARNs, as they were given. */
  readonly groups: readonly string[];
  readonly expression: string;
  readonly timezone?: string | undefined;
  /** Seconds before the run. */
  readonly startOffset?: number | undefined;
  readonly endOffset?: number | undefined;
  readonly destination?: DestinationConfiguration | undefined;
  /** As they were given; see `momentOf`. */
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly role: string;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly tags: readonly Tag[];
  readonly created: number;
  readonly updated: number;
  readonly triggered?: number | undefined;
  readonly status?: ExecutionStatus | undefined;
}

export const scheduledQueries = table<ScheduledQuery>('logs_scheduled_query', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: { name: ({ account, region, name }) => [[account, region, name]] },
});

export const scheduledQueryArn = ({ account, region, id }: Pick<ScheduledQuery, 'account' | 'region' | 'id'>) =>
  `arn:aws:logs:${region}:${account}:scheduled-query:${id}`;

/** Milliseconds of what may be seconds: AWS's documentation says neither. */
export const momentOf = (time: number): number => (time < 100_000_000_000 ? time * 1000 : time);

/** One run. */
export interface Run {
  readonly account: string;
  readonly region: string;
  /** Of the scheduled query. */
  readonly scheduled: string;
  /** Absent where no query could be started. */
  readonly query?: string | undefined;
  readonly triggered: number;
  readonly status: ExecutionStatus;
  readonly error?: string | undefined;
  readonly destinations?: readonly ScheduledQueryDestination[] | undefined;
}

/** Newest first. */
export const runs = table<Run>('logs_scheduled_query_run', {
  key: ({ account, region, scheduled, triggered }) => [account, region, scheduled, momentBack(triggered)],
  indexes: { query: ({ query }) => (query === undefined ? [] : [[query]]) },
});

export const TRIGGER = 'logs.scheduledQuery';
export const DELIVER = 'logs.scheduledQueryResult';

/** What is owed when a query has ended that a schedule started. */
export const deliverLater = (giver: Giver, query: string): Promise<void> =>
  later(giver, { kind: DELIVER, id: query, body: { query } });
