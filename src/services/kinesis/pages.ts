/** Kinesis's ways of paging. */
import type { ListStreamsInput } from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { paging } from '../../core/page.ts';
import { refuse } from './errors.ts';
import { type Stream, streams } from './streamRows.ts';

const { rows: streamRows } = paging({
  size: 'Limit',
  standard: 100,
  most: 100,
  token: 'NextToken',
  end: (NextToken) => ({ NextToken }),
  refuse: () => refuse('Invalid NextToken.'),
});

/** A page of an account's streams in the order of their names. */
export async function pagedStreams(ctx: Context, input: ListStreamsInput) {
  const { account, region, now } = ctx;
  const after = input.ExclusiveStartStreamName;
  const isThere = ({ gone, name }: Stream) => (gone === undefined || gone > now.getTime()) && name !== after;
  const listing = { keep: isThere, ...(after !== undefined && { from: after }) };
  const { rows, page } = await streamRows(ctx, streams, [account, region], input, listing);
  return { found: rows, ...page };
}
