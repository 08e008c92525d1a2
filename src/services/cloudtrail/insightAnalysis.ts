/**
 * When activity is unusual. AWS does not say how it decides; this is ours: a window of five minutes is unusual when it
 * has at least ten calls, more than twice as many as the average window of the last seven days, and more than four
 * standard deviations above it. It is over with the first window that is not unusual.
 */
import {
  type Activity,
  type Baseline,
  type BaselineView,
  merged,
  NO_TOPS,
  type OpenInsight,
  type Subject,
  WINDOW_MS,
} from './insightRows.ts';

const CALLS_MIN = 10;
const TIMES_AVERAGE = 2;
const DEVIATIONS = 4;
const WINDOWS_AN_HOUR = 3_600_000 / WINDOW_MS;
const WINDOWS_A_DAY = 24 * WINDOWS_AN_HOUR;
export const WINDOW_MINUTES = WINDOW_MS / 60_000;
const BASELINE_WINDOWS = 7 * WINDOWS_A_DAY;
/** As in AWS, it takes 36 hours until Insights know what is usual. */
const LEARNING_WINDOWS = 1.5 * WINDOWS_A_DAY;

export interface Closing {
  readonly activity: Activity | undefined;
  readonly baseline: Baseline | undefined;
  readonly started?: OpenInsight;
  readonly ended?: OpenInsight;
}

/**
 * The window of an activity is over. `since`: the first window that was watched; `id`: of an Insight, should one start.
 * What is left is the activity of the next window, or nothing to look at any more.
 */
export function closeWindow(activity: Activity, before: Baseline | undefined, since: number, id: string): Closing {
  const { window, count } = activity;
  const observed = Math.min(BASELINE_WINDOWS, Math.max(0, window - since));
  const unusual = observed >= LEARNING_WINDOWS && isUnusual(count, before, window, observed);
  const baseline = count > 0 ? folded(before, activity) : before;
  const next = { ...activity, window: window + 1, count: 0, minutes: undefined, tops: NO_TOPS };
  if (!unusual) {
    return { activity: undefined, baseline, ...(activity.open && { ended: activity.open }) };
  }
  const { open } = activity;
  if (open) return { activity: { ...next, open: longer(open, activity) }, baseline };
  const first = { id, first: window, last: window, count, tops: activity.tops };
  const started = { ...first, baseline: viewOf(before, window, observed) };
  return { activity: { ...next, open: started }, baseline, started };
}

const longer = (open: OpenInsight, { window, count, tops }: Activity): OpenInsight => ({
  ...open,
  last: window,
  count: open.count + count,
  tops: merged(open.tops, tops),
});

function isUnusual(count: number, baseline: Baseline | undefined, window: number, observed: number): boolean {
  if (count < CALLS_MIN) return false;
  const { sum, squares } = totals(baseline, window, observed);
  const mean = sum / observed;
  const deviation = Math.sqrt(Math.max(0, squares / observed - mean * mean));
  return count > TIMES_AVERAGE * mean && count > mean + DEVIATIONS * deviation;
}

/** Of the windows that were observed: what was counted before Insights were turned on anew is not among them. */
function totals(baseline: Baseline | undefined, window: number, observed: number) {
  const oldest = Math.floor((window - observed) / WINDOWS_AN_HOUR);
  let sum = 0;
  let squares = 0;
  for (const each of baseline?.hours ?? []) {
    if (each.hour < oldest) continue;
    sum += each.sum;
    squares += each.squares;
  }
  return { sum, squares };
}

function viewOf(baseline: Baseline | undefined, window: number, observed: number): BaselineView {
  const minutes = observed * WINDOW_MINUTES;
  const oldest = Math.floor((window - observed) / WINDOWS_A_DAY);
  const days = (baseline?.days ?? []).filter(({ day }) => day >= oldest);
  const tops = days.reduce((all, { tops }) => merged(all, tops), NO_TOPS);
  return { average: minutes === 0 ? 0 : totals(baseline, window, observed).sum / minutes, minutes, tops };
}

/** The baseline with one more window; what is older than seven days falls off. */
function folded(baseline: Baseline | undefined, activity: Activity): Baseline {
  const { window, count, tops } = activity;
  const hour = Math.floor(window / WINDOWS_AN_HOUR);
  const day = Math.floor(window / WINDOWS_A_DAY);
  const hours = (baseline?.hours ?? []).filter((each) => each.hour >= hour - 7 * 24 && each.hour !== hour);
  const same = baseline?.hours.find((each) => each.hour === hour) ?? { hour, sum: 0, squares: 0 };
  const days = (baseline?.days ?? []).filter((each) => each.day >= day - 7 && each.day !== day);
  const today = baseline?.days.find((each) => each.day === day)?.tops ?? NO_TOPS;
  return {
    ...subjectOf(activity),
    hours: [...hours, { hour, sum: same.sum + count, squares: same.squares + count * count }],
    days: [...days, { day, tops: merged(today, tops) }],
  };
}

export const subjectOf = ({ account, region, kind, source, name, code, trail }: Subject): Subject => ({
  account,
  region,
  kind,
  source,
  name,
  code,
  ...(trail !== undefined && { trail }),
});
