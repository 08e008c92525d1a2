/**
 * What the audit keeps of signing in through IAM Identity Center, in the account of its instance.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html
 */
import type { Context } from '../core/context.ts';
import { timeUuid } from '../core/ids.ts';
import type { DirectoryUser } from '../identity/directory.ts';
import type { Instance } from '../identity/instances.ts';

export const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Puts a record of `signin.amazonaws.com` into the journal. */
export function record(
  ctx: Context,
  account: string,
  region: string,
  members: Readonly<Record<string, unknown>>,
): void {
  const id = timeUuid(ctx.now, ctx);
  const { ip, userAgent, host, tls } = ctx.source;
  const body = {
    eventVersion: '1.11',
    eventTime: `${ctx.now.toISOString().slice(0, 19)}Z`,
    eventSource: 'signin.amazonaws.com',
    awsRegion: region,
    sourceIPAddress: ip,
    userAgent: userAgent.slice(0, 1024),
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    ...members,
    eventID: id,
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    tlsDetails: tls && { tlsVersion: tls.version, cipherSuite: tls.cipher, clientProvidedHostHeader: host },
  };
  ctx.store.append({ id, kind: 'api', account, region, time: ctx.now.getTime(), body: JSON.stringify(body) });
}

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
    userIdentity: personIdentity(instance, user),
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
    userIdentity: personIdentity(instance, user),
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

export function personIdentity({ account, identityStore }: Instance, user: DirectoryUser | undefined): object {
  if (!user) return { type: 'Unknown', principalId: account, arn: '', accountId: account, accessKeyId: '' };
  const identityStoreArn = `arn:aws:identitystore::${account}:identitystore/${identityStore}`;
  return { type: 'IdentityCenterUser', accountId: account, onBehalfOf: { userId: user.id, identityStoreArn } };
}
