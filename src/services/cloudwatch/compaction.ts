/**
 * Packs minutes that are done into hours, old hours into coarser ones, and forgets what AWS would: seconds after three
 * hours, minutes after 15 days, five minutes after 63 days, hours after 455 days. Also forgets the journal's entries that
 * have become rows.
 */
import { METRICS_PLACE } from '../../core/metrics.ts';
import type { Surroundings, Worker } from '../../core/worker.ts';
import type { Transaction } from '../../store/store.ts';
import type { Packed } from './aggregates.ts';
import { joinPacked } from './ingest.ts';
import { forgottenMinutes } from './insightRows.ts';
import {
  type Block,
  blocks,
  blockTime,
  KEPT,
  metricRows,
  slotOf,
  TIERS,
  type TierName,
  withSlots,
} from './metricRows.ts';

const BLOCKS_A_TURN = 400;
const ENTRIES_A_TURN = 2000;
const ENTRIES_KEPT_MS = 3_600_000;
const HOUR = 3600;

/** A tier's blocks that end `after` seconds ago go into the next tier, or away. */
const STEPS: readonly { readonly tier: TierName; readonly into?: TierName; readonly after: number }[] = [
  { tier: 's', after: KEPT.second + HOUR },
  { tier: 'm', into: 'h', after: 2 * HOUR },
  { tier: 'h', into: 'd', after: KEPT.minute + HOUR },
  { tier: 'd', into: 'w', after: KEPT.fiveMinutes + HOUR },
  { tier: 'w', after: KEPT.hour + HOUR },
];

export const metricCompaction: Worker = {
  name: 'cloudwatch-compaction',
  everyMs: 60_000,
  async work({ store, now }) {
    const seconds = Math.floor(now().getTime() / 1000);
    let more = false;
    for (const step of STEPS) {
      if (await store.transaction((tx) => packed(tx, step, seconds))) more = true;
    }
    if (await store.transaction((tx) => forgotten(tx, now()))) more = true;
    if (await store.transaction((tx) => forgottenMinutes(tx, now()))) more = true;
    return (await pruned(store, now())) || more;
  },
};

async function packed(tx: Transaction, step: (typeof STEPS)[number], now: number): Promise<boolean> {
  const isOld = (block: Block | undefined) =>
    block !== undefined && block.time + TIERS[step.tier].span <= now - step.after;
  const oldest = async (limit: number) =>
    (await tx.list(blocks, [step.tier], { index: 'age', limit, unchecked: true })).rows;
  if (!isOld((await oldest(1))[0])) return false;
  const old: Block[] = [];
  for (const hint of (await oldest(BLOCKS_A_TURN)).filter(isOld)) {
    const block = await tx.get(blocks, blocks.key(hint));
    if (block) old.push(block);
  }
  const packs = new Map<string, Block[]>();
  for (const block of old) {
    await tx.remove(blocks, blocks.key(block));
    if (!step.into) continue;
    const into = partOf(block, step.into);
    const key = blocks.key(into).join(' ');
    packs.set(key, [...(packs.get(key) ?? []), into]);
  }
  for (const parts of packs.values()) await fold(tx, parts);
  return old.length === BLOCKS_A_TURN;
}

/** The block as a part of the coarser one that takes it in. */
function partOf(block: Block, into: TierName): Block {
  const [from, to] = [TIERS[block.tier], TIERS[into]];
  const slots = block.slots.map(([slot, aggregate]): [number, Packed] => [
    slotOf(to, block.time + slot * from.slot),
    aggregate,
  ]);
  return { ...block, tier: into, time: blockTime(to, block.time), slots };
}

async function fold(tx: Transaction, parts: readonly Block[]): Promise<void> {
  const [first] = parts;
  if (!first) return;
  const sums = new Map<number, Packed>();
  for (const [slot, packed] of parts.flatMap((part) => part.slots)) {
    const known = sums.get(slot);
    sums.set(slot, known ? joinPacked(known, packed) : packed);
  }
  const there = await tx.get(blocks, blocks.key(first));
  await tx.replace(blocks, { ...first, slots: withSlots(there?.slots ?? [], sums, joinPacked) });
}

/** Metrics without data for 15 months. */
async function forgotten(tx: Transaction, now: Date): Promise<boolean> {
  const before = now.getTime() - KEPT.hour * 1000;
  const { rows } = await tx.list(metricRows, [], { index: 'month', limit: BLOCKS_A_TURN });
  const old = rows.filter(({ seen }) => seen < before);
  for (const metric of old) await tx.remove(metricRows, metricRows.key(metric));
  return old.length === BLOCKS_A_TURN;
}

async function pruned(store: Surroundings['store'], now: Date): Promise<boolean> {
  const removed = await store.journal.prune(now.getTime() - ENTRIES_KEPT_MS, ENTRIES_A_TURN, METRICS_PLACE);
  return removed === ENTRIES_A_TURN;
}
