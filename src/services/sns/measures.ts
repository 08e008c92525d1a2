/**
 * What a topic tells CloudWatch.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
 */
import type { Context } from '../../core/context.ts';
import { metrics, type Point } from '../../core/metrics.ts';
import type { Topic } from './topicRows.ts';

export function measure(ctx: Context, { account, region, name }: Topic, points: readonly Point[]): void {
  if (points.length === 0) return;
  metrics(ctx, { namespace: 'AWS/SNS', dimensions: { TopicName: name }, points, account, region });
}

/** That many times one. */
export const tally = (name: string, count = 1): Point => ({ name, value: 1, unit: 'Count', count });
