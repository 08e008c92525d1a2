/** What a group's transformer makes of a batch of events while it comes in. The rules are loaded with the first one. */
import type { Processor } from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import type { Sample } from '../../core/metrics.ts';
import { pacer } from './breath.ts';
import { transformerOfGroup } from './groupPolicies.ts';
import type { LogGroup } from './groupRows.ts';
import type { Events, Transformed } from './segments.ts';
import type { Transformer } from './transformers/transformer.ts';
import { NAMESPACE } from './usage.ts';

const ACCOUNT_LEVEL = ['PolicyLevel', 'AccountPolicy'] as const;

/** What matching may cost in one batch: less than a second. Events beyond it are not transformed. */
const FUEL = 20_000_000;

const made = new WeakMap<object, Transformer>();

async function transformerFor(config: readonly Processor[]): Promise<Transformer> {
  let known = made.get(config);
  if (!known) {
    const { transformerOf } = await import('./transformers/transformer.ts');
    made.set(config, (known = transformerOf(config)));
  }
  return known;
}

/** The batch with what was made of it, where the group has a transformer. */
export async function transformed(ctx: Context, group: LogGroup, stream: string, events: Events): Promise<Events> {
  const transformer = await transformerOfGroup(ctx, group);
  if (!transformer) return events;
  const { transform } = await transformerFor(transformer.config);
  const origin = { group: group.name, stream, account: group.account, region: group.region };
  const fuel = { left: FUEL };
  const pace = pacer();
  const found: (string | 0)[] = [];
  for (const message of events.messages) {
    found.push(transform(message, origin, fuel) ?? 0);
    const pause = pace();
    if (pause) await pause;
  }
  return { ...events, transformed: found satisfies Transformed };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html#CloudWatchLogs-Transformer-Metrics */
export function transformerSamples({ now }: Context, group: LogGroup, { transformed: found }: Events): Sample[] {
  if (!found) return [];
  const dimensions = group.transformer ? [['LogGroupName', group.name] as const] : [ACCOUNT_LEVEL];
  const common = { namespace: NAMESPACE, dimensions, time: now.getTime() };
  const texts = found.filter((text) => text !== 0);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return [
    { ...common, name: 'TransformedLogEvents', unit: 'None', values: [texts.length] },
    { ...common, name: 'TransformedBytes', unit: 'Bytes', values: [bytes] },
    { ...common, name: 'TransformationErrors', unit: 'None', values: [found.length - texts.length] },
  ];
}
