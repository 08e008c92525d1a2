/**
 * Accounts and the organization that binds them. Every account of the plane has a row, in an organization or not.
 *
 * The tree is kept as parent links: an account's chain to the root is at most seven rows, all cached, and each row
 * carries the ids of the policies attached to it by type.
 */
import type { Tag } from '../core/operation.ts';
import { type Transaction, table } from '../store/store.ts';

export type OrganizationPolicyType =
  | 'SERVICE_CONTROL_POLICY'
  | 'RESOURCE_CONTROL_POLICY'
  | 'TAG_POLICY'
  | 'BACKUP_POLICY'
  | 'AISERVICES_OPT_OUT_POLICY'
  | 'CHATBOT_POLICY'
  | 'DECLARATIVE_POLICY_EC2'
  | 'SECURITYHUB_POLICY'
  | 'INSPECTOR_POLICY'
  | 'UPGRADE_ROLLOUT_POLICY'
  | 'BEDROCK_POLICY'
  | 'S3_POLICY'
  | 'NETWORK_SECURITY_DIRECTOR_POLICY'
  | 'GUARDDUTY_POLICY'
  | 'SECURITYHUB_CSPM_POLICY';

/** Policy ids attached to a target, by type, in the order of attachment. */
export type Attachments = Readonly<Partial<Record<OrganizationPolicyType, readonly string[]>>>;

export interface Account {
  /** Twelve digits. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly created: string;
  readonly status: 'ACTIVE' | 'SUSPENDED' | 'PENDING_CLOSURE';
  /** Organization it belongs to; absent for a standalone account. */
  readonly organization?: string;
  /** Root or organizational unit. */
  readonly parent?: string;
  readonly joined?: string;
  readonly joinedMethod?: 'CREATED' | 'INVITED';
  readonly attachments: Attachments;
  readonly alias?: string;
  /** When closing began. The account stays usable (`PENDING_CLOSURE`) for `closingMilliseconds`; then it is closed. */
  readonly closing?: string;
  /** Opt-in and opt-out of Regions: Region → last request. A Region without an entry is in its default state. */
  readonly regions?: Readonly<Record<string, RegionRequest>>;
}

/** A Region that was enabled or disabled, and when that was asked for (ISO 8601). */
export interface RegionRequest {
  readonly enabled: boolean;
  readonly requested: string;
}

/** From a request to close an account until it is closed. */
export const closingMilliseconds = 60_000;

/** Whether the account's own credentials no longer work: it was closed, or suspended. */
export const isClosed = (account: Account, now: Date) =>
  account.status === 'SUSPENDED' ||
  (account.closing !== undefined && now.getTime() - Date.parse(account.closing) >= closingMilliseconds);

export interface Organization {
  /** `o-…` */
  readonly id: string;
  readonly management: string;
  readonly featureSet: 'ALL' | 'CONSOLIDATED_BILLING';
  readonly created: string;
  /** `r-…` */
  readonly root: string;
  /** Centralized root access: what the management account may do as root of member accounts. */
  readonly rootFeatures?: readonly ('RootCredentialsManagement' | 'RootSessions')[];
}

/** The root or an organizational unit. */
export interface Unit {
  readonly organization: string;
  /** `r-…` or `ou-…` */
  readonly id: string;
  readonly name: string;
  /** Absent for the root. */
  readonly parent?: string;
  readonly attachments: Attachments;
  /** Root only: policy types that are enabled. */
  readonly enabledTypes?: readonly OrganizationPolicyType[];
}

export interface OrganizationPolicy {
  readonly organization: string;
  /** `p-…` */
  readonly id: string;
  readonly type: OrganizationPolicyType;
  readonly name: string;
  readonly description: string;
  readonly content: string;
  /** Last change; ISO 8601. */
  readonly updated?: string;
}

const attachedIndex = (organization: string | undefined, attachments: Attachments) =>
  organization ? Object.values(attachments).flatMap((ids) => ids.map((id) => [organization, id])) : [];

/**
 * Index `organization`: [organization]. `parent`: [organization, root or unit]. `attached`: [organization, policy].
 * `email`: [email]. `alias`: [alias].
 */
export const accounts = table<Account>('org_account', {
  key: (a) => [a.id],
  indexes: {
    organization: (a) => (a.organization ? [[a.organization]] : []),
    parent: (a) => (a.organization && a.parent ? [[a.organization, a.parent]] : []),
    email: (a) => [[a.email.toLowerCase()]],
    alias: (a) => (a.alias ? [[a.alias]] : []),
    attached: (a) => attachedIndex(a.organization, a.attachments),
  },
});

export const organizations = table<Organization>('org_organization', { key: (o) => [o.id] });

/** Index `parent`: [organization, parent]. `name`: [organization, parent, name]. `attached`: [organization, policy]. */
export const units = table<Unit>('org_unit', {
  key: (u) => [u.organization, u.id],
  indexes: {
    parent: (u) => (u.parent ? [[u.organization, u.parent]] : []),
    name: (u) => (u.parent ? [[u.organization, u.parent, u.name]] : []),
    attached: (u) => attachedIndex(u.organization, u.attachments),
  },
});

/**
 * Customer-made policies; AWS's own (`p-FullAWSAccess`, …) have no row.
 * Index `type`: [organization, type]. `name`: [organization, type, name].
 */
export const organizationPolicies = table<OrganizationPolicy>('org_policy', {
  key: (p) => [p.organization, p.id],
  indexes: { type: (p) => [[p.organization, p.type]], name: (p) => [[p.organization, p.type, p.name]] },
});

/** A member account that administers services for the whole organization. */
export interface DelegatedAdministrator {
  readonly organization: string;
  readonly account: string;
  /** Service principal (`config.amazonaws.com`) → since when. Never empty. */
  readonly services: Readonly<Record<string, string>>;
}

/** Index `service`: [organization, service]. */
export const delegatedAdministrators = table<DelegatedAdministrator>('org_delegated_administrator', {
  key: (d) => [d.organization, d.account],
  indexes: { service: (d) => Object.keys(d.services).map((service) => [d.organization, service]) },
});

/** A service that may act in all accounts of the organization (trusted access). */
export interface TrustedService {
  readonly organization: string;
  readonly service: string;
  readonly since: string;
}

export const trustedServices = table<TrustedService>('org_trusted_service', {
  key: (t) => [t.organization, t.service],
});

/** Tags of a root, unit, account, policy or resource policy, by its id. No row: no tags. */
export interface OrganizationTags {
  readonly organization: string;
  readonly resource: string;
  readonly tags: readonly Tag[];
}

export const organizationTags = table<OrganizationTags>('org_tags', { key: (t) => [t.organization, t.resource] });

/** Whether an account administers that service, or (without one) any service, for its organization. */
export async function isDelegatedAdministrator(
  tx: Pick<Transaction, 'get'>,
  organization: string,
  account: string,
  service?: string,
): Promise<boolean> {
  const row = await tx.get(delegatedAdministrators, [organization, account]);
  return row !== undefined && (service === undefined || service in row.services);
}

export const FULL_AWS_ACCESS = {
  id: 'p-FullAWSAccess',
  name: 'FullAWSAccess',
  description: 'Allows access to every operation',
  content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
} as const;

export const RCP_FULL_AWS_ACCESS = {
  id: 'p-RCPFullAWSAccess',
  name: 'RCPFullAWSAccess',
  description: 'Allows access to every resource',
  content: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
} as const;

/** The organization that an account is in; undefined for none. */
export const organizationIdOf = async (tx: Pick<Transaction, 'get'>, account: string): Promise<string | undefined> =>
  (await tx.get(accounts, [account]))?.organization;

/** An account's place: its organization, and the units above it from the root down to its parent. */
export interface Chain {
  readonly account: Account;
  readonly organization: Organization;
  readonly units: readonly Unit[];
}

/** Undefined for an account that is in no organization, or does not exist. Reads at most eight cached rows. */
export async function chainOf(tx: Pick<Transaction, 'get'>, account: string): Promise<Chain | undefined> {
  const row = await tx.get(accounts, [account]);
  if (!row?.organization) return undefined;
  const organization = await tx.get(organizations, [row.organization]);
  if (!organization) return undefined;
  const found: Unit[] = [];
  let parent = row.parent;
  while (parent) {
    const unit: Unit | undefined = await tx.get(units, [organization.id, parent]);
    if (!unit) break;
    found.push(unit);
    parent = unit.parent;
  }
  return { account: row, organization, units: found.reverse() };
}

/** The entity path of `aws:PrincipalOrgPaths` and `aws:ResourceOrgPaths`: `o-…/r-…/ou-…/`. */
export const organizationPath = (chain: Chain) =>
  `${[chain.organization.id, ...chain.units.map((unit) => unit.id)].join('/')}/`;
