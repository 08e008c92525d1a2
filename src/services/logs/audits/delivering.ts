/** Findings on the last part of their way, as vended logs: tried again for a day where the destination refuses. */
import { createHash } from 'node:crypto';
import { type Context, servicePrincipal } from '../../../core/context.ts';
import { type Again, type Task, tasks } from '../../../core/tasks.ts';
import { gathered } from '../vended/gathering.ts';
import { LOG_DELIVERY } from '../vended/grants.ts';
import { toBucket, toGroup, toStream } from '../vended/writing.ts';
import type { Findings } from './handler.ts';

export async function deliverFindings(task: Task<Findings>, ctx: Context): Promise<Again> {
  const { source, destination } = task.body;
  const { account, region } = ctx;
  const { records, others } = await gathered(ctx, task);
  const as = servicePrincipal(LOG_DELIVERY, { arn: `arn:aws:logs:${region}:${account}:*`, account });
  const name = createHash('sha256').update(source).digest('hex').slice(0, 16);
  if (destination.type === 'CWL') {
    await toGroup(ctx, { arn: destination.arn, stream: `${account}_logs_${name}`, records }, as);
  } else if (destination.type === 'FH') {
    await toStream(ctx, { arn: destination.arn, records });
  } else {
    const day = ctx.now.toISOString().slice(0, 10).replaceAll('-', '/');
    const folder = `AWSLogs/${account}/CloudWatchLogsAudit/${region}/${day}`;
    const file = [account, 'CloudWatchLogsAudit', region, name].join('_');
    await toBucket(ctx, { arn: destination.arn, folder, file, id: source, records }, as);
  }
  for (const other of others) await ctx.store.remove(tasks, [other.kind, other.id]);
  return undefined;
}
