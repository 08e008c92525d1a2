/** Calls by the minute, of what Insights watch: kept for 90 days. */
import type { Transaction } from '../../store/store.ts';
import { subjectOf } from './insightAnalysis.ts';
import { type Activity, hourPart, insightHours, subjectKey, WINDOW_MS } from './insightRows.ts';

const MINUTE_MS = 60_000;
const MINUTES_A_WINDOW = WINDOW_MS / MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAYS_KEPT = 90;
const FORGOTTEN_A_TURN = 500;

/** Which minute of its window. */
export const minuteOf = (time: number) => Math.floor(time / MINUTE_MS) % MINUTES_A_WINDOW;

export function plusOne(minutes: readonly number[] | undefined, minute: number): readonly number[] {
  const next = minutes ? [...minutes] : new Array<number>(MINUTES_A_WINDOW).fill(0);
  next[minute] = (next[minute] ?? 0) + 1;
  return next;
}

/** When a window is over. */
export async function keepMinutes(tx: Transaction, activity: Activity): Promise<void> {
  const counted = minutesIn(activity);
  if (counted.size === 0) return;
  const hour = Math.floor((activity.window * WINDOW_MS) / HOUR_MS);
  const before = await tx.get(insightHours, [...subjectKey(activity), hourPart(hour)]);
  const minutes = { ...before?.minutes };
  for (const [time, count] of counted) minutes[(time - hour * HOUR_MS) / MINUTE_MS] = count;
  await tx.replace(insightHours, { ...subjectOf(activity), hour, minutes });
}

/** Start of each minute that had calls, in milliseconds → how many. */
export function minutesIn({ window, minutes = [] }: Pick<Activity, 'window' | 'minutes'>): Map<number, number> {
  const found = new Map<number, number>();
  for (const [n, count] of minutes.entries()) if (count > 0) found.set(window * WINDOW_MS + n * MINUTE_MS, count);
  return found;
}

/** Whether there may be more to forget. */
export async function forgetHours(tx: Transaction, now: number): Promise<boolean> {
  const oldest = Math.floor(now / HOUR_MS) - DAYS_KEPT * 24;
  const { rows } = await tx.list(insightHours, ['hour'], { limit: FORGOTTEN_A_TURN, index: 'hour' });
  const old = rows.filter(({ hour }) => hour < oldest);
  for (const row of old) await tx.remove(insightHours, insightHours.key(row));
  return old.length === FORGOTTEN_A_TURN;
}
