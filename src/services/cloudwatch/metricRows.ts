/**
 * How metrics lie in the store.
 *
 * A metric is a row; its data are blocks of slots, each slot one period's aggregate. New data go into the block of their
 * minute, a row of one slot, so that a data point reads and writes next to nothing. What has an age is packed into
 * longer rows behind the requests (compaction.ts): an hour of minutes, six hours of five minutes, three days of hours.
 * Data that come late make a new minute, and readers join whatever they find for a time. High-resolution data lie in
 * blocks of ten seconds besides, for three hours.
 */
import { createHash } from 'node:crypto';
import { type Table, table } from '../../store/store.ts';
import type { Packed } from './aggregates.ts';

export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
}

export interface MetricRow extends MetricName {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** Time of its newest data point in milliseconds; up to ten minutes behind. */
  readonly seen: number;
}

/** Newest data of metrics lie in a month: what is 15 months old is forgotten by it. */
const monthOf = (time: number) => new Date(time).toISOString().slice(0, 7);

export const metricRows = table<MetricRow>('cw_metric', {
  key: (metric) => [metric.account, metric.region, metric.namespace, metric.name, metric.id],
  indexes: {
    name: (metric) => [[metric.account, metric.region, metric.name]],
    month: (metric) => [[monthOf(metric.seen)]],
  },
});

/** The same for the same name, whatever the order of its dimensions: 96 bits of a hash. */
export function metricId(account: string, region: string, { namespace, name, dimensions }: MetricName): string {
  const sorted = dimensions.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([account, region, namespace, name, sorted]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

export type TierName = 's' | 'm' | 'h' | 'd' | 'w';

export interface Tier {
  readonly name: TierName;
  /** Seconds of a slot, and of a block. */
  readonly slot: number;
  readonly span: number;
}

const DAY = 86_400;

export const TIERS: Readonly<Record<TierName, Tier>> = {
  s: { name: 's', slot: 1, span: 10 },
  m: { name: 'm', slot: 60, span: 60 },
  h: { name: 'h', slot: 60, span: 3600 },
  d: { name: 'd', slot: 300, span: DAY / 4 },
  w: { name: 'w', slot: 3600, span: 3 * DAY },
};

/**
 * How long data of a resolution last, in seconds.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
 */
export const KEPT = { second: 3 * 3600, minute: 15 * DAY, fiveMinutes: 63 * DAY, hour: 455 * DAY };

export interface Block {
  /** Of the metric. */
  readonly id: string;
  readonly tier: TierName;
  /** Seconds since 1970; a multiple of the tier's span. */
  readonly time: number;
  readonly unit: string;
  /** Number of the slot in the block, and its aggregate. */
  readonly slots: readonly (readonly [slot: number, Packed])[];
}

/** A time in seconds as a key part, in time's order. */
export const moment = (seconds: number) => String(Math.max(0, Math.floor(seconds))).padStart(11, '0');

export const blocks: Table<Block> = table<Block>('cw_block', {
  key: (block) => [block.id, block.tier, moment(block.time), block.unit],
  indexes: { age: (block) => [[block.tier, moment(block.time - (block.time % 3600))]] },
});

export const blockTime = (tier: Tier, seconds: number) => Math.floor(seconds / tier.span) * tier.span;
export const slotOf = (tier: Tier, seconds: number) => Math.floor((seconds % tier.span) / tier.slot);

/** The slots of two blocks of the same time, in order. */
export function withSlots(
  slots: Block['slots'],
  more: ReadonlyMap<number, Packed>,
  join: (a: Packed, b: Packed) => Packed,
): Block['slots'] {
  const merged = new Map(slots);
  for (const [slot, packed] of more) {
    const known = merged.get(slot);
    merged.set(slot, known ? join(known, packed) : packed);
  }
  return [...merged].sort(([a], [b]) => a - b);
}
