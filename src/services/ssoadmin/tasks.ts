/**
 * What assignments and provisioning owe: roles in accounts. One after the other for each permission set and account,
 * many accounts at a time where all are meant.
 */
import type { Context } from '../../core/context.ts';
import { later, type TaskHandler } from '../../core/tasks.ts';
import { type Instance, instances } from '../../identity/instances.ts';
import {
  assignments,
  DEPARTURE,
  type Departure,
  type PermissionSet,
  permissionSets,
  provisionedSets,
} from '../../identity/permissionSets.ts';
import { NotProvisioned, provision, withdraw } from './provisioning.ts';
import { type StatusRow, statusRows } from './statusRows.ts';

const KIND = 'sso.provision';
const ACCOUNTS_A_TURN = 50;

interface Body {
  readonly instance: string;
  readonly id: string;
}

/** Owes the work that a status row stands for. */
export const owe = (ctx: Context, { instance, id, permissionSet, account }: StatusRow): Promise<void> =>
  later<Body>(ctx, { kind: KIND, body: { instance, id }, lane: `sso:${permissionSet}:${account ?? '*'}` });

export const provisioningTasks: TaskHandler<Body> = {
  kind: KIND,
  principal: 'sso.amazonaws.com',
  async settle({ body }, ctx) {
    const row = await ctx.store.get(statusRows, [body.instance, body.id]);
    const instance = await ctx.store.get(instances, [body.instance]);
    if (!row || !instance) return undefined;
    const set = await ctx.store.get(permissionSets, [row.instance, row.permissionSet]);
    const next = await advanced(ctx, instance, set, row);
    await ctx.store.replace(statusRows, next);
    return next.status === 'IN_PROGRESS' ? 0 : undefined;
  },
};

const ROWS_A_TURN = 100;

/**
 * An account that has left its organization has nothing more of IAM Identity Center.
 * https://docs.aws.amazon.com/organizations/latest/userguide/services-that-can-integrate-sso.html
 */
export const departureTasks: TaskHandler<Departure> = {
  kind: DEPARTURE,
  principal: 'sso.amazonaws.com',
  async settle({ body: { organization, management, account } }, ctx) {
    const { rows } = await ctx.store.list(instances, [management], { limit: 1, index: 'account' });
    const instance = rows.find((row) => row.organization === organization);
    if (!instance) return undefined;
    const key = [instance.id, account];
    const assigned = await ctx.store.list(assignments, key, { limit: ROWS_A_TURN });
    for (const { permissionSet, principalType, principal } of assigned.rows) {
      await ctx.store.remove(assignments, [...key, permissionSet, principalType, principal]);
    }
    if (assigned.next !== undefined) return 0;
    const provisioned = await ctx.store.list(provisionedSets, key, { limit: ROWS_A_TURN });
    for (const { permissionSet } of provisioned.rows) await withdraw(ctx, instance, permissionSet, account);
    return provisioned.next === undefined ? undefined : 0;
  },
};

async function advanced(
  ctx: Context,
  instance: Instance,
  set: PermissionSet | undefined,
  row: StatusRow,
): Promise<StatusRow> {
  try {
    if (!set) throw new NotProvisioned('The permission set is gone.');
    if (row.account === undefined) return await onward(ctx, instance, set, row);
    await WORK[row.request](ctx, instance, set, row as Placed);
    return { ...row, status: 'SUCCEEDED' };
  } catch (error) {
    if (!(error instanceof NotProvisioned)) throw error;
    return { ...row, status: 'FAILED', failureReason: error.message };
  }
}

type Placed = StatusRow & { readonly account: string };
type Work = (ctx: Context, instance: Instance, set: PermissionSet, row: Placed) => Promise<void>;

const WORK: Readonly<Record<StatusRow['request'], Work>> = {
  async CREATION(ctx, instance, set, row) {
    await provision(ctx, instance, set, row.account);
    await ctx.store.replace(assignments, { ...assignmentOf(row), created: ctx.now.toISOString() });
  },
  async DELETION(ctx, instance, set, row) {
    const { instance: id, account, permissionSet, principalType, principal } = assignmentOf(row);
    await ctx.store.remove(assignments, [id, account, permissionSet, principalType, principal]);
    await withdraw(ctx, instance, set.id, account);
  },
  PROVISIONING: (ctx, instance, set, row) => provision(ctx, instance, set, row.account),
};

const assignmentOf = (row: Placed) => ({
  instance: row.instance,
  account: row.account,
  permissionSet: row.permissionSet,
  principalType: row.principalType!,
  principal: row.principal!,
});

/** The next accounts of all that have the set. One that cannot have it any more fails the request, after all others. */
async function onward(ctx: Context, instance: Instance, set: PermissionSet, row: StatusRow): Promise<StatusRow> {
  const page = { limit: ACCOUNTS_A_TURN, after: row.reached, index: 'set' };
  const { rows, next } = await ctx.store.list(provisionedSets, [set.instance, set.id], page);
  let failureReason = row.failureReason;
  for (const { account } of rows) {
    try {
      await provision(ctx, instance, set, account);
    } catch (error) {
      if (!(error instanceof NotProvisioned)) throw error;
      failureReason ??= error.message;
    }
  }
  const so = { ...row, ...(failureReason !== undefined && { failureReason }) };
  if (next !== undefined) return { ...so, reached: next };
  return { ...so, status: failureReason === undefined ? 'SUCCEEDED' : 'FAILED' };
}
