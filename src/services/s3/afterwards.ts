/** What S3 does after an answer about a bucket: says who paid and what pages may see, keeps a line for the log. */

import type { Context } from '../../core/context.ts';
import type { Afterwards, Told } from '../../core/front.ts';
import { keepLine } from './accessLogs.ts';
import { corsHeaders } from './cors.ts';
import type { BucketSettings } from './settings.ts';

export function afterwards(ctx: Context, told: Told): Afterwards | undefined {
  const settings = ctx.audit.about as BucketSettings;
  const { method, headers } = told.request;
  const origin = headers.origin;
  const charged = settings.requesterPays && ctx.caller.account !== settings.account && told.error === undefined;
  if (origin === undefined && !settings.logging && !charged) return undefined;
  const seen = origin === undefined ? undefined : corsHeaders(settings.cors ?? [], { origin, method });
  return {
    headers: { ...seen, ...(charged && { 'x-amz-request-charged': 'requester' }) },
    ...(settings.logging && { keep: (inner) => keepLine(inner, settings, told) }),
  };
}
