/** What became of assignments and provisioning, by request. */
import type {
  DescribeAccountAssignmentCreationStatusRequest,
  DescribeAccountAssignmentCreationStatusResponse,
  DescribeAccountAssignmentDeletionStatusRequest,
  DescribeAccountAssignmentDeletionStatusResponse,
  DescribePermissionSetProvisioningStatusRequest,
  DescribePermissionSetProvisioningStatusResponse,
  ListAccountAssignmentCreationStatusRequest,
  ListAccountAssignmentCreationStatusResponse,
  ListAccountAssignmentDeletionStatusRequest,
  ListAccountAssignmentDeletionStatusResponse,
  ListPermissionSetProvisioningStatusRequest,
  ListPermissionSetProvisioningStatusResponse,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Instance } from '../../identity/instances.ts';
import { onInstance } from './access.ts';
import { provisioningView, statusNamed, statusView } from './accountAssignments.ts';
import { type PageInput, rowsPage } from './pages.ts';
import { type Request, statusRows } from './statusRows.ts';

type OnInstance<In, Out> = Operation<In, Out, Instance>;

export const DescribeAccountAssignmentCreationStatus: OnInstance<
  Present<DescribeAccountAssignmentCreationStatusRequest>,
  DescribeAccountAssignmentCreationStatusResponse
> = {
  ...onInstance,
  async run({ AccountAssignmentCreationRequestId: id }, ctx, instance) {
    return { AccountAssignmentCreationStatus: statusView(await statusNamed(ctx, instance, 'CREATION', id)) };
  },
};

export const DescribeAccountAssignmentDeletionStatus: OnInstance<
  Present<DescribeAccountAssignmentDeletionStatusRequest>,
  DescribeAccountAssignmentDeletionStatusResponse
> = {
  ...onInstance,
  async run({ AccountAssignmentDeletionRequestId: id }, ctx, instance) {
    return { AccountAssignmentDeletionStatus: statusView(await statusNamed(ctx, instance, 'DELETION', id)) };
  },
};

export const DescribePermissionSetProvisioningStatus: OnInstance<
  Present<DescribePermissionSetProvisioningStatusRequest>,
  DescribePermissionSetProvisioningStatusResponse
> = {
  ...onInstance,
  async run({ ProvisionPermissionSetRequestId: id }, ctx, instance) {
    return { PermissionSetProvisioningStatus: provisioningView(await statusNamed(ctx, instance, 'PROVISIONING', id)) };
  },
};

interface StatusesInput extends PageInput {
  readonly Filter?: { readonly Status?: string | undefined } | undefined;
}

async function listed(ctx: Context, instance: Instance, request: Request, input: StatusesInput) {
  const status = input.Filter?.Status;
  const { rows, page } =
    status === undefined
      ? await rowsPage(ctx, statusRows, [instance.id, request], input, { index: 'request' })
      : await rowsPage(ctx, statusRows, [instance.id, request, status], input, { index: 'status' });
  const statuses = rows.map((row) => ({ Status: row.status, RequestId: row.id, CreatedDate: new Date(row.created) }));
  return { statuses, page };
}

export const ListAccountAssignmentCreationStatus: OnInstance<
  Present<ListAccountAssignmentCreationStatusRequest>,
  ListAccountAssignmentCreationStatusResponse
> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { statuses, page } = await listed(ctx, instance, 'CREATION', input);
    return { AccountAssignmentsCreationStatus: statuses, ...page };
  },
};

export const ListAccountAssignmentDeletionStatus: OnInstance<
  Present<ListAccountAssignmentDeletionStatusRequest>,
  ListAccountAssignmentDeletionStatusResponse
> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { statuses, page } = await listed(ctx, instance, 'DELETION', input);
    return { AccountAssignmentsDeletionStatus: statuses, ...page };
  },
};

export const ListPermissionSetProvisioningStatus: OnInstance<
  Present<ListPermissionSetProvisioningStatusRequest>,
  ListPermissionSetProvisioningStatusResponse
> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { statuses, page } = await listed(ctx, instance, 'PROVISIONING', input);
    return { PermissionSetsProvisioningStatus: statuses, ...page };
  },
};
