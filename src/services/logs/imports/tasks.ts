/**
 * Importing events from CloudTrail Lake into a log group of their own.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateImportTask.html
 */
import {
  AccessDeniedException,
  type CancelImportTaskRequest,
  type CancelImportTaskResponse,
  type CreateImportTaskRequest,
  type CreateImportTaskResponse,
  type DescribeImportTaskBatchesRequest,
  type DescribeImportTaskBatchesResponse,
  type DescribeImportTasksRequest,
  type DescribeImportTasksResponse,
  type Import as ImportView,
  InvalidOperationException,
  InvalidParameterException,
  ResourceNotFoundException,
  ThrottlingException,
} from '@aws-sdk/client-cloudwatch-logs';
import { parseArn } from '../../../core/arn.ts';
import type { Context } from '../../../core/context.ts';
import { AccessDenied, fail } from '../../../core/errors.ts';
import { lowerId, uuid } from '../../../core/ids.ts';
import type { Operation, Present } from '../../../core/operation.ts';
import { later } from '../../../core/tasks.ts';
import { passRole } from '../../../identity/passRole.ts';
import { onAccount } from '../access.ts';
import { groupArn, groupResource, type LogGroup, logGroups } from '../groupRows.ts';
import { rowsPage } from '../pages.ts';
import { streams } from '../streamRows.ts';
import { dataOf, importRole } from './lake.ts';
import { batches, groupNameOf, IMPORT, type Import, imports, type Step } from './rows.ts';

const ACTIVE_MAX = 3;
const CLOUDTRAIL = 'cloudtrail.amazonaws.com';

type Create = Present<CreateImportTaskRequest>;

export const CreateImportTask: Operation<Create, CreateImportTaskResponse> = {
  access: ({ importSourceArn, importRoleArn }, { account, region }) => {
    const group = { account, region, name: groupNameOf(importSourceArn) };
    return [
      { resource: '*' },
      { action: 'cloudtrail:GetEventDataStoreData', resource: importSourceArn },
      passRole(importRoleArn, CLOUDTRAIL, `${groupArn(group)}:*`),
    ];
  },
  async run(input, ctx) {
    const wanted = wantedOf(input, ctx);
    if (!(await ctx.store.fits(imports, [ctx.account], ACTIVE_MAX, 'active'))) {
      fail(ThrottlingException, `There can be no more than ${ACTIVE_MAX} active imports per account.`);
    }
    await requireReadable(ctx, wanted);
    await requirePermitted(ctx, wanted);
    const group = await managedGroup(ctx, wanted.groupName);
    const task: Import = { ...wanted, group: group.id };
    const stream = { group: group.id, name: task.id, id: lowerId(16, ctx), created: task.created };
    await ctx.store.insert(streams, stream);
    await ctx.store.insert(imports, task);
    await later<Step>(ctx, { kind: IMPORT, id: task.id, body: { id: task.id } });
    return { importId: task.id, importDestinationArn: groupArn(group), creationTime: task.created };
  },
};

type Wanted = Omit<Import, 'group'>;

const SOURCE = /^eventdatastore\/[0-9a-f-]{36}$/;

function wantedOf({ importSourceArn: source, importRoleArn: role, importFilter = {} }: Create, ctx: Context): Wanted {
  const { account, region } = ctx;
  const arn = parseArn(source);
  const own = arn?.service === 'cloudtrail' && arn.account === account && arn.region === region;
  if (!own || !SOURCE.test(arn.resource)) fail(InvalidParameterException, `Invalid importSourceArn '${source}'.`);
  const { startEventTime: from, endEventTime: to } = importFilter;
  if (from !== undefined && to !== undefined && from > to) {
    fail(InvalidParameterException, 'startEventTime must be less than or equal to endEventTime.');
  }
  const created = ctx.now.getTime();
  const times = { created, updated: created };
  return { account, region, id: uuid(ctx), source, role, from, to, groupName: groupNameOf(source), ...NEW, ...times };
}

const NEW = { status: 'IN_PROGRESS', bytes: 0 } as const;

/** @throws what CloudTrail says, in the words of CloudWatch Logs */
async function requireReadable(ctx: Context, wanted: Wanted): Promise<void> {
  try {
    const { Oldest } = await dataOf(ctx, wanted, { Probe: true });
    if (wanted.from === undefined || wanted.from >= Oldest) return;
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof AccessDenied) fail(AccessDeniedException, message);
    if (name === 'EventDataStoreNotFoundException') fail(ResourceNotFoundException, message);
    if (name === 'InactiveEventDataStoreException') fail(InvalidOperationException, message);
    throw error;
  }
  fail(InvalidParameterException, 'The data being imported must be within the retention period of the source.');
}

const ACTIONS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutResourcePolicy'];

/** AWS's documentation writes the group's name with a slash before it in the role's policy: either will do. */
async function requirePermitted(ctx: Context, wanted: Wanted): Promise<void> {
  const role = await importRole(ctx, wanted);
  const { account, region, groupName } = wanted;
  for (const action of ACTIONS) {
    const permitted = (name: string) =>
      ctx.permit(action, { resource: groupResource({ account, region, name }) }, role);
    await permitted(`/${groupName}`).catch(async (error: unknown) => {
      if (!(error instanceof AccessDenied)) throw error;
      await permitted(groupName);
    });
  }
}

/** The group of the store's events, made with its first import. */
async function managedGroup(ctx: Context, name: string): Promise<LogGroup> {
  const { account, region } = ctx;
  const found = await ctx.store.get(logGroups, [account, region, name]);
  if (found) return found;
  const group: LogGroup = {
    ...{ account, region, name },
    id: lowerId(16, ctx),
    created: ctx.now.getTime(),
    class: 'STANDARD',
    tags: [],
    source: { name: 'aws_cloudtrail', type: 'management' },
    metricFilters: 0,
  };
  await ctx.store.insert(logGroups, group);
  return group;
}

async function found(ctx: Context, id: string): Promise<Import> {
  const task = await ctx.store.get(imports, [ctx.account, ctx.region, id]);
  return task ?? fail(ResourceNotFoundException, 'The specified import task does not exist.');
}

export const CancelImportTask = onAccount<Present<CancelImportTaskRequest>, CancelImportTaskResponse>(
  async ({ importId }, ctx) => {
    const task = await found(ctx, importId);
    if (task.status !== 'IN_PROGRESS') {
      fail(InvalidOperationException, 'The specified import task has already finished.');
    }
    const cancelled: Import = { ...task, status: 'CANCELLED', updated: ctx.now.getTime() };
    await ctx.store.replace(imports, cancelled);
    const { importStatistics, importStatus, creationTime, lastUpdatedTime } = view(cancelled);
    return { importId, importStatistics, importStatus, creationTime, lastUpdatedTime };
  },
);

export const DescribeImportTasks = onAccount<DescribeImportTasksRequest, DescribeImportTasksResponse>(
  async (input, ctx) => {
    const { account, region } = ctx;
    const fits = ({ id, status, source }: Import) =>
      (input.importId ?? id) === id &&
      (input.importStatus ?? status) === status &&
      (input.importSourceArn ?? source) === source;
    const { rows, page } = await rowsPage(ctx, imports, [account, region], input, { index: 'newest', keep: fits });
    return { imports: rows.map(view), ...page };
  },
);

const view = (task: Import): ImportView => ({
  importId: task.id,
  importSourceArn: task.source,
  importStatus: task.status,
  importDestinationArn: groupArn({ ...task, name: task.groupName }),
  importStatistics: { bytesImported: task.bytes },
  ...((task.from !== undefined || task.to !== undefined) && {
    importFilter: { startEventTime: task.from, endEventTime: task.to },
  }),
  creationTime: task.created,
  lastUpdatedTime: task.updated,
  errorMessage: task.error,
});

const BATCHES_SHOWN = 10;

/** Those that were begun. */
export const DescribeImportTaskBatches = onAccount<
  Present<DescribeImportTaskBatchesRequest>,
  DescribeImportTaskBatchesResponse
>(async (input, ctx) => {
  const { importId, batchImportStatus: wanted = [] } = input;
  const task = await found(ctx, importId);
  const asked = { ...input, limit: input.limit ?? BATCHES_SHOWN };
  const { rows, page } = await rowsPage(ctx, batches, [importId], asked, {
    keep: ({ status }) => wanted.length === 0 || wanted.includes(status),
  });
  return {
    importId,
    importSourceArn: task.source,
    importBatches: rows.map(({ id, status, error }) => ({ batchId: id, status, errorMessage: error })),
    ...page,
  };
});
