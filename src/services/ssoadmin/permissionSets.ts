/** Permission sets: what people may be given in accounts. */
import type {
  CreatePermissionSetRequest,
  CreatePermissionSetResponse,
  DeletePermissionSetRequest,
  DescribePermissionSetRequest,
  DescribePermissionSetResponse,
  ListPermissionSetsRequest,
  ListPermissionSetsResponse,
  UpdatePermissionSetRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import { durationMs } from '../../core/duration.ts';
import type { Operation, Present, Tag } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type Instance, instanceArn } from '../../identity/instances.ts';
import {
  assignments,
  type PermissionSet,
  permissionSetArn,
  permissionSets,
  provisionedSets,
} from '../../identity/permissionSets.ts';
import { accessTo, type FoundSet, onInstance, onSet, requireOrganization } from './access.ts';
import { failConflict, failInvalid, failQuota } from './errors.ts';
import { rowsPage } from './pages.ts';
import { checkedTags } from './tagRows.ts';

type OnSet<In, Out> = Operation<In, Out, FoundSet>;

const HOUR_MS = 3_600_000;
const DEFAULT_DURATION = 'PT1H';

export const CreatePermissionSet: Operation<
  Present<CreatePermissionSetRequest>,
  CreatePermissionSetResponse,
  Instance
> = {
  load: onInstance.load,
  access: ({ Tags }, _ctx, instance) => [
    accessTo(instanceArn(instance), { conditions: requestTags(Tags as Tag[] | undefined) }),
    accessTo(`arn:aws:sso:::permissionSet/${instance.id}/*`, {
      conditions: requestTags(Tags as Tag[] | undefined),
    }),
  ],
  async run(input, ctx, instance) {
    requireOrganization(instance);
    const set: PermissionSet = {
      instance: instance.id,
      id: `ps-${Buffer.from(ctx.random(8)).toString('hex')}`,
      name: input.Name,
      description: input.Description,
      sessionDuration: checkedDuration(input.SessionDuration ?? DEFAULT_DURATION),
      relayState: input.RelayState,
      created: ctx.now.toISOString(),
      managedPolicies: [],
      customerPolicies: [],
      tags: checkedTags(input.Tags),
      version: 1,
    };
    if (!(await ctx.store.fits(permissionSets, [instance.id, set.name], 1, 'name'))) {
      failConflict(`PermissionSet with name ${set.name} already exists.`);
    }
    if (!(await ctx.store.fits(permissionSets, [instance.id], quota(ctx, 'PermissionSetsQuota', 3500)))) {
      failQuota('The number of permission sets exceeds the limit.');
    }
    await ctx.store.insert(permissionSets, set);
    return { PermissionSet: setView(set) };
  },
};

function checkedDuration(text: string): string {
  const ms = durationMs(text);
  if (ms === undefined || ms < HOUR_MS || ms > 12 * HOUR_MS) {
    failInvalid('The session duration must be between 1 and 12 hours.');
  }
  return text;
}

export const DescribePermissionSet: OnSet<Present<DescribePermissionSetRequest>, DescribePermissionSetResponse> = {
  ...onSet,
  run: async (_input, _ctx, { set }) => ({ PermissionSet: setView(set) }),
};

/** Roles follow when the set is provisioned again. */
export const UpdatePermissionSet: OnSet<Present<UpdatePermissionSetRequest>, object> = {
  ...onSet,
  async run({ Description, SessionDuration, RelayState }, ctx, { set }) {
    await changeSet(ctx, set, {
      description: Description ?? set.description,
      sessionDuration: SessionDuration === undefined ? set.sessionDuration : checkedDuration(SessionDuration),
      relayState: RelayState ?? set.relayState,
    });
    return {};
  },
};

/** Writes a change that the set's roles do not have yet. */
export async function changeSet(ctx: Context, set: PermissionSet, change: Partial<PermissionSet>): Promise<void> {
  await ctx.store.replace(permissionSets, { ...set, ...change, version: set.version + 1 });
}

export const DeletePermissionSet: OnSet<Present<DeletePermissionSetRequest>, object> = {
  ...onSet,
  async run(_input, ctx, { set }) {
    const key = [set.instance, set.id];
    const assigned = await ctx.store.list(assignments, key, { limit: 1, index: 'set' });
    const provisioned = await ctx.store.list(provisionedSets, key, { limit: 1, index: 'set' });
    if (assigned.rows.length + provisioned.rows.length > 0) {
      failConflict('The permission set is still assigned. Delete its account assignments first.');
    }
    await ctx.store.remove(permissionSets, key);
    return {};
  },
};

export const ListPermissionSets: Operation<Present<ListPermissionSetsRequest>, ListPermissionSetsResponse, Instance> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { rows, page } = await rowsPage(ctx, permissionSets, [instance.id], input);
    return { PermissionSets: rows.map(permissionSetArn), ...page };
  },
};

const setView = (set: PermissionSet) => ({
  Name: set.name,
  PermissionSetArn: permissionSetArn(set),
  ...(set.description !== undefined && { Description: set.description }),
  CreatedDate: new Date(set.created),
  SessionDuration: set.sessionDuration,
  ...(set.relayState !== undefined && { RelayState: set.relayState }),
});
