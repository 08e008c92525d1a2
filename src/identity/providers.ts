/**
 * Identity providers outside the plane that its roles may trust, and the plane as a provider itself.
 *
 * IAM writes these rows; STS reads them when somebody comes with a SAML assertion or a web identity token, or asks for
 * a token to show elsewhere. What a check needs of a SAML metadata document is parsed once, when it is uploaded.
 */
import type { Settings } from '../core/context.ts';
import type { Tag } from '../core/operation.ts';
import { table } from '../store/store.ts';

export interface OpenIdProvider {
  readonly account: string;
  /** As given, without `https://`: `accounts.example.com/tenant`. */
  readonly url: string;
  /** Audiences (`aud`, or `azp`) that tokens may be made out to. */
  readonly clientIds: readonly string[];
  /** Lower-case hexadecimal SHA-1 of the certificates trusted for the provider's own web server. */
  readonly thumbprints: readonly string[];
  readonly tags: readonly Tag[];
  readonly created: string;
}

export interface SamlProvider {
  readonly account: string;
  readonly name: string;
  /** Shown as `SAMLProviderUUID`; part of `saml:…` audience URLs of encrypted assertions. */
  readonly id: string;
  readonly created: string;
  /** ISO 8601; end of validity of the metadata. */
  readonly validUntil: string;
  readonly tags: readonly Tag[];
  /** The document as it was uploaded. */
  readonly metadata: string;
  /** `entityID` of the metadata: the issuer of assertions. */
  readonly entityId: string;
  /** Signing certificates of the identity provider: base64 DER, as in the metadata, without white space. */
  readonly certificates: readonly string[];
  /** Where it signs users in, by binding URI. */
  readonly signOn: readonly { readonly binding: string; readonly location: string }[];
  readonly encryption: 'Required' | 'Allowed' | undefined;
  /** Keys that decrypt assertions, at most two; PEM, sealed for the purpose `saml-private-key`. */
  readonly privateKeys: readonly SamlPrivateKey[];
}

export interface SamlPrivateKey {
  readonly id: string;
  readonly created: string;
  readonly sealed: string;
}

/** Whether an account hands out web identity tokens (sts:GetWebIdentityToken). The row outlives disabling. */
export interface OutboundFederation {
  readonly account: string;
  /** UUID in the issuer's URL; it stays the same when the feature is disabled and enabled again. */
  readonly issuerId: string;
  readonly enabled: boolean;
  readonly created: string;
}

/** URLs are compared without case in the host only; the whole is kept as given. */
export const openIdProviders = table<OpenIdProvider>('iam_open_id_provider', { key: (p) => [p.account, p.url] });

export const samlProviders = table<SamlProvider>('iam_saml_provider', { key: (p) => [p.account, p.name] });

/** Index `issuer`: [issuer id]. */
export const outboundFederations = table<OutboundFederation>('iam_outbound_federation', {
  key: (f) => [f.account],
  indexes: { issuer: (f) => [[f.issuerId]] },
});

export const openIdProviderArn = (p: { account: string; url: string }) =>
  `arn:aws:iam::${p.account}:oidc-provider/${p.url}`;
export const samlProviderArn = (p: { account: string; name: string }) =>
  `arn:aws:iam::${p.account}:saml-provider/${p.name}`;

/** The `iss` of an account's tokens, below which its discovery document and keys are found: on this plane, not AWS. */
export const outboundIssuer = (f: OutboundFederation, settings: Settings) =>
  `${settings.endpoint}/web-identity/${f.issuerId}`;
