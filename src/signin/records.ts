/**
 * What the audit keeps of signing in through IAM Identity Center, in the account of its instance.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html
 */
import type { Context } from '../core/context.ts';
import { appendRecord } from '../core/ownRecords.ts';
import type { DirectoryUser } from '../identity/directory.ts';
import type { Instance } from '../identity/instances.ts';
import { personIdentity } from '../identity/portalSessions.ts';

export const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Puts a record of `signin.amazonaws.com` into the journal. */
export const record = (
  ctx: Context,
  account: string,
  region: string,
  members: Readonly<Record<string, unknown>>,
): void => appendRecord(ctx, account, region, { eventSource: 'signin.amazonaws.com', ...members });

export type PersonEvent = 'CredentialChallenge' | 'CredentialVerification' | 'UserAuthentication';

interface Told {
  readonly instance: Instance;
  /** Undefined: nobody has the name that was given. */
  readonly user: DirectoryUser | undefined;
  /** The same for all events of one sign-in. */
  readonly workflow: string;
  readonly credentials: string;
  readonly outcome?: 'Success' | 'Failure';
  readonly more?: Readonly<Record<string, string>>;
}

/** Why an answer of an identity provider outside let nobody in. */
export function recordExternal(ctx: Context, { account, region }: Instance, errorMessage: string): void {
  record(ctx, account, region, {
    userIdentity: { type: 'Unknown', principalId: account, arn: '', accountId: account, accessKeyId: '' },
    eventName: 'ExternalIdPDirectoryLogin',
    errorMessage: errorMessage.slice(0, 1024),
    responseElements: { ExternalIdPDirectoryLogin: 'Failure' },
    requestID: ctx.requestId,
    eventType: 'AwsConsoleSignIn',
  });
}

/** Somebody was sent to an application with an assertion. */
export function recordFederation(ctx: Context, instance: Instance, user: DirectoryUser, application: string): void {
  record(ctx, instance.account, instance.region, {
    eventSource: 'sso.amazonaws.com',
    userIdentity: whoIs(instance, user),
    eventName: 'Federate',
    requestID: ctx.requestId,
    eventType: 'AwsServiceEvent',
    serviceEventDetails: { application_id: application },
  });
}

export function recordPerson(
  ctx: Context,
  eventName: PersonEvent,
  { instance, user, workflow, credentials, outcome = 'Success', more }: Told,
): void {
  const { account, region } = instance;
  record(ctx, account, region, {
    userIdentity: whoIs(instance, user),
    eventName,
    additionalEventData: {
      AuthWorkflowID: workflow,
      UserName: user?.userName ?? HIDDEN,
      CredentialType: credentials,
      ...more,
    },
    requestID: ctx.requestId,
    eventType: 'AwsServiceEvent',
    serviceEventDetails: { [eventName]: outcome },
  });
}

/** Nobody has the name that was given. */
const whoIs = (instance: Instance, user: DirectoryUser | undefined) =>
  user
    ? personIdentity(instance, user)
    : { type: 'Unknown', principalId: instance.account, arn: '', accountId: instance.account, accessKeyId: '' };
