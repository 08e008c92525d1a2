/** Who has which permission set in which account. */
import type {
  AccountAssignmentOperationStatus,
  CreateAccountAssignmentRequest,
  CreateAccountAssignmentResponse,
  DeleteAccountAssignmentRequest,
  DeleteAccountAssignmentResponse,
  ListAccountAssignmentsForPrincipalRequest,
  ListAccountAssignmentsForPrincipalResponse,
  ListAccountAssignmentsRequest,
  ListAccountAssignmentsResponse,
  ListAccountsForProvisionedPermissionSetRequest,
  ListAccountsForProvisionedPermissionSetResponse,
  ListPermissionSetsProvisionedToAccountRequest,
  ListPermissionSetsProvisionedToAccountResponse,
  PermissionSetProvisioningStatus,
  ProvisioningStatus,
  ProvisionPermissionSetRequest,
  ProvisionPermissionSetResponse,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Access, Operation, Present } from '../../core/operation.ts';
import { directoryGroups, directoryUsers } from '../../identity/directory.ts';
import type { Instance } from '../../identity/instances.ts';
import {
  type Assignment,
  assignments,
  assignmentsOf,
  type PermissionSet,
  type Provisioned,
  permissionSetArn,
  permissionSets,
  provisionedSets,
} from '../../identity/permissionSets.ts';
import { accountAccess, type FoundSet, onInstance, onSet, requireOrganization } from './access.ts';
import { failConflict, failInvalid, notFound, notFromHere } from './errors.ts';
import { itemsPage, rowsPage } from './pages.ts';
import { newStatus, type Request, type StatusRow, statusRows } from './statusRows.ts';
import { owe } from './tasks.ts';

type OnSet<In, Out> = Operation<In, Out, FoundSet>;
type OnInstance<In, Out> = Operation<In, Out, Instance>;

/** Permission on the account too. */
function accessIn(account: (input: never) => string | undefined) {
  return (input: unknown, ctx: Context, found: FoundSet): Access[] => {
    const id = account(input as never);
    return [...onSet.access(input, ctx, found), ...(id === undefined ? [] : [accountAccess(id)])];
  };
}

const ofTarget = accessIn(({ TargetId }: { TargetId?: string }) => TargetId);

export const CreateAccountAssignment: OnSet<
  Present<CreateAccountAssignmentRequest>,
  CreateAccountAssignmentResponse
> = {
  ...onSet,
  access: ofTarget,
  async run(input, ctx, found) {
    await requirePrincipal(ctx, found.instance, input);
    return { AccountAssignmentCreationStatus: statusView(await asked(ctx, 'CREATION', input, found)) };
  },
};

export const DeleteAccountAssignment: OnSet<
  Present<DeleteAccountAssignmentRequest>,
  DeleteAccountAssignmentResponse
> = {
  ...onSet,
  access: ofTarget,
  async run(input, ctx, found) {
    return { AccountAssignmentDeletionStatus: statusView(await asked(ctx, 'DELETION', input, found)) };
  },
};

type Asked = Present<CreateAccountAssignmentRequest>;

async function asked(ctx: Context, request: Request, input: Asked, { instance, set }: FoundSet): Promise<StatusRow> {
  requireOrganization(instance);
  if (ctx.account !== instance.account && input.TargetId === instance.account) {
    const operation = request === 'CREATION' ? 'CreateAccountAssignment' : 'DeleteAccountAssignment';
    throw notFromHere(ctx, operation, `arn:aws:sso:::account/${input.TargetId}`);
  }
  const row = await newStatus(ctx, {
    instance: instance.id,
    request,
    permissionSet: set.id,
    account: input.TargetId,
    principalType: input.PrincipalType,
    principal: input.PrincipalId,
  });
  await owe(ctx, row);
  return row;
}

async function requirePrincipal(ctx: Context, { identityStore }: Instance, { PrincipalType, PrincipalId }: Asked) {
  const rows = PrincipalType === 'USER' ? directoryUsers : directoryGroups;
  const found = await ctx.store.get(rows as typeof directoryUsers, [identityStore, PrincipalId]);
  if (!found) throw notFound(`${PrincipalType} with id ${PrincipalId} not found.`);
}

export const ListAccountAssignments: OnSet<Present<ListAccountAssignmentsRequest>, ListAccountAssignmentsResponse> = {
  ...onSet,
  access: accessIn(({ AccountId }: { AccountId?: string }) => AccountId),
  async run(input, ctx, { instance, set }) {
    const { rows, page } = await rowsPage(ctx, assignments, [instance.id, input.AccountId, set.id], input);
    return { AccountAssignments: rows.map(assignmentView), ...page };
  },
};

/** A user's own and those of the user's groups; a group's own. */
export const ListAccountAssignmentsForPrincipal: OnInstance<
  Present<ListAccountAssignmentsForPrincipalRequest>,
  ListAccountAssignmentsForPrincipalResponse
> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { PrincipalId, PrincipalType, Filter } = input;
    const account = Filter?.AccountId;
    if (PrincipalType === 'USER') {
      const { items: rows, page } = itemsPage(await assignmentsOf(ctx.store, instance, PrincipalId, account), input);
      return { AccountAssignments: rows.map(assignmentView), ...page };
    }
    const key = [instance.id, 'GROUP', PrincipalId, ...(account === undefined ? [] : [account])];
    const { rows, page } = await rowsPage(ctx, assignments, key, input, { index: 'principal' });
    return { AccountAssignments: rows.map(assignmentView), ...page };
  },
};

const assignmentView = (row: Assignment) => ({
  AccountId: row.account,
  PermissionSetArn: permissionSetArn({ instance: row.instance, id: row.permissionSet }),
  PrincipalType: row.principalType,
  PrincipalId: row.principal,
});

export const ListAccountsForProvisionedPermissionSet: OnSet<
  Present<ListAccountsForProvisionedPermissionSetRequest>,
  ListAccountsForProvisionedPermissionSetResponse
> = {
  ...onSet,
  async run(input, ctx, { set }) {
    const wanted = (row: Provisioned) => isWanted(input.ProvisioningStatus, row, set);
    const { rows, page } = await rowsPage(ctx, provisionedSets, [set.instance, set.id], input, {
      keep: wanted,
      index: 'set',
    });
    return { AccountIds: rows.map(({ account }) => account), ...page };
  },
};

export const ListPermissionSetsProvisionedToAccount: OnInstance<
  Present<ListPermissionSetsProvisionedToAccountRequest>,
  ListPermissionSetsProvisionedToAccountResponse
> = {
  ...onInstance,
  access: ({ AccountId }, ctx, instance) => [onInstance.access({}, ctx, instance), accountAccess(AccountId)],
  async run(input, ctx, instance) {
    const { rows, page } = await rowsPage(ctx, provisionedSets, [instance.id, input.AccountId], input);
    const PermissionSets: string[] = [];
    for (const row of rows) {
      const set = await ctx.store.get(permissionSets, [instance.id, row.permissionSet]);
      if (set && isWanted(input.ProvisioningStatus, row, set)) PermissionSets.push(permissionSetArn(set));
    }
    return { PermissionSets, ...page };
  },
};

function isWanted(status: ProvisioningStatus | undefined, row: Provisioned, set: PermissionSet): boolean {
  return status === undefined || (status === 'LATEST_PERMISSION_SET_PROVISIONED') === (row.version === set.version);
}

export const ProvisionPermissionSet: OnSet<Present<ProvisionPermissionSetRequest>, ProvisionPermissionSetResponse> = {
  ...onSet,
  access: ofTarget,
  async run({ TargetType, TargetId }, ctx, { instance, set }) {
    const all = TargetType === 'ALL_PROVISIONED_ACCOUNTS';
    if (all !== (TargetId === undefined))
      failInvalid('TargetId is required for, and only for, the target type AWS_ACCOUNT.');
    if (TargetId !== undefined && !(await ctx.store.get(provisionedSets, [instance.id, TargetId, set.id]))) {
      failConflict(`The permission set is not assigned in account ${TargetId}.`);
    }
    const said = { instance: instance.id, request: 'PROVISIONING' as const, permissionSet: set.id, account: TargetId };
    const row = await newStatus(ctx, said);
    await owe(ctx, row);
    return { PermissionSetProvisioningStatus: provisioningView(row) };
  },
};

/** The row of a request that the instance was asked for. */
export async function statusNamed(ctx: Context, instance: Instance, request: Request, id: string): Promise<StatusRow> {
  const row = await ctx.store.get(statusRows, [instance.id, id]);
  if (row?.request !== request) throw notFound(`Request with id ${id} not found.`);
  return row;
}

export const statusView = (row: StatusRow): AccountAssignmentOperationStatus => ({
  Status: row.status,
  RequestId: row.id,
  ...(row.failureReason !== undefined && { FailureReason: row.failureReason }),
  TargetId: row.account,
  TargetType: 'AWS_ACCOUNT',
  PermissionSetArn: permissionSetArn({ instance: row.instance, id: row.permissionSet }),
  PrincipalType: row.principalType,
  PrincipalId: row.principal,
  CreatedDate: new Date(row.created),
});

export const provisioningView = (row: StatusRow): PermissionSetProvisioningStatus => ({
  Status: row.status,
  RequestId: row.id,
  ...(row.account !== undefined && { AccountId: row.account }),
  PermissionSetArn: permissionSetArn({ instance: row.instance, id: row.permissionSet }),
  ...(row.failureReason !== undefined && { FailureReason: row.failureReason }),
  CreatedDate: new Date(row.created),
});
