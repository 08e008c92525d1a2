/**
 * Applications of IAM Identity Center, who is assigned to them, and issuers whose tokens they may be asked with.
 * Written by the service sso-admin.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/customermanagedapps.html
 */
import { table } from '../store/store.ts';
import type { AssigneeType } from './permissionSets.ts';

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

export const applications = table<Application>('identitycenter_application', {
  key: (row) => [row.instance, row.id],
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
