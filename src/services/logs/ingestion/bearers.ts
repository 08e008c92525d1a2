/**
 * Whoever sends with a bearer token is the IAM user whose API key it is, and needs `logs:CallWithBearerToken` beside
 * `logs:PutLogEvents`; the group must let tokens in.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_HTTP_Endpoints_BearerTokenAuth.html
 */
import { AccessDeniedException, type PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { Caller, Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import { accounts, isClosed } from '../../../identity/organization.ts';
import { type User, userArn } from '../../../identity/principals.ts';
import { userOfApiKey } from '../../../identity/serviceCredentials.ts';
import { logGroups } from '../groupRows.ts';
import { Refusal } from './answers.ts';
import type { Batch } from './asked.ts';

export async function putWithToken(
  ctx: Context,
  token: string,
  region: string,
  input: Batch,
): Promise<PutLogEventsResponse> {
  const user = await userOfApiKey(ctx, 'logs.amazonaws.com', token);
  const account = user && (await ctx.store.get(accounts, [user.account]));
  if (!user || !account || isClosed(account, ctx.now)) {
    throw new Refusal(401, 'UnrecognizedClientException', 'The bearer token included in the request is invalid.');
  }
  const caller = callerOf(user);
  const conditions = { 'aws:RequestedRegion': region };
  await ctx.permit('logs:CallWithBearerToken', { resource: '*', conditions }, caller);
  const output = await ctx.call<PutLogEventsResponse>('logs', 'PutLogEvents', input, caller, region);
  const group = await ctx.store.get(logGroups, [user.account, region, input.logGroupName]);
  if (!group?.bearerTokens) {
    fail(AccessDeniedException, 'Bearer token authentication is not enabled for the specified log group.');
  }
  return output;
}

const callerOf = (user: User): Caller => ({
  type: 'User',
  account: user.account,
  arn: userArn(user),
  userId: user.id,
  userName: user.name,
});
