/**
 * Where the people of a directory prove who they are: with a password here, or at an identity provider outside. Set by
 * the operator; read by the pages of sign-in. A directory without a row is its own source.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source.html
 */
import type { Context, Settings } from '../core/context.ts';
import { byExpiry, forgetExpired } from '../core/expiring.ts';
import { type Transaction, table } from '../store/store.ts';
import { openedText, rowKeyOf, sealedText } from './instanceKeys.ts';
import { regionsOf } from './instanceRegions.ts';
import type { Instance } from './instances.ts';

export type IdentitySource = SamlSource | OidcSource;

interface Source {
  readonly identityStore: string;
  /** ISO 8601 */
  readonly changed: string;
}

/** A SAML 2.0 identity provider; what its metadata says. */
export interface SamlSource extends Source {
  readonly kind: 'saml';
  readonly entityId: string;
  /** That sign its assertions: base64 DER. Two, while one takes the place of the other. */
  readonly certificates: readonly string[];
  readonly signOn: readonly { readonly binding: string; readonly location: string }[];
}

/** An OpenID Connect provider, which AWS does not have as a source. */
export interface OidcSource extends Source {
  readonly kind: 'oidc';
  readonly issuer: string;
  readonly clientId: string;
  /** Of a confidential client; sealed for the purpose `identity-source`. */
  readonly secret?: string | undefined;
  /** Claim of the ID token that holds the user name. */
  readonly claim: string;
  readonly scopes: readonly string[];
}

export const SOURCE_PURPOSE = 'identity-source';

export const identitySources = table<IdentitySource>('identitycenter_source', { key: (row) => [row.identityStore] });

export const sourceOf = (tx: Transaction, identityStore: string): Promise<IdentitySource | undefined> =>
  tx.get(identitySources, [identityStore]);

type Endpoint = Pick<Settings, 'endpoint'>;

/** What the identity provider must know of us. */
export const serviceProviderOf = ({ endpoint }: Endpoint, { id, identityStore }: Instance) => ({
  entityId: `${endpoint}/platform/saml/${identityStore}`,
  acsUrl: `${endpoint}/platform/saml/acs/${id}`,
  metadataUrl: `${endpoint}/platform/saml/${identityStore}/metadata`,
  redirectUri: `${endpoint}/platform/oidc/callback/${id}`,
});

/** AWS's names in a Region that answers of SAML providers may come to, as they belong to names of its portal. */
export const regionalAcsUrls = ({ id }: Pick<Instance, 'id'>, region: string) => {
  const path = `/platform/saml/acs/${id}`;
  return { ipv4: `https://${region}.signin.aws${path}`, dualStack: `https://${region}.sso.signin.aws${path}` };
};

/**
 * Every address that answers of a SAML provider may come to: the plane's own, and those in each Region as soon as there
 * are others than the first. Some providers answer at the last one that they hear of.
 */
export function acsUrlsOf(settings: Endpoint, instance: Instance, now: Date): readonly string[] {
  const regions = regionsOf(instance, now).filter(({ status }) => status === 'ACTIVE');
  const urls = regions.flatMap(({ name }) => Object.values(regionalAcsUrls(instance, name)));
  return [serviceProviderOf(settings, instance).acsUrl, ...(regions.length > 1 ? urls : [])];
}

/** What an identity provider said when somebody signed in; it holds for all tokens of that sign-in. */
export interface ExternalSignIn {
  readonly identityStore: string;
  readonly signIn: string;
  /** Session tags, where the instance has attributes for access control. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds: it ends, and with it all its tokens. */
  readonly expires: number;
}

/** Where the directory has a key of its own, what tells of somebody lies under it; see instanceKeys.ts. */
type Row = ExternalSignIn | (Omit<ExternalSignIn, 'attributes'> & { readonly sealed: string });

/** Index `store`: [identity store]. */
export const externalSignIns = table<Row>('identitycenter_external_sign_in', {
  key: (row) => [row.signIn],
  indexes: {
    expires: byExpiry,
    // Rows of earlier versions name no store.
    store: (row) => (row.identityStore ? [[row.identityStore]] : []),
  },
});

export function openedSignIn(tx: Transaction, row: Row): ExternalSignIn {
  if (!('sealed' in row)) return row;
  const { sealed, ...rest } = row;
  return { ...rest, attributes: openedText(tx, rest.identityStore, sealed) };
}

type Writing = Pick<Context, 'store' | 'random'>;

export async function keepSignIn({ store, random }: Writing, row: ExternalSignIn): Promise<void> {
  const key = rowKeyOf(store, row.identityStore);
  const { attributes, ...rest } = row;
  const kept = key?.writes ? { ...rest, sealed: sealedText(key, attributes, random(12)) } : row;
  await store.replace(externalSignIns, kept);
}

/** Rows of old ones make room. */
export async function keepExternalSignIn(ctx: Writing & Pick<Context, 'now'>, row: ExternalSignIn): Promise<void> {
  await forgetExpired(ctx, externalSignIns);
  await keepSignIn(ctx, row);
}
