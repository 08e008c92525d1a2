/**
 * What the plane meters: the calls it answered without an error, per account, service, Region, usage type, operation
 * and hour. A follower reads them off the audit journal, behind the requests themselves. Days are kept as long as Cost
 * Explorer keeps months (38), hours as long as it keeps hours (14 days); what is older goes as new rows come.
 */
import { eventOf } from '../../core/events.ts';
import { type Follower, type JournalRow, type Table, type Transaction, table } from '../../store/store.ts';
import { serviceNamed, usageTypeOf } from './catalog.ts';

/** Calls in one hour or on one day. */
export interface Usage {
  readonly account: string;
  /** UTC: `2030-01-31` of a day, `2030-01-31T23` of an hour. */
  readonly time: string;
  /** As Cost Explorer names it: `AWS Cost Explorer`. */
  readonly service: string;
  readonly region: string;
  readonly usageType: string;
  readonly operation: string;
  readonly quantity: number;
}

const keyOf = (span: (time: string) => string) => (u: Usage) => [
  u.account,
  span(u.time),
  u.time,
  u.service,
  u.region,
  u.usageType,
  u.operation,
];

export const monthOf = (time: string) => time.slice(0, 7);
export const dayOf = (time: string) => time.slice(0, 10);

/** By day; listed by month: prefix [account, `2030-01`]. */
export const dailyUsage = table<Usage>('ce_daily_usage', { key: keyOf(monthOf) });
/** By hour; listed by day: prefix [account, `2030-01-31`]. */
export const hourlyUsage = table<Usage>('ce_hourly_usage', { key: keyOf(dayOf) });

export const meter: Follower = {
  name: 'ce_meter',
  async follow(entries, tx) {
    const counts = new Map<string, Usage>();
    for (const entry of entries) {
      const usage = usageIn(entry);
      if (!usage) continue;
      const key = hourlyUsage.key(usage).join(' ');
      const known = counts.get(key);
      counts.set(key, known ? { ...known, quantity: known.quantity + 1 } : usage);
    }
    for (const usage of counts.values()) {
      await add(tx, hourlyUsage, usage, dayBefore(usage.time, HOURS_KEPT_DAYS));
      await add(tx, dailyUsage, { ...usage, time: dayOf(usage.time) }, dayBefore(usage.time, DAYS_KEPT_DAYS));
    }
  },
};

const HOURS_KEPT_DAYS = 15;
const DAYS_KEPT_DAYS = 38 * 31;
/** Old rows that go when a new one comes. */
const FORGOTTEN_MAX = 20;

async function add(tx: Transaction, table: Table<Usage>, usage: Usage, oldest: string): Promise<void> {
  const known = await tx.get(table, table.key(usage));
  await tx.replace(table, known ? { ...known, quantity: known.quantity + usage.quantity } : usage);
  if (known) return;
  const { rows } = await tx.list(table, [usage.account], { limit: FORGOTTEN_MAX });
  for (const row of rows) if (row.time < oldest) await tx.remove(table, table.key(row));
}

function dayBefore(time: string, days: number): string {
  return new Date(Date.parse(`${dayOf(time)}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

interface Recorded {
  readonly eventType: string;
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly errorCode?: string;
  readonly recipientAccountId?: string;
  readonly userIdentity: { readonly accountId?: string };
}

/** A call across accounts has a record in both: it counts for the caller's. */
function usageIn(entry: JournalRow): Usage | undefined {
  if (entry.kind !== 'api') return undefined;
  const record = eventOf<Recorded>(entry);
  if (record.eventType !== 'AwsApiCall' || record.errorCode !== undefined) return undefined;
  const { accountId = entry.account } = record.userIdentity;
  if (accountId !== entry.account && /^\d{12}$/.test(accountId)) return undefined;
  return {
    account: entry.account,
    time: record.eventTime.slice(0, 13),
    service: serviceNamed(record.eventSource),
    region: record.awsRegion,
    usageType: usageTypeOf(record.eventSource, record.awsRegion),
    operation: record.eventName,
    quantity: 1,
  };
}
