/** Brings what an account's retention policies say into its groups, some at a time, and lets what is due count. */
import type { Context } from '../../../core/context.ts';
import { type Again, later, type Task, type TaskHandler } from '../../../core/tasks.ts';
import { logGroups } from '../groupRows.ts';
import { APPLY, type Apply, type RetentionPolicy, retained, retentionPolicies, retentionPoliciesOf } from './rows.ts';

const GROUPS_AT_ONCE = 100;

export const logRetention: TaskHandler<Apply> = {
  kind: APPLY,
  principal: 'logs.amazonaws.com',
  settle: apply,
};

async function apply({ body }: Task<Apply>, ctx: Context): Promise<Again> {
  const policies = await promoted(ctx);
  const { account, region } = ctx;
  const { rows, next } = await ctx.store.list(logGroups, [account, region], {
    limit: GROUPS_AT_ONCE,
    after: body.after,
    unchecked: true,
  });
  for (const { name } of rows) {
    const group = await ctx.store.get(logGroups, [account, region, name]);
    const changed = group && retained(group, policies);
    if (changed && changed !== group) await ctx.store.replace(logGroups, changed);
  }
  if (next !== undefined) await owe(ctx, ctx.now.getTime(), { after: next });
  else await planApplying(ctx);
  return undefined;
}

const owe = (ctx: Context, due: number, body: Apply) =>
  later(ctx, { kind: APPLY, id: `${ctx.account} ${ctx.region}`, due, body });

/** The policies, of which those that are due count from now on. */
async function promoted(ctx: Context): Promise<RetentionPolicy[]> {
  const all: RetentionPolicy[] = [];
  for (const policy of await retentionPoliciesOf(ctx, ctx)) {
    const { next, ...rest } = policy;
    const isDue = next !== undefined && next.from <= ctx.now.getTime();
    const now = isDue ? { ...rest, current: next.terms } : policy;
    if (isDue) await ctx.store.replace(retentionPolicies, now);
    all.push(now);
  }
  return all;
}

/** When the next change of a policy is to count. */
export async function planApplying(ctx: Context): Promise<void> {
  const times = (await retentionPoliciesOf(ctx, ctx)).flatMap(({ next }) => (next ? [next.from] : []));
  if (times.length > 0) await owe(ctx, Math.min(...times), {});
}

/** A policy is gone: at once. */
export const applyNow = (ctx: Context): Promise<void> => owe(ctx, ctx.now.getTime(), {});
