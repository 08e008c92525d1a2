/** How operations find the analyzer they are about, and what permission it takes. */
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { Missing, type Tag } from '../../core/operation.ts';
import { type Analyzer, analyzerArn, analyzers, arnNamed } from './analyzerRows.ts';
import { failField, notFound } from './errors.ts';

export const analyzerAccess = (_input: unknown, _ctx: Context, analyzer: Analyzer) => ({
  resource: analyzerArn(analyzer),
  resourceTags: analyzer.tags,
});

export async function findAnalyzer(ctx: Context, name: string): Promise<Analyzer | Missing> {
  const analyzer = await ctx.store.get(analyzers, [ctx.account, ctx.region, name]);
  return analyzer ?? missing(arnNamed(ctx, name), name);
}

/** The analyzer of an ARN, in the caller's account and Region. */
export async function findByArn(ctx: Context, arn: string): Promise<Analyzer | Missing> {
  const parsed = parseArn(arn);
  const name = /^analyzer\/([^/]+)$/.exec(parsed?.resource ?? '')?.[1];
  if (parsed?.service !== 'access-analyzer' || name === undefined) return missing(arn, arn);
  if (parsed.account !== ctx.account || parsed.region !== ctx.region) return missing(arn, name);
  return findAnalyzer(ctx, name);
}

const missing = (arn: string, name: string) =>
  new Missing(arn, notFound('Analyzer', name, `Analyzer ${name} not found.`));

/** For `load` of every operation that takes an analyzer's ARN. */
export const onAnalyzer = {
  load: (input: { readonly analyzerArn: string }, ctx: Context) => findByArn(ctx, input.analyzerArn),
  access: analyzerAccess,
};

const TAGS_MAX = 50;

export const tagsOf = (tags: Record<string, string> | undefined): Tag[] =>
  Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));

export function checkTags(tags: readonly Tag[]): void {
  if (tags.length > TAGS_MAX) failField('tags', `The number of tags exceeds the limit of ${TAGS_MAX}.`);
  for (const { Key, Value } of tags) {
    if (Key.length < 1 || Key.length > 128 || /^aws:/i.test(Key)) failField('tags', `Invalid tag key: ${Key}`);
    if (Value.length > 256) failField('tags', `Invalid tag value: ${Value}`);
  }
}
