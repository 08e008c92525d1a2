// Who a Principal element means. A request's principal matches at one of four levels, and the level carries the
// rules for permissions boundaries and session policies (IAM User Guide, How AWS enforcement code logic evaluates
// requests):
//
//   none     the element does not mean this principal
//   account  it names the account: access is delegated to it, an identity-based policy must still grant it
//   behind   it names the role or user behind the session: granted, limited by boundary and session policies
//   direct   it names the user, session, service or provider itself, or everyone: granted, limited by neither

import { keyOf, type RequestContext, textOf } from './context.ts';
import type { PrincipalElement } from './document.ts';

export type PrincipalType =
  | 'User'
  | 'AssumedRole'
  | 'FederatedUser'
  | 'Root'
  | 'Service'
  | 'WebIdentity'
  | 'SAML'
  | 'Anonymous';

/** Who asks. An AssumedRole carries its session ARN; its role's ARN, with path, is the context key aws:PrincipalArn. */
export interface Principal {
  readonly type: PrincipalType;
  readonly arn?: string | undefined;
  readonly service?: string | undefined;
  /** The IAM user who called GetFederationToken, for a FederatedUser. */
  readonly userArn?: string | undefined;
  /** The unique ID of that user, which policies name when they bound it by ID. */
  readonly userId?: string | undefined;
  /** The canonical user ID of the principal's account, where S3 policies may name it. */
  readonly canonicalUser?: string | undefined;
}

export const levels = { none: 0, account: 1, behind: 2, direct: 3 } as const;
export type Level = 0 | 1 | 2 | 3;
export const levelNames = ['none', 'account', 'behind', 'direct'] as const;

/** What principal matching needs of a request. */
export interface Caller {
  readonly principal: Principal;
  readonly principalAccount: string | null;
  readonly context: RequestContext;
}

/** A compiled Principal or NotPrincipal element. */
export interface PrincipalSet {
  readonly element: PrincipalElement;
  readonly accounts: readonly string[];
  readonly names: readonly string[];
  /** Names that are unique IDs (AIDA…, AROA…, AROA…:session), as policies show for what they bound by ID. */
  readonly ids: readonly string[];
}

const principalArn = keyOf('aws:PrincipalArn');
const userId = keyOf('aws:userid');

export function principalSetOf(element: PrincipalElement): PrincipalSet {
  const accounts: string[] = [];
  const names: string[] = [];
  const ids: string[] = [];
  for (const name of element.AWS) {
    const account = accountNamed(name);
    if (account) accounts.push(account);
    else if (isUniqueId(name)) ids.push(name);
    else names.push(name);
  }
  return { element, accounts, names, ids };
}

/** AIDA…, AROA…, or AROA…:session. */
export const isUniqueId = (name: string) => /^A[A-Z]{3}[A-Z0-9]+(:|$)/.test(name);

/** The account that an AWS principal names as a whole, by id or root ARN. */
export function accountNamed(name: string): string | undefined {
  if (/^[0-9]{12}$/.test(name)) return name;
  return /^arn:aws[a-z0-9-]*:iam::([0-9]{12}):root$/.exec(name)?.[1];
}

/** The level at which the element means the caller. */
export function levelOf(set: PrincipalSet, caller: Caller): Level {
  const { principal } = caller;
  const { element } = set;
  if (element.any) return levels.direct;
  if (principal.type === 'Service')
    return element.Service.includes(principal.service ?? '') ? levels.direct : levels.none;
  if (principal.type === 'Anonymous') return levels.none;
  const arn = principal.arn ?? '';
  if (principal.type === 'WebIdentity' || principal.type === 'SAML') {
    return element.Federated.includes(arn) ? levels.direct : levels.none;
  }
  if (set.names.includes(arn)) return levels.direct;
  const behind = set.names.length > 0 ? arnBehind(caller) : undefined;
  if (behind !== undefined && set.names.includes(behind)) return levels.behind;
  if (set.ids.length > 0) {
    const level = levelById(set.ids, caller);
    if (level !== levels.none) return level;
  }
  if (caller.principalAccount !== null && set.accounts.includes(caller.principalAccount)) return levels.account;
  if (principal.canonicalUser && element.CanonicalUser.includes(principal.canonicalUser)) return levels.account;
  return levels.none;
}

/** The role behind a role session, or the user behind a federated session when known. */
export function arnBehind(caller: Caller): string | undefined {
  const { principal } = caller;
  if (principal.type === 'AssumedRole') return textOf(caller.context, principalArn);
  if (principal.type === 'FederatedUser') return principal.userArn;
  return undefined;
}

export function levelById(ids: readonly string[], caller: Caller): Level {
  const { type, userId: behind } = caller.principal;
  if (type === 'FederatedUser') return behind !== undefined && ids.includes(behind) ? levels.behind : levels.none;
  const id = textOf(caller.context, userId);
  if (id === undefined) return levels.none;
  if (ids.includes(id)) return levels.direct;
  const colon = id.indexOf(':');
  return colon > 0 && ids.includes(id.slice(0, colon)) ? levels.behind : levels.none;
}

/**
 * True when NotPrincipal excepts the caller. AWS asks along the chain of account, role or user, and session: each
 * must be listed, by ARN or by unique ID. An account listed with nobody of that account beside it stands for all of
 * its principals.
 */
export function isExcepted(set: PrincipalSet, caller: Caller): boolean {
  const { principal, principalAccount } = caller;
  const level = levelOf(set, caller);
  if (principalAccount === null || set.element.any) return level !== levels.none;
  if (!set.accounts.includes(principalAccount)) return false;
  if (principal.type === 'Root') return true;
  const inAccount = set.names.filter((name) => name.split(':')[4] === principalAccount);
  if (inAccount.length === 0 && set.ids.length === 0) return true;
  return principal.type === 'AssumedRole' ? isSessionExcepted(set, caller, level) : level >= levels.behind;
}

/** The role must be listed; the session too, once some session of that role is. */
function isSessionExcepted({ names, ids }: PrincipalSet, caller: Caller, level: Level): boolean {
  const arn = arnBehind(caller);
  const roleId = textOf(caller.context, userId)?.split(':')[0];
  const byName = arn !== undefined && names.includes(arn);
  if (!byName && !(roleId !== undefined && ids.includes(roleId))) return false;
  const sessions = caller.principal.arn?.replace(/[^/]*$/, '');
  const namesSessions =
    (sessions !== undefined && names.some((name) => name.startsWith(sessions))) ||
    (roleId !== undefined && ids.some((id) => id.startsWith(`${roleId}:`)));
  return !namesSessions || level === levels.direct;
}
