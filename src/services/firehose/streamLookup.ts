/** The stream that a request is about. */
import type { Context } from '../../core/context.ts';
import { Missing } from '../../core/operation.ts';
import { noStream } from './errors.ts';
import { findStream, type Stream, streamArn } from './streamRows.ts';

export async function loadStream(input: { DeliveryStreamName: string }, ctx: Context): Promise<Stream | Missing> {
  const name = { account: ctx.account, region: ctx.region, name: input.DeliveryStreamName };
  const found = await findStream(ctx.store, name, ctx.now);
  return found ?? new Missing(streamArn(name), noStream(ctx.account, input.DeliveryStreamName));
}

export const streamAccess = (stream: Stream, conditions = {}) => ({
  resource: streamArn(stream),
  resourceTags: stream.tags,
  conditions,
});
