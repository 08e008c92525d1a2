/** Temporary credentials of the caller's own, with a second factor where one is given. */
import type { GetSessionTokenRequest, GetSessionTokenResponse } from '@aws-sdk/client-sts';
import type { Caller } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { Open, type Operation } from '../../core/operation.ts';
import { issue, recorded, requestDetails } from './credentials.ts';
import { verifyMfa } from './mfa.ts';
import { HOUR_SECONDS } from './roles.ts';

const open = new Open(
  'Policies cannot control who may authenticate: a session has its owner’s permissions and no more.',
);
const HALF_DAY_SECONDS = 43_200;

export const GetSessionToken: Operation<GetSessionTokenRequest, GetSessionTokenResponse> = {
  readOnly: false,
  access: () => open,
  async run(input, ctx) {
    const { caller } = ctx;
    requireLongTermCaller(caller, 'GetSessionToken');
    const mfa = await verifyMfa(ctx, input);
    const output = issue(
      ctx,
      { ...own(caller), kind: 'SessionToken', ...(mfa ? { mfa, mfaTime: ctx.now.getTime() } : {}) },
      longTermSeconds(caller, input.DurationSeconds),
      input,
    );
    ctx.audit.responseElements = recorded(output);
    ctx.audit.additionalEventData = requestDetails(ctx);
    return output;
  },
};

export function requireLongTermCaller(caller: Caller, operation: string): void {
  if (caller.session) throw new AccessDenied(`Cannot call ${operation} with session credentials`);
}

/** Half a day by default; a root user's credentials live for an hour at most. */
export function longTermSeconds(caller: Caller, asked = HALF_DAY_SECONDS): number {
  return caller.type === 'Root' ? Math.min(asked, HOUR_SECONDS) : asked;
}

/** The members of a session that say which user, or root, it stands on. */
export const own = (caller: Caller) => ({
  account: caller.account,
  name: caller.userName ?? '',
  principalId: caller.userId,
  principalArn: caller.arn,
  ...(caller.userName === undefined ? {} : { principalName: caller.userName }),
});
