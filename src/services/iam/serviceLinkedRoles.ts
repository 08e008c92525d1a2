/**
 * Service-linked roles: named, trusted and permitted as their service wants it, and deleted by a task. We delete at
 * once, so a task that exists has succeeded.
 */
import {
  type CreateServiceLinkedRoleRequest,
  type CreateServiceLinkedRoleResponse,
  type DeleteServiceLinkedRoleRequest,
  type DeleteServiceLinkedRoleResponse,
  type GetServiceLinkedRoleDeletionStatusRequest,
  type GetServiceLinkedRoleDeletionStatusResponse,
  InvalidInputException,
  NoSuchEntityException,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uniqueId, uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { byName, type Role, roleArn, roles } from '../../identity/principals.ts';
import { table } from '../../store/store.ts';
import { findRole, noSuchRole, roleAccess } from './holders.ts';
import { linkedServices } from './linkedServices.ts';
import { plainView } from './roleViews.ts';

interface DeletionTask {
  readonly account: string;
  /** `task/aws-service-role/<service>/<role>/<uuid>` */
  readonly id: string;
  readonly created: string;
}

/** Index `account`: [account, created]. */
const deletionTasks = table<DeletionTask>('iam_role_deletion', {
  key: (t) => [t.account, t.id],
  indexes: { account: (t) => [[t.account, t.created]] },
});
const KEPT_MILLISECONDS = 24 * 3600 * 1000;

type Create = Operation<Present<CreateServiceLinkedRoleRequest>, CreateServiceLinkedRoleResponse>;
export const CreateServiceLinkedRole: Create = {
  access: (input, ctx) => ({
    resource: roleArn({ account: ctx.account, path: pathOf(input.AWSServiceName), name: nameOf(input) }),
    conditions: { 'iam:AWSServiceName': input.AWSServiceName },
  }),
  async run(input, ctx) {
    const role = newLinkedRole(input, ctx);
    if (!(await ctx.store.insert(roles, role))) {
      const sentence = `Service role name ${role.name} has been taken in this account, please try a different suffix.`;
      fail(InvalidInputException, sentence);
    }
    return { Role: await plainView(ctx, role) };
  },
};

const pathOf = (service: string) => `/aws-service-role/${service}/`;

function nameOf(input: CreateServiceLinkedRoleRequest): string {
  const name = linkedServices.get(input.AWSServiceName ?? '')?.role ?? 'AWSServiceRoleFor';
  return input.CustomSuffix === undefined ? name : `${name}_${input.CustomSuffix}`;
}

function newLinkedRole(input: Present<CreateServiceLinkedRoleRequest>, ctx: Context): Role {
  const service = input.AWSServiceName;
  const linked = linkedServices.get(service);
  if (!linked) fail(InvalidInputException, `Service ${service} does not support service-linked roles.`);
  if (input.CustomSuffix !== undefined && !linked.suffix) {
    fail(InvalidInputException, `Custom suffix is not allowed for ${service}`);
  }
  return {
    account: ctx.account,
    name: nameOf(input),
    path: pathOf(service),
    id: uniqueId('AROA', ctx),
    created: ctx.now.toISOString(),
    tags: [],
    trust: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: [service] }, Action: ['sts:AssumeRole'] }],
    }),
    ...(input.Description ? { description: input.Description } : {}),
    maxSessionDuration: 3600,
    linkedService: service,
    attached: [`arn:aws:iam::aws:policy/aws-service-role/${linked.policy}`],
    inline: {},
  };
}

type Delete = Operation<Present<DeleteServiceLinkedRoleRequest>, DeleteServiceLinkedRoleResponse, Role>;
export const DeleteServiceLinkedRole: Delete = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role),
  async run(_input, ctx, role) {
    if (role.linkedService === undefined) throw noSuchRole(role.name);
    await forgetOldTasks(ctx);
    const id = `task${role.path}${role.name}/${uuid(ctx)}`;
    await ctx.store.insert(deletionTasks, { account: role.account, id, created: ctx.now.toISOString() });
    await ctx.store.remove(roles, byName(role.account, role.name));
    return { DeletionTaskId: id };
  },
};

async function forgetOldTasks(ctx: Context): Promise<void> {
  const { rows } = await ctx.store.list(deletionTasks, [ctx.account], { index: 'account', limit: 10 });
  const oldest = new Date(ctx.now.getTime() - KEPT_MILLISECONDS).toISOString();
  for (const { account, id, created } of rows) {
    if (created < oldest) await ctx.store.remove(deletionTasks, [account, id]);
  }
}

type GetStatus = Operation<
  Present<GetServiceLinkedRoleDeletionStatusRequest>,
  GetServiceLinkedRoleDeletionStatusResponse,
  DeletionTask
>;
export const GetServiceLinkedRoleDeletionStatus: GetStatus = {
  async load(input, ctx) {
    const task = await ctx.store.get(deletionTasks, [ctx.account, input.DeletionTaskId]);
    if (task) return task;
    const error = awsError(NoSuchEntityException, `The deletion task ${input.DeletionTaskId} cannot be found.`);
    return new Missing(roleOfTask(ctx.account, input.DeletionTaskId), error);
  },
  access: (_input, _ctx, task) => ({ resource: roleOfTask(task.account, task.id) }),
  run: async () => ({ Status: 'SUCCEEDED' }),
};

const roleOfTask = (account: string, id: string) =>
  `arn:aws:iam::${account}:role/${id.split('/').slice(1, -1).join('/') || '*'}`;
