/** What a batch of events contributes to Contributor Insights: as whoever reads the group sees it. */
import type { Context } from '../../core/context.ts';
import { insightRulesOf, tellContributions } from '../../core/contributions.ts';
import { maskerFor } from './dataProtection.ts';
import type { LogGroup } from './groupRows.ts';
import type { Events } from './segments.ts';

export async function contribute(ctx: Context, group: LogGroup, { times, messages }: Events): Promise<void> {
  const rules = await insightRulesOf(ctx.store, group);
  if (rules.length === 0) return;
  const mask = await maskerFor(ctx, group, false);
  const from = { ingested: ctx.now.getTime() };
  tellContributions(ctx, group, rules, { times, messages: messages.map((message) => mask({ message, from })) });
}
