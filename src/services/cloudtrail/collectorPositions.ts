/** How far the journal has been gathered into log files: one place for all trails. */
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';

export interface CollectorPosition {
  readonly id: 'collector';
  /** Of the last entry that is in a file which is kept. */
  readonly sequence: number;
  /** Milliseconds: when the next files are due, and when the last were made. */
  readonly due: number;
  readonly made: number;
}

export const collectorPositions = table<CollectorPosition>('trail_position', { key: (p) => [p.id] });

export const COLLECTOR = ['collector'];

const STANDARD_INTERVAL_SECONDS = 300;

const intervalMs = (settings: Context['settings']) =>
  (settings.trailIntervalSeconds ?? STANDARD_INTERVAL_SECONDS) * 1000;

/** Whether files are due. Were it only in more than an interval, then the clock has been set back. */
export const isDue = ({ due }: CollectorPosition, now: number, settings: Context['settings']): boolean =>
  now >= due || due - now > intervalMs(settings);

/** The next time that files are due: at whole intervals of the clock. */
export function nextDue(now: Date, settings: Context['settings']): number {
  const interval = intervalMs(settings);
  return (Math.floor(now.getTime() / interval) + 1) * interval;
}

/** From the first trail that logs on, everything that happens is gathered. */
export async function beginCollecting(ctx: Context): Promise<void> {
  if (await ctx.store.get(collectorPositions, COLLECTOR)) return;
  const sequence = await ctx.journal.tip();
  const made = ctx.now.getTime();
  await ctx.store.insert(collectorPositions, { id: 'collector', sequence, made, due: nextDue(ctx.now, ctx.settings) });
}
