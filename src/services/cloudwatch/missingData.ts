/**
 * The state of an alarm from its data points: M of N, and what stands in for those that are missing.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

export type Treatment = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export interface Judged<P> {
  /** `same`: the alarm stays as it is. */
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'same';
  /** The data points that decided, the oldest first. */
  readonly points: readonly P[];
  /** How many more were missing, and treated as the alarm says. */
  readonly filled: number;
}

export interface Rule {
  /** Evaluation periods. */
  readonly n: number;
  /** Data points to alarm. */
  readonly m: number;
  readonly treatment: Treatment;
}

/** `range`: the data points of the evaluation range, the oldest first; undefined where there is none. */
export function judge<P extends { readonly breaching: boolean }>(
  range: readonly (P | undefined)[],
  { n, m, treatment }: Rule,
): Judged<P> {
  const real = range.filter((point) => point !== undefined);
  const points = real.slice(-n);
  const filled = n - points.length;
  const breaching = points.filter((point) => point.breaching).length;
  if (filled === 0) return { state: breaching >= m ? 'ALARM' : 'OK', points, filled };
  if (treatment === 'breaching') return { state: breaching + filled >= m ? 'ALARM' : 'OK', points, filled };
  if (treatment === 'notBreaching') return { state: breaching >= m ? 'ALARM' : 'OK', points, filled };
  if (points.length === 0) return { state: treatment === 'ignore' ? 'same' : 'INSUFFICIENT_DATA', points, filled };
  if (breaching >= m) return { state: 'ALARM', points, filled };
  if (breaching < points.length) return { state: 'OK', points, filled };
  return { state: treatment === 'missing' && ageOfOldest(range) >= m ? 'ALARM' : 'same', points, filled };
}

/**
 * All that is there breaches: an alarm that sees the oldest of it as old as the data points it needs goes off even if
 * it never gets as many.
 */
const ageOfOldest = (range: readonly (object | undefined)[]) =>
  range.length - range.findIndex((point) => point !== undefined);
