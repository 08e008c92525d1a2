/**
 * Who made a call, from a record's userIdentity: the principal that policies are asked about, and the name under
 * which findings are grouped. A role's sessions are grouped under the role.
 */
import type { Principal } from '../policy/index.ts';
import type { RecordIdentity, TrailRecord } from './record.ts';

export interface Caller {
  readonly principal: Principal;
  /** Null: no principal of an account (a service, an anonymous caller, a federated identity that becomes a role). */
  readonly account: string | null;
  /** The role, user, root, federated user, service or foreign account. */
  readonly name: string;
  /** The ARN that aws:PrincipalArn holds; undefined when there is none or the record does not tell. */
  readonly arn: string | undefined;
  /** False: the record hides the ARN, as that of a caller from another account. */
  readonly arnTold: boolean;
  readonly linked: boolean;
}

/** Undefined: no identity that IAM authorizes (an IAM Identity Center user, an unknown type). */
export function callerOf(record: TrailRecord): Caller | undefined {
  const identity = record.userIdentity;
  if (!identity) return undefined;
  const { arn } = identity;
  const known = arn === undefined ? undefined : recent.get(arn);
  if (known && isSameIdentity(known.identity, identity)) return known.caller;
  const caller = madeOf(identity, record);
  if (caller && arn !== undefined) {
    if (recent.size >= recentMax) recent.clear();
    recent.set(arn, { identity, caller });
  }
  return caller;
}

const recent = new Map<string, { readonly identity: RecordIdentity; readonly caller: Caller }>();
const recentMax = 5_000;

const isSameIdentity = (a: RecordIdentity, b: RecordIdentity) =>
  a.type === b.type &&
  a.accountId === b.accountId &&
  a.invokedBy === b.invokedBy &&
  a.sessionContext?.sessionIssuer?.arn === b.sessionContext?.sessionIssuer?.arn;

function madeOf(identity: RecordIdentity, record: TrailRecord): Caller | undefined {
  const make = Object.hasOwn(TYPES, identity.type ?? '') ? TYPES[identity.type ?? ''] : undefined;
  return make ? make(identity, record) : identity.type === undefined ? untyped(identity, record) : undefined;
}

type Make = (identity: RecordIdentity, record: TrailRecord) => Caller | undefined;

const TYPES: Readonly<Record<string, Make>> = {
  Root: (identity) => principalOf('Root', identity, identity.arn ?? `arn:aws:iam::${identity.accountId}:root`),
  IAMUser: (identity) => principalOf('User', identity, identity.arn ?? userArn(identity)),
  AssumedRole: assumedRole,
  Role: assumedRole,
  FederatedUser: federatedUser,
  WebIdentityUser: (identity) => provided('WebIdentity', identity),
  SAMLUser: (identity) => provided('SAML', identity),
  AWSService: (identity, record) => service(identity.invokedBy ?? record.sourceIPAddress),
  AWSAccount: foreign,
};

const userArn = ({ accountId, userName }: RecordIdentity) =>
  accountId && userName ? `arn:aws:iam::${accountId}:user/${userName}` : undefined;

function principalOf(type: 'Root' | 'User', identity: RecordIdentity, arn: string | undefined): Caller | undefined {
  const account = identity.accountId ?? accountIn(arn);
  if (account === undefined || arn === undefined) return undefined;
  return { principal: { type, arn }, account, name: arn, arn, arnTold: true, linked: false };
}

function assumedRole(identity: RecordIdentity): Caller | undefined {
  const { arn } = identity;
  if (arn === undefined) return undefined;
  const account = identity.accountId ?? accountIn(arn);
  if (account === undefined) return undefined;
  const issuer = identity.sessionContext?.sessionIssuer?.arn;
  const name = issuer ?? roleArn(arn);
  return {
    principal: { type: 'AssumedRole', arn },
    account,
    name,
    arn: issuer,
    arnTold: issuer !== undefined,
    linked: name.includes(':role/aws-service-role/'),
  };
}

/** Without the role's path, which a session's ARN does not show. */
function roleArn(sessionArn: string): string {
  const [, partition, , , account, resource = ''] = sessionArn.split(':');
  return `arn:${partition}:iam::${account}:role/${resource.split('/')[1] ?? ''}`;
}

function federatedUser(identity: RecordIdentity): Caller | undefined {
  const { arn, sessionContext } = identity;
  const account = identity.accountId ?? accountIn(arn);
  if (arn === undefined || account === undefined) return undefined;
  const userArn = sessionContext?.sessionIssuer?.arn;
  const principal: Principal = { type: 'FederatedUser', arn, userArn };
  return { principal, account, name: arn, arn, arnTold: true, linked: false };
}

function provided(type: 'WebIdentity' | 'SAML', identity: RecordIdentity): Caller {
  const provider = identity.identityProvider ?? identity.principalId?.split(':').slice(0, -2).join(':') ?? '';
  const name = provider === '' ? type : provider;
  return { principal: { type, arn: provider }, account: null, name, arn: undefined, arnTold: true, linked: false };
}

function service(host: string | undefined): Caller | undefined {
  if (!host) return undefined;
  const principal: Principal = { type: 'Service', service: host };
  return { principal, account: null, name: host, arn: undefined, arnTold: true, linked: false };
}

/** A caller from another account, of whom AWS tells the account and the unique id; or nobody. */
function foreign(identity: RecordIdentity): Caller | undefined {
  const { accountId, principalId } = identity;
  if (accountId === 'ANONYMOUS_PRINCIPAL' || accountId === 'anonymous') {
    return { principal: { type: 'Anonymous' }, account: null, name: 'anonymous', ...NO_ARN, linked: false };
  }
  if (!accountId) return undefined;
  const root = `arn:aws:iam::${accountId}:root`;
  if (principalId === accountId) {
    return { principal: { type: 'Root', arn: root }, account: accountId, name: root, arn: root, ...TOLD };
  }
  const type = principalId?.startsWith('AIDA') ? 'User' : 'AssumedRole';
  const name = principalId ? `${accountId}:${principalId.split(':')[0]}` : root;
  return { principal: { type }, account: accountId, name, arn: undefined, arnTold: false, linked: false };
}

const NO_ARN = { arn: undefined, arnTold: true } as const;
const TOLD = { arnTold: true, linked: false } as const;

function untyped(identity: RecordIdentity, record: TrailRecord): Caller | undefined {
  return identity.invokedBy === undefined ? undefined : service(identity.invokedBy ?? record.sourceIPAddress);
}

const accountIn = (arn: string | undefined) => /^arn:[^:]+:[^:]+:[^:]*:(\d{12}):/.exec(arn ?? '')?.[1];
