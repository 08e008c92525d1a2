/** Kinesis's ways of paging. */
import {
  ExpiredNextTokenException,
  InvalidArgumentException,
  type ListChannelsInput,
  type ListStreamsInput,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { paging } from '../../core/page.ts';
import { type Channel, channels } from './channelRows.ts';
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

const { rows: channelRows } = paging({
  size: 'MaxResults',
  standard: 100,
  most: 100,
  token: 'NextToken',
  end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
  refuse: () => refuse('Invalid NextToken.'),
});

/** A page of an account's channels. */
export async function pagedChannels(ctx: Context, input: ListChannelsInput, keep: (channel: Channel) => boolean) {
  const { rows: found, page } = await channelRows(ctx, channels, [ctx.account, ctx.region], input, { keep });
  return { found, page };
}

const TOKEN_MS = 300_000;

/** A token that tells where a list goes on, for five minutes. */
export const tokenText = ({ secrets, now, random }: Context, purpose: string, asked: object): string =>
  secrets.seal(purpose, JSON.stringify({ ...asked, made: now.getTime() }), random(12));

/** What it tells, or what is wrong with it. */
export function freshToken<Asked>({ secrets, now }: Context, purpose: string, text: string): Asked | Error {
  const opened = secrets.open(purpose, text)?.toString('utf8');
  if (opened === undefined) return awsError(InvalidArgumentException, 'Invalid NextToken.');
  const token = JSON.parse(opened) as Asked & { readonly made: number };
  if (now.getTime() - token.made <= TOKEN_MS) return token;
  return awsError(ExpiredNextTokenException, 'The pagination token passed to the operation is expired.');
}
