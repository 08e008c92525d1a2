/**
 * Applications of IAM Identity Center, who is assigned to them, and issuers whose tokens they may be asked with.
 * Written by the service sso-admin.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/customermanagedapps.html
 */
import { everyRow } from '../store/everyRow.ts';
import { type Transaction, table } from '../store/store.ts';
import { groupsOf } from './directory.ts';
import type { Instance } from './instances.ts';
import type { OidcClient } from './oidcClients.ts';
import type { AssigneeType } from './permissionSets.ts';
import { samlApplications } from './samlApplications.ts';

export interface Application {
  /** Id of the instance. */
  readonly instance: string;
  /** `apl-` and 16 hexadecimal digits. */
  readonly id: string;
  /** Account that made it. */
  readonly account: string;
  /** ARN */
  readonly provider: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly status: 'ENABLED' | 'DISABLED';
  readonly portal: ApplicationPortal;
  readonly created: string;
  /** Where it was made, and is managed; that of the instance when absent. */
  readonly region?: string | undefined;
  /** Whether only who is assigned may use it. */
  readonly assignmentRequired: boolean;
  readonly backgroundSessions: 'ENABLED' | 'DISABLED';
  /** By name. */
  readonly scopes: readonly ApplicationScope[];
  /** Policy that says who may authenticate as the application. */
  readonly actorPolicy?: unknown;
  /** By grant type. */
  readonly grants: Readonly<Record<string, ApplicationGrant>>;
}

export interface ApplicationPortal {
  readonly origin: 'IDENTITY_CENTER' | 'APPLICATION';
  readonly url?: string | undefined;
  readonly visibility: 'ENABLED' | 'DISABLED';
}

export interface ApplicationScope {
  readonly name: string;
  /** ARNs of applications or instances that accept it. */
  readonly targets?: readonly string[] | undefined;
}

export interface ApplicationGrant {
  readonly redirectUris?: readonly string[] | undefined;
  readonly issuers?:
    | readonly { readonly arn: string; readonly audiences?: readonly string[] | undefined }[]
    | undefined;
}

/** Index `open`: [instance], of those that everybody may use. */
export const applications = table<Application>('identitycenter_application', {
  key: (row) => [row.instance, row.id],
  indexes: { open: (row) => (row.assignmentRequired ? [] : [[row.instance]]) },
});

export const applicationArn = ({ account, instance, id }: Pick<Application, 'account' | 'instance' | 'id'>) =>
  `arn:aws:sso::${account}:application/${instance}/${id}`;

export interface ApplicationAssignment {
  readonly instance: string;
  readonly application: string;
  readonly principalType: AssigneeType;
  readonly principal: string;
}

/** Index `principal`: [instance, type, principal, application]. */
export const applicationAssignments = table<ApplicationAssignment>('identitycenter_application_assignment', {
  key: (row) => [row.instance, row.application, row.principalType, row.principal],
  indexes: { principal: (row) => [[row.instance, row.principalType, row.principal, row.application]] },
});

/** Of the applications that S3 Access Grants makes. */
export const S3_ACCESS_GRANTS_PROVIDER = 'arn:aws:sso::aws:applicationProvider/s3-access-grants';

/** What every application may ask for. */
export const DEFAULT_SCOPES = ['openid', 'aws', 'sts:identity_context'];

const ARN = /^arn:aws:sso::(\d{12}):application\/(ssoins-[^/]+)\/(apl-[^/]+)$/;

/** The application of an ARN, if it is enabled. */
export async function applicationNamed(tx: Transaction, arn: string): Promise<Application | undefined> {
  const [, account, instance = '', id = ''] = ARN.exec(arn) ?? [];
  const row = await tx.get(applications, [instance, id]);
  return row?.account === account && row?.status === 'ENABLED' ? row : undefined;
}

/** An application as a client of the pages that let people authorize one. */
export const applicationClient = (row: Application): OidcClient => ({
  id: applicationArn(row),
  name: row.name,
  scopes: [...DEFAULT_SCOPES, ...row.scopes.map(({ name }) => name)],
  grantTypes: Object.keys(row.grants),
  redirectUris: row.grants.authorization_code?.redirectUris ?? [],
  issuerUrl: `https://identitycenter.amazonaws.com/${row.instance}`,
  issued: Date.parse(row.created),
  expires: Number.POSITIVE_INFINITY,
});

/**
 * What its application leaves to a client that was registered under one, and the application; undefined: there is no
 * such application any more. A client without one stays as it is.
 */
export async function entitled(
  tx: Transaction,
  client: OidcClient,
): Promise<{ readonly client: OidcClient; readonly application?: Application } | undefined> {
  if (client.application === undefined) return { client };
  const application = await applicationNamed(tx, client.application);
  if (!application) return undefined;
  const { scopes, grantTypes, redirectUris, issuerUrl } = applicationClient(application);
  const left = {
    scopes: client.scopes.filter((scope) => scopes.includes(scope)),
    grantTypes: client.grantTypes.filter((type) => grantTypes.includes(type)),
    redirectUris: client.redirectUris.filter((uri) => redirectUris.includes(uri)),
  };
  return { client: { ...client, ...left, issuerUrl }, application };
}

/** With it go its assignments and what it was set to. Its tags are the service's. */
export async function forgetApplication(tx: Transaction, { instance, id }: Application): Promise<void> {
  for await (const row of everyRow(tx, applicationAssignments, [instance, id])) {
    await tx.remove(applicationAssignments, [instance, id, row.principalType, row.principal]);
  }
  await tx.remove(samlApplications, [instance, id]);
  await tx.remove(applications, [instance, id]);
}

/** The applications that are somebody's: assigned by name or through groups, or everybody's. */
export async function applicationsOf(tx: Transaction, instance: Instance, user: string): Promise<Set<string>> {
  const found = new Set<string>();
  const principals = (await groupsOf(tx, instance.identityStore, user)).map((id) => ['GROUP', id] as const);
  for (const principal of [['USER', user] as const, ...principals]) {
    const key = [instance.id, ...principal];
    for await (const { application } of everyRow(tx, applicationAssignments, key, 'principal')) found.add(application);
  }
  for await (const { id } of everyRow(tx, applications, [instance.id], 'open')) found.add(id);
  return found;
}

/** Whether somebody may use it now. */
export async function mayUse(
  tx: Transaction,
  instance: Instance,
  { id, status, assignmentRequired }: Application,
  user: string,
): Promise<boolean> {
  if (status !== 'ENABLED') return false;
  if (!assignmentRequired || (await tx.get(applicationAssignments, [instance.id, id, 'USER', user]))) return true;
  for (const group of await groupsOf(tx, instance.identityStore, user)) {
    if (await tx.get(applicationAssignments, [instance.id, id, 'GROUP', group])) return true;
  }
  return false;
}

export interface TrustedTokenIssuer {
  readonly instance: string;
  /** `tti-` and a UUID. */
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly issuerUrl: string;
  /** Claim of a token, and attribute of a user, that must be the same. */
  readonly claim: string;
  readonly attribute: string;
}

/** Index `name`: [instance, name]. `url`: [instance, URL]. */
export const trustedTokenIssuers = table<TrustedTokenIssuer>('identitycenter_token_issuer', {
  key: (row) => [row.instance, row.id],
  indexes: { name: (row) => [[row.instance, row.name]], url: (row) => [[row.instance, row.issuerUrl]] },
});

export const trustedTokenIssuerArn = ({
  account,
  instance,
  id,
}: Pick<TrustedTokenIssuer, 'account' | 'instance' | 'id'>) =>
  `arn:aws:sso::${account}:trustedTokenIssuer/${instance}/${id}`;
