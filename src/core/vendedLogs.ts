/**
 * Vended logs, where the services that write them and CloudWatch Logs meet: which resources may be delivery sources,
 * the deliveries that somebody made of them, and the records on their way. A service tells its records in the write set
 * of what they tell of; CloudWatch Logs delivers them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-vended-logs-permissions-V2.html
 */
import { createHash } from 'node:crypto';
import type { Transaction } from '../store/store.ts';
import { table } from '../store/store.ts';
import { parseArn } from './arn.ts';
import type { Tag } from './operation.ts';
import { later } from './tasks.ts';

/** A kind of resource that writes vended logs. */
export interface LogSourceKind {
  readonly service: string;
  readonly resourceType: string;
  readonly arn: RegExp;
  readonly logTypes: readonly string[];
  /** What the caller must be allowed on the resource. */
  readonly action: string;
  /** Of a record, in its order. */
  readonly fields: readonly string[];
  /** Its folder below `AWSLogs/ACCOUNT/` in S3. */
  readonly folder: string;
}

export const LOG_SOURCE_KINDS: readonly LogSourceKind[] = [
  {
    service: 'events',
    resourceType: 'event-bus',
    arn: /^arn:aws:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/,
    logTypes: ['ERROR_LOGS', 'INFO_LOGS', 'TRACE_LOGS'],
    action: 'events:AllowVendedLogDeliveryForResource',
    fields: [
      ...['resource_arn', 'request_id', 'event_id', 'invocation_id', 'message_timestamp_ms', 'message_type'],
      ...['log_level', 'details', 'dropped_fields', 'error'],
    ],
    folder: 'EventBusLogs',
  },
];

export interface DeliverySource {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** ARN. */
  readonly resource: string;
  readonly logType: string;
  readonly tags: readonly Tag[];
}

/** Index `resource`: [ARN, log type]. */
export const deliverySources = table<DeliverySource>('logs_delivery_source', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: { resource: ({ resource, logType }) => [[resource, logType]] },
});

export interface VendedDelivery {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** Name of the source. */
  readonly source: string;
  /** ARN of the delivery destination. */
  readonly destination: string;
  readonly type: 'S3' | 'CWL' | 'FH';
  readonly fields?: readonly string[] | undefined;
  readonly suffixPath?: string | undefined;
  readonly hive?: boolean | undefined;
  readonly tags: readonly Tag[];
}

/** Index `source`: [account, region, name]; `destination`: [ARN]. */
export const vendedDeliveries = table<VendedDelivery>('logs_delivery', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: {
    source: ({ account, region, source }) => [[account, region, source]],
    destination: ({ destination }) => [[destination]],
  },
});

export const VEND = 'logs.vend';

/** Records of one delivery, on their way. */
export interface Vended {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly records: readonly VendedRecord[];
}

export interface VendedRecord {
  /** Milliseconds. */
  readonly time: number;
  /** JSON of an object. */
  readonly text: string;
}

/** Of one resource there are few. */
const DELIVERIES_MAX = 100;
/** Objects hold what came in so many milliseconds. */
const OBJECT_MS = 300_000;

/** Owes records of a resource to each delivery of that log type; nothing where nobody wants them. */
export async function vend(
  { store, now }: { readonly store: Transaction; readonly now: Date },
  { resource, logType }: Pick<DeliverySource, 'resource' | 'logType'>,
  records: readonly VendedRecord[],
): Promise<void> {
  const page = { limit: DELIVERIES_MAX };
  const { rows: sources } = await store.list(deliverySources, [resource, logType], { ...page, index: 'resource' });
  for (const { account, region, name } of sources) {
    const { rows } = await store.list(vendedDeliveries, [account, region, name], { ...page, index: 'source' });
    for (const { id, type, destination } of rows) {
      const body: Vended = { account, region, id, records };
      const random = (bytes: number) => createHash('sha256').update(JSON.stringify(body)).digest().subarray(0, bytes);
      const due = type === 'S3' ? Math.ceil((now.getTime() + 1) / OBJECT_MS) * OBJECT_MS : undefined;
      // It is done in the account that has the destination.
      const giver = { store, now, random, account: parseArn(destination)?.account ?? account, region };
      await later(giver, { kind: VEND, body, due, lane: `${VEND} ${id}` });
    }
  }
}
