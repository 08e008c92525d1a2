/** What IAM Roles Anywhere keeps. Times are ISO 8601. */
import type { Tag } from '../../core/operation.ts';
import { type Table, table } from '../../store/store.ts';

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Named extends Place {
  readonly id: string;
}

interface Resource extends Named {
  readonly enabled: boolean;
  readonly tags: readonly Tag[];
  readonly created: string;
  readonly updated: string;
}

export type NotificationEvent = 'CA_CERTIFICATE_EXPIRY' | 'END_ENTITY_CERTIFICATE_EXPIRY';

export interface NotificationSetting {
  readonly event: NotificationEvent;
  readonly enabled: boolean;
  /** Days before expiry. */
  readonly threshold: number;
}

export interface TrustAnchor extends Resource {
  readonly name: string;
  /** PEM, as given. */
  readonly bundle: string;
  /** Those that differ from what the service does of its own. */
  readonly notifications: readonly NotificationSetting[];
  /** Milliseconds: when notices of its expiry are due next, and when they were given last. */
  readonly noticeDue?: number | undefined;
  readonly noticed?: number | undefined;
}

export type CertificateField = 'x509Subject' | 'x509Issuer' | 'x509SAN';

/** Field → specifiers; a field without any is mapped to nothing. */
export type Mappings = Readonly<Record<CertificateField, readonly string[]>>;

export interface Profile extends Resource {
  readonly name: string;
  readonly createdBy: string;
  readonly roleArns: readonly string[];
  readonly managedPolicyArns: readonly string[];
  readonly sessionPolicy?: string;
  readonly durationSeconds: number;
  readonly requireInstanceProperties: boolean;
  readonly acceptRoleSessionName: boolean;
  readonly mappings: Mappings;
}

export interface Crl extends Resource {
  readonly name: string;
  /** As given, in base 64. */
  readonly data: string;
  readonly trustAnchor: string;
}

export interface SeenCredential {
  readonly seenAt: string;
  readonly serialNumber: string;
  readonly issuer: string;
  /** PEM. */
  readonly certificate: string;
  readonly failed: boolean;
}

export interface SeenInstance {
  readonly seenAt: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly failed: boolean;
}

export interface Subject extends Resource {
  readonly x509Subject: string;
  readonly lastSeen: string;
  /** The most recent ones, the latest first. */
  readonly credentials: readonly SeenCredential[];
  readonly instances: readonly SeenInstance[];
}

const keyOf = ({ account, region, id }: Named) => [account, region, id];
const placeOf = ({ account, region }: Place) => [[account, region]];

/** Index `place`: [account, region]; `due`: [moment of the next notice]. */
export const trustAnchors = table<TrustAnchor>('rolesanywhere_trust_anchor', {
  key: keyOf,
  indexes: {
    place: placeOf,
    due: ({ noticeDue }) => (noticeDue === undefined ? [] : [[String(noticeDue).padStart(15, '0')]]),
  },
});

export const profiles = table<Profile>('rolesanywhere_profile', { key: keyOf, indexes: { place: placeOf } });

/** Index `anchor`: [account, region, id of the trust anchor]. */
export const crls = table<Crl>('rolesanywhere_crl', {
  key: keyOf,
  indexes: { anchor: ({ account, region, trustAnchor }) => [[account, region, trustAnchor]] },
});

/** Index `name`: [account, region, the certificate's subject]. */
export const subjects = table<Subject>('rolesanywhere_subject', {
  key: keyOf,
  indexes: { name: ({ account, region, x509Subject }) => [[account, region, x509Subject]] },
});

export type Kind = 'trust-anchor' | 'profile' | 'crl' | 'subject';
export type AnyRow = TrustAnchor | Profile | Crl | Subject;

export const TABLES: Readonly<Record<Kind, Table<AnyRow>>> = {
  'trust-anchor': trustAnchors as unknown as Table<AnyRow>,
  profile: profiles as unknown as Table<AnyRow>,
  crl: crls as unknown as Table<AnyRow>,
  subject: subjects as unknown as Table<AnyRow>,
};

export const arnOf = (kind: Kind, { account, region, id }: Named) =>
  `arn:aws:rolesanywhere:${region}:${account}:${kind}/${id}`;

/** What an ARN names; undefined if it is none of ours. */
export function named(arn: string): (Named & { readonly kind: Kind }) | undefined {
  const [, region, account, kind, id] =
    /^arn:aws:rolesanywhere:([a-z\d-]+):(\d{12}):(trust-anchor|profile|crl|subject)\/([a-f\d-]{36})$/.exec(arn) ?? [];
  if (region === undefined || account === undefined || id === undefined) return undefined;
  return { region, account, kind: kind as Kind, id };
}
