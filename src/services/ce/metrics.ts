/** Metrics: what is summed over rows, and how the sums are written. */
import type { MetricValue } from '@aws-sdk/client-cost-explorer';
import { ValidationFailure } from '../../core/errors.ts';
import { UNIT } from './catalog.ts';
import type { MeteredRow } from './usage.ts';

export interface Sums {
  cost: number;
  quantity: number;
}

export const noSums = (): Sums => ({ cost: 0, quantity: 0 });

export function addTo(sums: Sums, row: MeteredRow): void {
  sums.cost += row.cost;
  sums.quantity += row.quantity;
}

/** There are no discounts, reservations or upfront fees: every cost metric is the plain price. */
const METRICS: Readonly<Record<string, (sums: Sums) => { amount: number; unit: string }>> = {
  AmortizedCost: ({ cost }) => ({ amount: cost, unit: 'USD' }),
  BlendedCost: ({ cost }) => ({ amount: cost, unit: 'USD' }),
  NetAmortizedCost: ({ cost }) => ({ amount: cost, unit: 'USD' }),
  NetUnblendedCost: ({ cost }) => ({ amount: cost, unit: 'USD' }),
  NormalizedUsageAmount: () => ({ amount: 0, unit: 'N/A' }),
  UnblendedCost: ({ cost }) => ({ amount: cost, unit: 'USD' }),
  UsageQuantity: ({ quantity }) => ({ amount: quantity, unit: 'N/A' }),
};

/** Metrics by their names; clients also write them as the other operations do (`UNBLENDED_COST`). */
export function metricsNamed(names: readonly string[]): string[] {
  if (names.length === 0) throw new ValidationFailure('At least one metric must be specified.');
  return [...new Set(names.map(metricNamed))];
}

export function metricNamed(name: string): string {
  const wanted = name.replaceAll('_', '').toLowerCase();
  const metric = Object.keys(METRICS).find((known) => known === name || known.toLowerCase() === wanted);
  if (metric === undefined) {
    throw new ValidationFailure(`Metric ${name} not valid. Valid values are ${Object.keys(METRICS).join(', ')}`);
  }
  return metric;
}

export const amountOf = (metric: string, sums: Sums): number => METRICS[metric]?.(sums).amount ?? 0;

/** `perUsageType`: all that was summed has one usage type, so its unit means something. */
export function metricsView(
  metrics: readonly string[],
  sums: Sums,
  perUsageType: boolean,
): Record<string, MetricValue> {
  return Object.fromEntries(
    metrics.map((metric) => {
      const { amount, unit } = METRICS[metric]?.(sums) ?? { amount: 0, unit: 'N/A' };
      const shown = metric === 'UsageQuantity' && perUsageType ? UNIT : unit;
      return [metric, { Amount: amountText(amount), Unit: shown }];
    }),
  );
}

/** Up to ten decimals, as AWS writes them, without trailing zeros. */
export const amountText = (amount: number) => amount.toFixed(10).replace(/\.?0+$/, '');
