/** In whose name a batch job acts: in its role, which must trust S3 Batch Operations. */
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { bucketNamed } from './bucketFacts.ts';
import { type Job, jobArn } from './jobRows.ts';

const jobCaller = (ctx: Context, job: Job): Promise<Caller> => {
  const service = servicePrincipal('batchoperations.s3.amazonaws.com', { arn: jobArn(job), account: job.account });
  return assumedByService(ctx, job.role, service, `s3-batch-operations_${job.id.slice(0, 8)}`);
};

/** An operation of S3, as the job, in the Region of the bucket. */
export async function asJob<Out>(
  ctx: Context,
  job: Job,
  operation: string,
  input: { readonly Bucket: string; readonly [member: string]: unknown },
): Promise<Out> {
  const bucket = await bucketNamed(ctx, input.Bucket);
  return ctx.call<Out>('s3', operation, input, await jobCaller(ctx, job), bucket?.region ?? job.region);
}
