/** What a change of an instance's encryption owes: every row is written again as rows are to be kept now. */
import type { Context } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';
import { attributesOf, keepAttributes } from '../../identity/accessControlAttributes.ts';
import {
  directoryGroups,
  directoryUsers,
  keepGroup,
  keepUser,
  openedGroup,
  openedUser,
} from '../../identity/directory.ts';
import { externalSignIns, keepSignIn, openedSignIn } from '../../identity/identitySources.ts';
import { KeyRefused, unlock } from '../../identity/instanceKeys.ts';
import { type Instance, type InstanceEncryption, instances } from '../../identity/instances.ts';
import type { Table } from '../../store/store.ts';

export const REKEY = 'sso.rekey';
const ROWS_A_TURN = 200;

export interface Rekeying {
  readonly instance: string;
}

export const rekeyingTask: TaskHandler<Rekeying> = {
  kind: REKEY,
  principal: 'sso.amazonaws.com',
  async settle({ body }, ctx) {
    const instance = await ctx.store.get(instances, [body.instance]);
    if (instance?.encryption?.status !== 'UPDATING') return undefined;
    try {
      return (await turn(ctx, instance, instance.encryption)) ? 0 : undefined;
    } catch (error) {
      if (!(error instanceof KeyRefused)) throw error;
      const encryption = { ...instance.encryption, status: 'UPDATE_FAILED', reason: error.message } as const;
      await ctx.store.replace(instances, { ...instance, encryption });
      return undefined;
    }
  },
};

/** True: there is more to do. */
async function turn(ctx: Context, instance: Instance, encryption: InstanceEncryption): Promise<boolean> {
  await unlock(ctx, instance, 'sso');
  await unlock(ctx, instance, 'identitystore');
  const { moved = {}, ...rest } = encryption;
  const stage = Object.keys(STAGES).find((name) => moved[name] !== DONE);
  if (stage !== undefined) {
    const reached = (await STAGES[stage]!(ctx, instance.identityStore, moved[stage])) ?? DONE;
    const further = { ...encryption, moved: { ...moved, [stage]: reached } };
    await ctx.store.replace(instances, { ...instance, encryption: further });
    return true;
  }
  const attributes = await attributesOf(ctx.store, instance.id);
  if (attributes) await keepAttributes(ctx, attributes);
  const done = encryption.rows === 'sealed' ? ({ ...rest, status: 'ENABLED' } as const) : undefined;
  await ctx.store.replace(instances, { ...instance, encryption: done });
  return false;
}

const DONE = 'done';

/** Writes a page of a store's rows anew. Yields the cursor of the next one. */
type Move = (ctx: Context, identityStore: string, after: string | undefined) => Promise<string | undefined>;

const moving =
  <R>(rows: Table<R>, keep: (ctx: Context, row: R) => Promise<void>, index?: string): Move =>
  async (ctx, identityStore, after) => {
    const asked = { limit: ROWS_A_TURN, after, ...(index !== undefined && { index }) };
    const page = await ctx.store.list(rows, [identityStore], asked);
    for (const row of page.rows) await keep(ctx, row);
    return page.next;
  };

const STAGES: Readonly<Record<string, Move>> = {
  users: moving(directoryUsers, (ctx, row) => keepUser(ctx, openedUser(ctx.store, row))),
  groups: moving(directoryGroups, (ctx, row) => keepGroup(ctx, openedGroup(ctx.store, row))),
  signIns: moving(externalSignIns, (ctx, row) => keepSignIn(ctx, openedSignIn(ctx.store, row)), 'store'),
};
