/**
 * The condition keys that every request carries.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import type { Caller, Context, Session } from '../core/context.ts';
import type { Access, Tag } from '../core/operation.ts';
import { contextConditions } from '../identity/identityContexts.ts';
import { type Chain, organizationPath } from '../identity/organization.ts';
import type { ContextValue } from '../policy/index.ts';

type Entries = Record<string, ContextValue | undefined>;

export interface Surroundings {
  readonly principalTags: readonly Tag[];
  readonly principalChain: Chain | undefined;
  readonly resourceChain: Chain | undefined;
  readonly resourceAccount: string | undefined;
  /** Of the account on whose behalf a service acts. */
  readonly sourceChain: Chain | undefined;
}

export function conditionsOf(ctx: Context, access: Access, around: Surroundings): Entries {
  const { caller, source, now } = ctx;
  const entries: Entries = {
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:RequestedRegion': ctx.region,
    'aws:SourceIp': source.ip === '' ? undefined : source.ip,
    // What a service sends in its own name never leaves the plane.
    'aws:SecureTransport': source.tls || caller.type === 'Service' ? 'true' : 'false',
    'aws:UserAgent': source.userAgent === '' ? undefined : source.userAgent,
    'aws:referer': source.referer,
    'aws:ViaAWSService': ctx.calledVia ? 'true' : 'false',
  };
  if (ctx.calledVia) addCalledVia(entries, ctx.calledVia);
  addPrincipal(entries, caller, around, now);
  if (around.resourceAccount !== undefined) entries['aws:ResourceAccount'] = around.resourceAccount;
  addOrganization(entries, 'Resource', around.resourceChain);
  for (const tag of access.resourceTags ?? []) entries[`aws:ResourceTag/${tag.Key}`] = tag.Value;
  return access.conditions ? Object.assign(entries, access.conditions) : entries;
}

function addCalledVia(entries: Entries, services: readonly string[]): void {
  entries['aws:CalledVia'] = services;
  entries['aws:CalledViaFirst'] = services[0];
  entries['aws:CalledViaLast'] = services.at(-1);
}

function addPrincipal(entries: Entries, caller: Caller, around: Surroundings, now: Date): void {
  entries['aws:PrincipalType'] = PRINCIPAL_TYPES[caller.type] ?? caller.type;
  entries['aws:PrincipalAccount'] = caller.type === 'Anonymous' ? 'anonymous' : caller.account || undefined;
  if (caller.type === 'Anonymous') {
    entries['aws:userid'] = 'anonymous';
    return;
  }
  entries['aws:PrincipalIsAWSService'] = caller.type === 'Service' ? 'true' : 'false';
  entries['aws:userid'] = caller.userId;
  if (caller.type === 'Service') {
    entries['aws:PrincipalServiceName'] = caller.service;
    entries['aws:PrincipalServiceNamesList'] = caller.service ? [caller.service] : undefined;
    entries['aws:SourceArn'] = caller.source?.arn;
    entries['aws:SourceAccount'] = caller.source?.account;
    for (const tag of caller.tags ?? []) entries[`aws:PrincipalTag/${tag.Key}`] = tag.Value;
    addOrganization(entries, 'Source', around.sourceChain);
    return;
  }
  entries['aws:PrincipalArn'] = principalArn(caller);
  if (caller.type === 'User') entries['aws:username'] = caller.userName;
  for (const tag of around.principalTags) entries[`aws:PrincipalTag/${tag.Key}`] = tag.Value;
  addOrganization(entries, 'Principal', around.principalChain);
  if (caller.session) addSession(entries, caller.session, now);
}

const PRINCIPAL_TYPES: Readonly<Record<string, string>> = { Root: 'Account' };

/** Of a role session the role's own ARN, with its path; of all others the caller's. */
const principalArn = (caller: Caller) =>
  caller.session?.kind === 'AssumedRole' ? caller.session.principalArn : caller.arn;

/** Keys that only temporary credentials carry. */
function addSession(entries: Entries, session: Session, now: Date): void {
  entries['aws:TokenIssueTime'] = new Date(session.issued).toISOString();
  if (!session.federation && session.kind !== 'FederatedUser') {
    entries['aws:MultiFactorAuthPresent'] = session.mfa ? 'true' : 'false';
  }
  if (session.mfaTime !== undefined) {
    entries['aws:MultiFactorAuthAge'] = String(Math.max(0, Math.floor((now.getTime() - session.mfaTime) / 1000)));
  }
  entries['aws:SourceIdentity'] = session.sourceIdentity;
  entries['aws:SignInSessionArn'] = session.signInSessionArn;
  if (session.onBehalfOf?.kind === 'identity') Object.assign(entries, contextConditions(session.onBehalfOf));
  if (session.kind === 'AssumedRoot') entries['aws:AssumedRoot'] = 'true';
  if (!session.federation) return;
  if (session.federation.type === 'WebIdentity') entries['aws:FederatedProvider'] = session.federation.provider;
  Object.assign(entries, session.federation.claims);
}

function addOrganization(entries: Entries, whose: 'Principal' | 'Resource' | 'Source', chain: Chain | undefined): void {
  if (!chain) return;
  entries[`aws:${whose}OrgID`] = chain.organization.id;
  entries[`aws:${whose}OrgPaths`] = [organizationPath(chain)];
  if (whose === 'Principal') entries['aws:PrincipalOrgMasterAccountId'] = chain.organization.management;
}
