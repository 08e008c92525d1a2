/**
 * ConsoleLogin and what goes with it, as CloudTrail has them.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
 */
import type { Context, Session } from '../core/context.ts';
import { userIdentity as sessionIdentity } from '../core/userIdentity.ts';
import type { MfaDevice } from '../identity/mfa.ts';
import { callerOf } from '../identity/sessions.ts';
import type { Holder } from './consoleUsers.ts';
import { HIDDEN, record } from './records.ts';

/** Without an alias in a cookie the global endpoint signs everybody in here, and root always. */
const REGION = 'us-east-1';

interface Login {
  readonly root: boolean;
  readonly outcome: 'Success' | 'Failure';
  /** Serial number of the device. */
  readonly mfa: string | undefined;
}

export function recordConsole(ctx: Context, account: string, holder: Holder | undefined, login: Login): void {
  const { root, outcome, mfa } = login;
  const failed = outcome === 'Failure';
  record(ctx, account, REGION, {
    userIdentity: root ? rootIdentity(account) : userIdentity(account, holder, failed),
    eventName: 'ConsoleLogin',
    ...(failed && { errorMessage: holder ? 'Failed authentication' : 'No username found in supplied account' }),
    responseElements: { ConsoleLogin: outcome },
    additionalEventData: {
      LoginTo: `${ctx.settings.endpoint}/signin/home`,
      MobileVersion: 'No',
      ...(mfa !== undefined && !failed && { MFAIdentifier: mfa }),
      MFAUsed: mfa === undefined ? 'No' : 'Yes',
    },
    eventType: 'AwsConsoleSignIn',
  });
}

/** That somebody whose password was right is asked for a device, and of which kind. */
export function recordMfaCheck(ctx: Context, holder: Holder, devices: readonly MfaDevice[]): void {
  const kinds = new Set(devices.map(({ passkey }) => (passkey === undefined ? 'Virtual MFA' : 'U2F MFA')));
  recordConsoleEvent(ctx, holder, 'CheckMfa', { MfaType: kinds.size === 1 ? [...kinds][0] : 'Multiple MFA Devices' });
}

/** AWS documents no example of this one; it has the form of the others. */
export const recordLogout = (ctx: Context, holder: Holder) => recordConsoleEvent(ctx, holder, 'Logout');

/** That somebody had a token for temporary credentials, with which a browser may come in. */
export function recordSigninToken(ctx: Context, session: Session): void {
  const caller = callerOf(session);
  record(ctx, caller.account, REGION, {
    userIdentity: sessionIdentity(caller),
    eventName: 'GetSigninToken',
    responseElements: { GetSigninToken: 'Success' },
    additionalEventData: { MobileVersion: 'No', MFAUsed: session.mfa ? 'Yes' : 'No' },
    eventType: 'AwsConsoleSignIn',
  });
}

function recordConsoleEvent(ctx: Context, holder: Holder, eventName: string, additionalEventData?: object): void {
  const { account, name, role } = holder;
  record(ctx, account, REGION, {
    userIdentity: name === undefined && !role ? rootIdentity(account) : userIdentity(account, holder, true),
    eventName,
    responseElements: { [eventName]: 'Success' },
    additionalEventData,
    eventType: 'AwsConsoleSignIn',
  });
}

const rootIdentity = (account: string) => ({
  type: 'Root',
  principalId: account,
  arn: `arn:aws:iam::${account}:root`,
  accountId: account,
  accessKeyId: '',
});

/** A failure does not tell the ARN. */
function userIdentity(accountId: string, holder: Holder | undefined, failed: boolean): object {
  if (!holder) return { type: 'IAMUser', accountId, accessKeyId: '', userName: HIDDEN };
  const { id: principalId, arn, name: userName } = holder;
  if (holder.role) return { type: 'AssumedRole', principalId, arn, accountId };
  return failed
    ? { type: 'IAMUser', principalId, accountId, accessKeyId: '', userName }
    : { type: 'IAMUser', principalId, arn, accountId, userName };
}
