/**
 * AuthorizeOAuth2Access and CreateOAuth2Token, as CloudTrail has them, in the Region where somebody signs in.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 */
import type { Caller, Context } from '../core/context.ts';
import { AccessDenied } from '../core/errors.ts';
import { userIdentity } from '../core/userIdentity.ts';
import { record } from './records.ts';

interface Told {
  readonly caller: Caller;
  readonly region: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly more?: Readonly<Record<string, unknown>>;
  /** Why it was refused. */
  readonly refusal?: string | undefined;
}

export function recordLogin(
  ctx: Context,
  eventName: 'AuthorizeOAuth2Access' | 'CreateOAuth2Token',
  { caller, region, parameters, more, refusal }: Told,
): void {
  record(ctx, caller.account, region, {
    userIdentity: userIdentity(caller),
    eventName,
    ...(refusal !== undefined && { errorCode: 'AccessDenied', errorMessage: refusal }),
    requestParameters: parameters,
    additionalEventData: { ...more, success: String(refusal === undefined), 'x-amzn-vpce-id': '' },
    requestID: ctx.requestId,
    readOnly: true,
    eventType: 'AwsApiCall',
  });
}

interface Asked {
  readonly caller: Caller;
  readonly region: string;
  readonly resource: 'localhost' | 'remote';
  readonly conditions: Readonly<Record<string, string>>;
}

/** Why policies do not let the caller; undefined: they do. */
export async function refusalOf(
  ctx: Context,
  action: 'AuthorizeOAuth2Access' | 'CreateOAuth2Token',
  { caller, region, resource, conditions }: Asked,
): Promise<string | undefined> {
  const access = {
    resource: `arn:aws:signin:${region}:${caller.account}:oauth2/public-client/${resource}`,
    conditions: { 'aws:RequestedRegion': region, ...conditions },
  };
  try {
    await ctx.permit(`signin:${action}`, access, caller);
    return undefined;
  } catch (error) {
    if (error instanceof AccessDenied) return error.message;
    throw error;
  }
}
