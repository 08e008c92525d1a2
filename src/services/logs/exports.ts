/**
 * Exporting events to S3.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
 */
import {
  type CancelExportTaskRequest,
  type CreateExportTaskRequest,
  type CreateExportTaskResponse,
  type DescribeExportTasksRequest,
  type DescribeExportTasksResponse,
  type ExportTask as ExportTaskView,
  InvalidOperationException,
  InvalidParameterException,
  LimitExceededException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Present } from '../../core/operation.ts';
import { later } from '../../core/tasks.ts';
import { onAccount, onGroup } from './access.ts';
import { EXPORT, type ExportStep, type ExportTask, exportTasks, isActive } from './exportRows.ts';
import { exporter, putObject } from './exportRun.ts';
import type { LogGroup } from './groupRows.ts';
import { rowsPage } from './pages.ts';

const STANDARD_PREFIX = 'exportedlogs';

export const CreateExportTask = onGroup<Present<CreateExportTaskRequest>, CreateExportTaskResponse>({
  async run(input, ctx, group) {
    if (input.from > input.to) fail(InvalidParameterException, 'The from time must not be after the to time.');
    if (!(await ctx.store.fits(exportTasks, [group.account, group.region], 1, 'active'))) {
      fail(LimitExceededException, 'Resource limit exceeded.');
    }
    const task: ExportTask = {
      account: group.account,
      region: group.region,
      id: uuid(ctx),
      name: input.taskName,
      group: group.id,
      groupName: group.name,
      streamPrefix: input.logStreamNamePrefix,
      from: input.from,
      to: input.to,
      bucket: input.destination,
      prefix: input.destinationPrefix || STANDARD_PREFIX,
      status: 'PENDING',
      created: ctx.now.getTime(),
    };
    await requireWritable(ctx, task, group);
    await ctx.store.insert(exportTasks, task);
    await later<ExportStep>(ctx, { kind: EXPORT, body: { id: task.id, part: 0 } });
    return { taskId: task.id };
  },
});

/** The bucket must be there and let the service in; a small object is left that shows so. */
async function requireWritable(ctx: Context, task: ExportTask, group: LogGroup): Promise<void> {
  await attempt('GetBucketAcl', () => ctx.call('s3', 'GetBucketAcl', { Bucket: task.bucket }, exporter(group)));
  const body = Buffer.from('Permission Check Successful');
  await attempt('PutObject', () => putObject(ctx, task, group, `${task.prefix}/aws-logs-write-test`, body));
}

async function attempt(operation: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as Error).name === 'NoSuchBucket')
      fail(InvalidParameterException, 'The specified bucket does not exist.');
    if ((error as Error).name !== 'AccessDenied') throw error;
    const advice = 'Please check if CloudWatch Logs has been granted permission to perform this operation.';
    fail(InvalidParameterException, `${operation} call on the given bucket failed. ${advice}`);
  }
}

export const CancelExportTask = onAccount<Present<CancelExportTaskRequest>, object>(async ({ taskId }, ctx) => {
  const task = await ctx.store.get(exportTasks, [ctx.account, ctx.region, taskId]);
  if (!task) fail(ResourceNotFoundException, 'The specified export task does not exist.');
  if (!isActive(task)) fail(InvalidOperationException, 'The specified export task has already finished.');
  await ctx.store.replace(exportTasks, { ...task, status: 'CANCELLED', completed: ctx.now.getTime() });
  return {};
});

export const DescribeExportTasks = onAccount<DescribeExportTasksRequest, DescribeExportTasksResponse>(
  async (input, ctx) => {
    const { account, region } = ctx;
    if (input.taskId !== undefined) {
      const task = await ctx.store.get(exportTasks, [account, region, input.taskId]);
      return { exportTasks: task ? [view(task)] : [] };
    }
    const fits = ({ status }: ExportTask) => (input.statusCode ?? status) === status;
    const found = await rowsPage(ctx, exportTasks, [account, region], input, { index: 'newest', keep: fits });
    return { exportTasks: found.rows.map(view), ...found.page };
  },
);

const MESSAGES: Readonly<Record<string, string>> = { COMPLETED: 'Completed successfully' };

const view = (task: ExportTask): ExportTaskView => ({
  taskId: task.id,
  taskName: task.name,
  logGroupName: task.groupName,
  from: task.from,
  to: task.to,
  destination: task.bucket,
  destinationPrefix: task.prefix,
  status: { code: task.status, message: task.message ?? MESSAGES[task.status] },
  executionInfo: { creationTime: task.created, completionTime: task.completed },
});
