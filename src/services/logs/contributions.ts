/** What a batch of events contributes to Contributor Insights: as whoever reads the group sees it. */
import type { Context } from '../../core/context.ts';
import { insightRulesOn, tellContributions } from '../../core/contributions.ts';
import { type ContributorRule, compileContributorRule, contributorsIn } from '../../patterns/contributors.ts';
import { pacer } from './breath.ts';
import { maskerFor } from './dataProtection.ts';
import type { LogGroup } from './groupRows.ts';
import type { Events } from './segments.ts';

interface Asked {
  /** Name and id of the rule. */
  readonly rule: string;
  readonly id: string;
  readonly transformed?: true | undefined;
  readonly compiled: ContributorRule;
}

const known = new WeakMap<object, readonly Asked[]>();

export async function contribute(
  ctx: Context,
  group: LogGroup,
  { times, messages, transformed }: Events,
): Promise<void> {
  const rules = await rulesFor(ctx, group);
  if (rules.length === 0) return;
  const mask = await maskerFor(ctx, group, false);
  const from = { ingested: ctx.now.getTime() };
  const pace = pacer();
  const masked = async (all: readonly string[]) => {
    const shown: string[] = [];
    for (const message of all) {
      shown.push(mask({ message, from }));
      await pace();
    }
    return { times, messages: shown };
  };
  const original = await masked(messages);
  // An event that could not be transformed contributes nothing.
  const made = transformed ? await masked(transformed.map((text) => text || '')) : original;
  const contributions = rules.map(({ rule, id, compiled, transformed: wants }) => ({
    rule,
    id,
    minutes: contributorsIn(compiled, wants ? made : original),
  }));
  tellContributions(
    ctx,
    group,
    contributions.filter(({ minutes }) => minutes.length > 0),
  );
}

async function rulesFor({ store }: Context, group: LogGroup): Promise<readonly Asked[]> {
  const on = await insightRulesOn(store, group);
  if (!on) return [];
  let asked = known.get(on.mark);
  if (!asked) {
    const rows = await on.list();
    asked = rows.map(({ name: rule, id, transformed, definition }) => {
      return { rule, id, transformed, compiled: compileContributorRule(definition) };
    });
    known.set(on.mark, asked);
  }
  return asked.filter(({ compiled }) => compiled.groups.some((named) => isOf(named, group.name)));
}

/** A name, or with `*` at its end the beginning of one. */
const isOf = (named: string, name: string) =>
  named.endsWith('*') ? name.startsWith(named.slice(0, -1)) : name === named;
