/**
 * Who did it, as CloudTrail tells it.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
import type { Caller } from './context.ts';

const TYPES: Readonly<Record<string, string>> = {
  User: 'IAMUser',
  WebIdentity: 'WebIdentityUser',
  SAML: 'SAMLUser',
  Service: 'AWSService',
};

export function userIdentity(caller: Caller): object {
  if (caller.type === 'Service') return { type: 'AWSService', invokedBy: caller.service };
  if (caller.type === 'Anonymous') return { type: 'AWSAccount', principalId: '', accountId: 'ANONYMOUS_PRINCIPAL' };
  return {
    type: TYPES[caller.type] ?? caller.type,
    principalId: caller.userId,
    arn: caller.arn,
    accountId: caller.account,
    accessKeyId: caller.accessKeyId,
    userName: caller.userName ?? caller.accountAlias,
    sessionContext: sessionContext(caller),
    onBehalfOf: onBehalfOf(caller),
  };
}

function onBehalfOf({ session }: Caller): object | undefined {
  if (!session?.onBehalfOf) return undefined;
  const { userId, identityStoreArn } = session.onBehalfOf;
  return { userId, identityStoreArn };
}

function sessionContext({ type, session }: Caller): object | undefined {
  if (!session) return undefined;
  const issued = type === 'AssumedRole' || type === 'FederatedUser';
  return {
    sessionIssuer: issued
      ? {
          type: type === 'AssumedRole' ? 'Role' : session.principalName === undefined ? 'Root' : 'IAMUser',
          principalId: session.principalId,
          arn: session.principalArn,
          accountId: session.account,
          userName: session.principalName,
        }
      : undefined,
    webIdFederationData:
      session.federation?.type === 'WebIdentity'
        ? { federatedProvider: session.federation.provider, attributes: {} }
        : undefined,
    attributes: { creationDate: seconds(session.issued), mfaAuthenticated: session.mfa ? 'true' : 'false' },
    sourceIdentity: session.sourceIdentity,
    assumedRoot: session.kind === 'AssumedRoot' ? 'true' : undefined,
    signInSessionArn: session.signInSessionArn,
  };
}

/** ISO 8601 without milliseconds, as CloudTrail writes times. The last one is kept: many calls share a second. */
export function seconds(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond.second) {
    lastSecond = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  }
  return lastSecond.text;
}

let lastSecond = { second: Number.NaN, text: '' };
