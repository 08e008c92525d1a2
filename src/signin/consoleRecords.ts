/**
 * ConsoleLogin and what goes with it, as CloudTrail has them.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
 */
import type { Caller, Context, Session } from '../core/context.ts';
import { userIdentity as sessionIdentity } from '../core/userIdentity.ts';
import type { MfaDevice } from '../identity/mfa.ts';
import { callerOf } from '../identity/sessions.ts';
import { type ConsoleSession, callerIn } from './consoleSessions.ts';
import type { Holder } from './consoleUsers.ts';
import { HIDDEN, record } from './records.ts';
import { signInRegion } from './sites.ts';

/** Without an alias in a cookie the global endpoint signs everybody in here, and root always. */
const REGION = 'us-east-1';
const regionOf = ({ source }: Context, root: boolean) => (root ? undefined : signInRegion(source.host)) ?? REGION;

interface Login {
  readonly root: boolean;
  readonly outcome: 'Success' | 'Failure';
  /** Serial number of the device. */
  readonly mfa: string | undefined;
}

export function recordConsole(ctx: Context, account: string, holder: Holder | undefined, login: Login): void {
  const { root, outcome, mfa } = login;
  const failed = outcome === 'Failure';
  record(ctx, account, regionOf(ctx, root), {
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
export const recordLogout = (ctx: Context, session: ConsoleSession) =>
  session.holder.role
    ? recordFederated(ctx, callerIn(session), 'Logout')
    : recordConsoleEvent(ctx, session.holder, 'Logout');

/** That somebody came in who has no password here. AWS counts no second factor of theirs. */
export const recordEntry = (ctx: Context, session: ConsoleSession) =>
  recordFederated(ctx, callerIn(session), 'ConsoleLogin', NO_FACTOR);

const NO_FACTOR = { MobileVersion: 'No', MFAUsed: 'No' };

/** That somebody had a token for temporary credentials. `accessKeyId`: of the session that it begins. */
export const recordSigninToken = (ctx: Context, session: Session, accessKeyId: string) =>
  recordFederated(ctx, callerOf(session), 'GetSigninToken', NO_FACTOR, { credentials: { accessKeyId } });

function recordFederated(ctx: Context, caller: Caller, eventName: string, more?: object, answer?: object): void {
  record(ctx, caller.account, regionOf(ctx, false), {
    userIdentity: sessionIdentity(caller),
    eventName,
    responseElements: { ...answer, [eventName]: 'Success' },
    additionalEventData: more,
    eventType: 'AwsConsoleSignIn',
  });
}

function recordConsoleEvent(ctx: Context, holder: Holder, eventName: string, additionalEventData?: object): void {
  const { account, name } = holder;
  const root = name === undefined;
  record(ctx, account, regionOf(ctx, root), {
    userIdentity: root ? rootIdentity(account) : userIdentity(account, holder, true),
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
  return failed
    ? { type: 'IAMUser', principalId, accountId, accessKeyId: '', userName }
    : { type: 'IAMUser', principalId, arn, accountId, userName };
}
