/** The band of a series' normal values, from its detector's model. */
import type { ModelOptions } from './anomalyModel.ts';
import { TRAINING_SECONDS, train } from './anomalyModel.ts';
import type { Detector } from './detectorRows.ts';
import type { Points, TimeSeries } from './math/values.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AnomalyDetectorConfiguration.html */
const HALF_LIFE_DAYS: Readonly<Record<string, number>> = { FAST: 2, NORMAL: 7, SLOW: 14 };
const OUTLIERS_BEYOND: Readonly<Record<string, number>> = { MINIMAL: 8, MODERATE: 5, STRICT: 3 };

export const TRAINED_ON_SECONDS = TRAINING_SECONDS;

export function optionsOf(detector: Detector): ModelOptions {
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

/** Lower and upper bound at `times`, from what the series was before them. */
export function bandOf(
  detector: Detector,
  history: Points,
  { series, times, deviations }: { series: TimeSeries; times: readonly number[]; deviations: number },
): readonly [TimeSeries, TimeSeries] {
  const model = train(history, optionsOf(detector));
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
