/** Reading a metric: its aggregates over periods, whatever blocks its data lie in. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../core/context.ts';
import type { Page } from '../../store/store.ts';
import { type Aggregate, join, unpack } from './aggregates.ts';
import { type Block, blocks, KEPT, moment, TIERS, type TierName } from './metricRows.ts';

/** Seconds since 1970; `from` is in it, `to` is not. Periods begin at `from` and every `period` seconds after it. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly period: number;
}

/** Beginning of a period (seconds) → unit → aggregate. */
export type Series = ReadonlyMap<number, ReadonlyMap<string, Aggregate>>;

type Reader = Pick<Context, 'store' | 'now'>;

const HOUR = 3600;
const BLOCKS_A_PAGE = 500;
/** After so many blocks others get their turn. */
const BLOCKS_A_BREATH = 50;

/** Data points of at least so many seconds are those that may be asked for so long after: AWS's retention. */
export async function seriesOf(ctx: Reader, metric: string, span: Span, unit?: string): Promise<Series> {
  const now = Math.floor(ctx.now.getTime() / 1000);
  const series = new Map<number, Map<string, Aggregate>>();
  const from = Math.max(span.from, now - keptFor(span.period));
  let read = 0;
  for (const tier of tiersFor(span.period, from, now)) {
    for await (const block of blocksIn(ctx, metric, { tier, from, to: span.to })) {
      if (unit === undefined || block.unit === unit) addBlock(series, block, span, from);
      if (++read % BLOCKS_A_BREATH === 0) await nextTurn();
    }
  }
  return new Map([...series].sort(([a], [b]) => a - b));
}

const keptFor = (period: number) => {
  if (period < 60) return KEPT.second;
  if (period % 300 !== 0) return KEPT.minute;
  return period % HOUR === 0 ? KEPT.hour : KEPT.fiveMinutes;
};

/** Coarser blocks hold old data only. */
function tiersFor(period: number, from: number, now: number): readonly TierName[] {
  if (period < 60) return ['s'];
  const tiers: TierName[] = ['m'];
  if (from < now - HOUR) tiers.push('h');
  if (from < now - KEPT.minute && period % 300 === 0) tiers.push('d');
  if (from < now - KEPT.fiveMinutes && period % HOUR === 0) tiers.push('w');
  return tiers;
}

interface Wanted {
  readonly tier: TierName;
  readonly from: number;
  readonly to: number;
}

async function* blocksIn({ store }: Reader, metric: string, { tier, from, to }: Wanted): AsyncGenerator<Block> {
  const { span } = TIERS[tier];
  const prefix = [metric, tier];
  const blocksAtMost = Math.ceil((to - from) / span) + 2;
  const first = moment(from - (from % span));
  const limit = Math.min(BLOCKS_A_PAGE, blocksAtMost);
  let after: string | undefined;
  do {
    const page: Page<Block> = await store.list(blocks, prefix, { from: first, after, limit });
    for (const block of page.rows) {
      if (block.time >= to) return;
      yield block;
    }
    after = page.next;
  } while (after !== undefined);
}

function addBlock(series: Map<number, Map<string, Aggregate>>, block: Block, span: Span, kept: number): void {
  const tier = TIERS[block.tier];
  for (const [slot, packed] of block.slots) {
    const time = block.time + slot * tier.slot;
    if (time < span.from || time >= span.to || time < kept) continue;
    const period = span.from + Math.floor((time - span.from) / span.period) * span.period;
    let units = series.get(period);
    if (!units) {
      units = new Map();
      series.set(period, units);
    }
    const known = units.get(block.unit);
    const aggregate = unpack(packed);
    units.set(block.unit, known ? join(known, aggregate) : aggregate);
  }
}

/** A period's data whatever their units. */
export const allUnits = (units: ReadonlyMap<string, Aggregate>): Aggregate => [...units.values()].reduce(join);
