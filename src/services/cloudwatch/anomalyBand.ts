/** The band of a series' normal values, from its detector's model. */
import { type Model, type ModelOptions, TRAINING_SECONDS, train } from './anomalyModel.ts';
import type { Detector } from './detectorRows.ts';
import type { Points, TimeSeries } from './math/values.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AnomalyDetectorConfiguration.html */
const HALF_LIFE_DAYS: Readonly<Record<string, number>> = { FAST: 2, NORMAL: 7, SLOW: 14 };
const OUTLIERS_BEYOND: Readonly<Record<string, number>> = { MINIMAL: 8, MODERATE: 5, STRICT: 3 };

export const TRAINED_ON_SECONDS = TRAINING_SECONDS;

function optionsOf(detector: Detector): ModelOptions {
  return {
    timezone: detector.timezone ?? 'UTC',
    excluded: detector.excluded.map(({ from, to }) => [from / 1000, to / 1000]),
    halfLifeDays: HALF_LIFE_DAYS[detector.adaptation ?? 'NORMAL'] ?? HALF_LIFE_DAYS.NORMAL!,
    // Spikes that come again and again are part of what is normal.
    outliersBeyond: detector.periodicSpikes
      ? Number.POSITIVE_INFINITY
      : (OUTLIERS_BEYOND[detector.outliers ?? 'MODERATE'] ?? OUTLIERS_BEYOND.MODERATE!),
  };
}

/** Models of the hour, by what they were trained on: training reads two weeks, and alarms ask every minute. */
const models = new WeakMap<Detector, Map<string, Model>>();
const MODELS_A_DETECTOR = 8;
const HOUR = 3600;

/** Where training ends: what comes in the hour that is asked about cannot make itself normal. */
export const trainedTo = (from: number): number => from - (from % HOUR);

/** The detector's model for a series of that period, trained on `history` unless it is known. */
export async function modelOf(
  detector: Detector,
  { period, to }: { readonly period: number; readonly to: number },
  history: () => Promise<Points>,
): Promise<Model> {
  const known = models.get(detector) ?? new Map<string, Model>();
  const key = `${period} ${to}`;
  const found = known.get(key);
  if (found) return found;
  const model = train(await history(), optionsOf(detector));
  if (known.size >= MODELS_A_DETECTOR) known.clear();
  // One that knows too little may know more soon.
  if (model.normal(to) !== undefined) models.set(detector, known.set(key, model));
  return model;
}

/** Lower and upper bound at `times`. */
export function bandOf(
  model: Model,
  { series, times, deviations }: { series: TimeSeries; times: readonly number[]; deviations: number },
): readonly [TimeSeries, TimeSeries] {
  const [low, high] = [new Map<number, number>(), new Map<number, number>()];
  for (const time of times) {
    const normal = model.normal(time);
    if (!normal) continue;
    const least = normal.mean - deviations * normal.deviation;
    low.set(time, model.lowest >= 0 ? Math.max(0, least) : least);
    high.set(time, normal.mean + deviations * normal.deviation);
  }
  const bound = (points: Points, name: string) => ({ points, period: series.period, label: `${series.label} ${name}` });
  return [bound(low, 'Low'), bound(high, 'High')];
}
