/**
 * From what was measured to rows: the follower that adds journal entries to metrics. It loads with the plane, so it
 * imports nothing of the SDK.
 *
 * A batch is summed in memory first: a thousand calls of one kind cost one row. Alarms that sleep until their metric
 * has data are woken here.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ToldContributions } from '../../core/contributions.ts';
import { eventOf } from '../../core/events.ts';
import { METRICS_PLACE, type Sample, type Samples } from '../../core/metrics.ts';
import type { Follower, Transaction } from '../../store/store.ts';
import { type Aggregate, aggregateOf, join, type Packed, pack, unpack } from './aggregates.ts';
import { wake } from './alarmSleep.ts';
import { keepContributions } from './insightRows.ts';
import {
  blocks,
  blockTime,
  type MetricName,
  metricId,
  metricRows,
  slotOf,
  TIERS,
  type Tier,
  withSlots,
} from './metricRows.ts';
import { oweMinutes, runningStreams } from './metricStreamRows.ts';
import { usageIn } from './usage.ts';

/** After so many metrics requests get their turn. */
const METRICS_A_BREATH = 200;

export const metricStore: Follower = {
  name: 'cloudwatch',
  async follow(entries, tx) {
    const news = new Map<string, MetricNews>();
    const told = entries
      .filter(({ kind }) => kind === METRICS_PLACE.kind)
      .map((entry) => eventOf<Samples & Partial<ToldContributions>>(entry));
    for (const { account, region, samples } of [...told, ...usageIn(entries)]) {
      for (const sample of samples) gather(news, { account, region }, sample);
    }
    await keepContributions(tx, told.filter(hasContributions));
    const now = Math.max(...entries.map(({ time }) => time));
    let kept = 0;
    for (const metric of news.values()) {
      await keep(metric, tx, now);
      await stream(metric, tx, now);
      if (++kept % METRICS_A_BREATH === 0) await nextTurn();
    }
  },
};

const hasContributions = (told: Samples & Partial<ToldContributions>): told is Samples & ToldContributions =>
  told.contributions !== undefined;

/** What a batch says of one metric. */
interface MetricNews {
  readonly account: string;
  readonly region: string;
  readonly metric: MetricName;
  readonly id: string;
  newest: number;
  /** Block (tier, time, unit) → slot → aggregate. */
  readonly blocks: Map<string, NewBlock>;
}

const IDS_MAX = 20_000;
const ids = new Map<string, string>();

/** The same metrics come again and again: their hashes are kept. */
function knownId({ account, region }: Pick<Samples, 'account' | 'region'>, metric: MetricName): string {
  const { namespace, name, dimensions } = metric;
  const key = [account, region, namespace, name, ...dimensions.flat()].join('\u0000');
  let id = ids.get(key);
  if (id === undefined) {
    if (ids.size >= IDS_MAX) ids.clear();
    id = metricId(account, region, metric);
    ids.set(key, id);
  }
  return id;
}

interface NewBlock {
  readonly tier: Tier;
  readonly time: number;
  readonly unit: string;
  readonly slots: Map<number, Aggregate>;
}

function gather(news: Map<string, MetricNews>, where: Pick<Samples, 'account' | 'region'>, sample: Sample): void {
  const aggregate = sample.set ?? aggregateOf(sample.values ?? [], sample.counts);
  if (!aggregate) return;
  const { namespace, name, dimensions } = sample;
  const metric = { namespace, name, dimensions };
  const id = knownId(where, metric);
  let known = news.get(id);
  if (!known) {
    known = { ...where, metric, id, newest: 0, blocks: new Map() };
    news.set(id, known);
  }
  known.newest = Math.max(known.newest, sample.time);
  const seconds = Math.floor(sample.time / 1000);
  add(known.blocks, TIERS.m, { seconds, unit: sample.unit, aggregate });
  if (sample.highResolution) add(known.blocks, TIERS.s, { seconds, unit: sample.unit, aggregate });
}

interface Datum {
  readonly seconds: number;
  readonly unit: string;
  readonly aggregate: Aggregate;
}

function add(known: Map<string, NewBlock>, tier: Tier, { seconds, unit, aggregate }: Datum): void {
  const time = blockTime(tier, seconds);
  const key = `${tier.name} ${time} ${unit}`;
  let block = known.get(key);
  if (!block) {
    block = { tier, time, unit, slots: new Map() };
    known.set(key, block);
  }
  const slot = slotOf(tier, seconds);
  const there = block.slots.get(slot);
  block.slots.set(slot, there ? join(there, aggregate) : aggregate);
}

/** How far the row's own time may lag: ListMetrics is as exact as that. */
const SEEN_LAG_MS = 600_000;

async function keep(told: MetricNews, tx: Transaction, now: number): Promise<void> {
  const { account, region, metric, id, newest, blocks: news } = told;
  const known = await tx.get(metricRows, [account, region, metric.namespace, metric.name, id]);
  if (!known) await tx.replace(metricRows, { account, region, ...metric, id, seen: newest });
  else if (known.seen + SEEN_LAG_MS < newest) await tx.replace(metricRows, { ...known, seen: newest });
  for (const { tier, time, unit, slots } of news.values()) {
    const block = { id, tier: tier.name, time, unit };
    const there = await tx.get(blocks, blocks.key({ ...block, slots: [] }));
    const packed = new Map(Array.from(slots, ([slot, aggregate]) => [slot, pack(aggregate)]));
    await tx.replace(blocks, { ...block, slots: withSlots(there?.slots ?? [], packed, joinPacked) });
  }
  await wake(tx, id, { now, newest });
}

async function stream({ account, region, metric, id, blocks: news }: MetricNews, tx: Transaction, now: number) {
  const running = await runningStreams(tx, { account, region });
  if (running.length === 0) return;
  const minutes = new Set([...news.values()].filter(({ tier }) => tier === TIERS.m).map(({ time }) => time));
  await oweMinutes(tx, running, { ...metric, metric: id }, minutes, now);
}

export const joinPacked = (a: Packed, b: Packed): Packed => pack(join(unpack(a), unpack(b)));
