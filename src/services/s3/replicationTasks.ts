/** Versions that are to be replicated, as tasks: carried out as the role that the bucket's configuration names. */
import { type Context, servicePrincipal } from '../../core/context.ts';
import type { TaskHandler } from '../../core/tasks.ts';
import { callerOf, openSession } from '../../identity/sessions.ts';

export const REPLICATE = 's3.replicate';

export interface Replication {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  readonly what: 'made' | 'change';
}

export const replications: TaskHandler<Replication> = {
  kind: REPLICATE,
  principal: 's3.amazonaws.com',
  async settle(task, ctx) {
    const { replicate } = await import('./replicating.ts');
    await replicate(ctx, task.body);
    return undefined;
  },
};

/** Who acts in the name of a role that trusts S3. Throws AccessDenied where it does not. */
export async function asRole(ctx: Context, role: string, bucket: string, account: string) {
  const s3 = servicePrincipal('s3.amazonaws.com', { arn: `arn:aws:s3:::${bucket}`, account });
  const input = { RoleArn: role, RoleSessionName: 's3-replication' };
  const answer = await ctx.call<{ Credentials?: { SessionToken?: string } }>('sts', 'AssumeRole', input, s3);
  const session = openSession(ctx.secrets, answer.Credentials?.SessionToken ?? '');
  if (!session) throw new Error('A session that was just begun cannot be opened.');
  return callerOf(session);
}
