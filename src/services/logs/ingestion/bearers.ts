/**
 * Whoever sends with a bearer token is the IAM user whose API key it is, and needs `logs:CallWithBearerToken` beside
 * `logs:PutLogEvents`; the group must let tokens in. That a token was used is a data event of its own.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_HTTP_Endpoints_BearerTokenAuth.html
 */
import { AccessDeniedException, type PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { Caller, Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import type { Operation } from '../../../core/operation.ts';
import { accounts, isClosed } from '../../../identity/organization.ts';
import { type User, userArn } from '../../../identity/principals.ts';
import { isRegionUsable } from '../../../identity/regions.ts';
import { userOfApiKey } from '../../../identity/serviceCredentials.ts';
import { groupArn, logGroups } from '../groupRows.ts';
import { Refusal } from './answers.ts';
import type { Asked, Batch } from './asked.ts';

/** Where events go. */
interface Place {
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** What no API has: whether a token may be used at all. */
export const CallWithBearerToken: Operation<Place, object, object> = {
  recorded: 'data',
  async load({ logGroupName: name }, { account, region, audit }) {
    const ARN = groupArn({ account, region, name });
    audit.resources = [{ ARN, accountId: account, type: 'AWS::Logs::LogGroupAuthorization' }];
    return {};
  },
  access: () => ({ resource: '*' }),
  run: async () => ({}),
};

/** Who sends. @throws Refusal, AccessDenied */
export async function senderOf(
  ctx: Context,
  token: string,
  region: string,
  { group: logGroupName, stream: logStreamName }: Asked,
): Promise<Caller> {
  const user = await userOfApiKey(ctx, 'logs.amazonaws.com', token);
  const account = user && (await ctx.store.get(accounts, [user.account]));
  if (!user || !account || isClosed(account, ctx.now) || !isRegionUsable(account, region, ctx.now)) {
    throw new Refusal(401, 'UnrecognizedClientException', 'The bearer token included in the request is invalid.');
  }
  const caller = callerOf(user);
  await ctx.call('logs', 'CallWithBearerToken', { logGroupName, logStreamName }, caller, region);
  return caller;
}

export async function putAs(ctx: Context, caller: Caller, region: string, input: Batch): Promise<PutLogEventsResponse> {
  const output = await ctx.call<PutLogEventsResponse>('logs', 'PutLogEvents', input, caller, region);
  const group = await ctx.store.get(logGroups, [caller.account, region, input.logGroupName]);
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
