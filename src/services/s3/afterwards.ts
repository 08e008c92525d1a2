/**
 * What S3 does after an answer about a bucket: says who paid, what pages may see and, to whoever may not, where the
 * bucket is; keeps a line for the log, tells CloudWatch, counts for analyses.
 */

import type { Context } from '../../core/context.ts';
import type { Afterwards, Told } from '../../core/front.ts';
import { keepLine } from './accessLogs.ts';
import { countUse, isAnalyzed } from './analyses.ts';
import { corsHeaders } from './cors.ts';
import { isMeasured, measure } from './requestMeasures.ts';
import type { BucketSettings } from './settings.ts';

export function afterwards(ctx: Context, told: Told): Afterwards | undefined {
  const settings = ctx.audit.about as BucketSettings;
  const { method, headers } = told.request;
  const origin = headers.origin;
  const charged = settings.requesterPays && ctx.caller.account !== settings.account && told.error === undefined;
  const measured = settings.metrics !== undefined && isMeasured(told);
  // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
  const analyzed = settings.analytics !== undefined && isAnalyzed(told);
  const located = told.operation === 'HeadBucket' && told.error !== undefined;
  if (origin === undefined && !settings.logging && !charged && !measured && !analyzed && !located) return undefined;
  const seen = origin === undefined ? undefined : corsHeaders(settings.cors ?? [], { origin, method });
  const keep = async (inner: Context) => {
    if (settings.logging) await keepLine(inner, settings, told);
    if (measured) await measure(inner, settings, told);
    if (analyzed) await countUse(inner, settings, told);
  };
  return {
    headers: {
      ...seen,
      ...(charged && { 'x-amz-request-charged': 'requester' }),
      ...(located && { 'x-amz-bucket-region': settings.region }),
    },
    ...((settings.logging || measured || analyzed) && { keep }),
  };
}
