/**
 * Log groups. What belongs to a group (streams, events, filters) is kept under its unique id, so that a group that is
 * deleted is gone at once, whatever it held, and one made under the same name again begins empty.
 */
import type { LogGroupClass, Processor } from '@aws-sdk/client-cloudwatch-logs';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface LogGroup {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly class: LogGroupClass;
  readonly tags: readonly Tag[];
  /** Who imported its events; see dataSources/. */
  readonly source?: { readonly name: string; readonly type: string } | undefined;
  /** Absent: events never expire. */
  readonly retentionDays?: number | undefined;
  /** What a policy of the account says instead: the days, unless events never expire. See accountRetention/. */
  readonly accountRetention?: { readonly days?: number | undefined; readonly policy: string } | undefined;
  readonly deletionProtected?: true | undefined;
  /** Events may come in over HTTP with a bearer token. */
  readonly bearerTokens?: true | undefined;
  readonly metricFilters: number;
  readonly subscriptionFilters?: number | undefined;
  /** The KMS key that new events are encrypted under: its ARN, and the data key in `dataKeys`. */
  readonly kms?: { readonly keyArn: string; readonly dataKey: string } | undefined;
  /** Fields by which events are indexed as they come in; see fieldIndexes.ts. Milliseconds. */
  readonly indexPolicy?:
    | {
        readonly document: string;
        readonly fields: readonly { readonly name: string; readonly type: 'FIELD_INDEX' | 'FACET' }[];
        readonly updated: number;
      }
    | undefined;
  /** What is made of events as they come in; see transformers/. Times in milliseconds. */
  readonly transformer?:
    | { readonly config: readonly Processor[]; readonly created: number; readonly modified: number }
    | undefined;
  /** Data protection policy, as it was written; since when there is one (milliseconds). */
  readonly dataProtection?: { readonly document: string; readonly updated: number; readonly since: number } | undefined;
}

/** `id` finds a group by its unique id; `retained` lists those whose events expire. */
export const logGroups = table<LogGroup>('logs_group', {
  key: (group) => [group.account, group.region, group.name],
  indexes: {
    id: (group) => [[group.id]],
    retained: (group) => (retentionOf(group) === undefined ? [] : [['retained', group.id]]),
  },
});

/** The ARN without `:*`. */
export const groupArn = (group: { readonly account: string; readonly region: string; readonly name: string }) =>
  `arn:aws:logs:${group.region}:${group.account}:log-group:${group.name}`;

/** What permissions on a group are about: an empty stream follows its name, so policies say `log-group:NAME:*`. */
export const groupResource = (group: Parameters<typeof groupArn>[0]) => `${groupArn(group)}:log-stream:`;

export const streamArn = (group: Parameters<typeof groupArn>[0], stream: string) =>
  `${groupArn(group)}:log-stream:${stream}`;

/** Events older than this moment (milliseconds) are expired; undefined where they never are. */
export function expiry(group: LogGroup, now: Date): number | undefined {
  const days = retentionOf(group);
  return days === undefined ? undefined : now.getTime() - days * DAY_MS;
}

/** Days; undefined where events never expire. */
export function retentionOf(group: LogGroup): number | undefined {
  if (group.class === 'DELIVERY') return DELIVERY_DAYS;
  return group.accountRetention ? group.accountRetention.days : group.retentionDays;
}

/** Fixed for that class. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html */
const DELIVERY_DAYS = 2;
export const DAY_MS = 86_400_000;
