/**
 * Where the people of a directory sign in: at a SAML 2.0 or OpenID Connect identity provider outside, or here.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/how-to-connect-idp.html
 */
import { X509Certificate } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { isIssuerUrl } from '../../federation/providerRequests.ts';
import { readSamlMetadata } from '../../federation/samlMetadata.ts';
import {
  acsUrlsOf,
  type IdentitySource,
  identitySources,
  type OidcSource,
  type SamlSource,
  SOURCE_PURPOSE,
  serviceProviderOf,
  sourceOf,
} from '../../identity/identitySources.ts';
import type { Instance } from '../../identity/instances.ts';
import { derOf } from '../../identity/samlIdentity.ts';
import { type Asked, instancePage } from './instancePages.ts';

export const identitySourcePage = instancePage('identity-source', {
  GET: { action: 'sso-directory:ListExternalIdPConfigurationsForDirectory', readOnly: true, run: shown },
  POST: {
    action: 'sso-directory:EnableExternalIdPConfigurationForDirectory',
    readOnly: false,
    recorded: ({ body }) => ({ type: body.kind, ...(body.kind === 'oidc' && { issuer: body.issuer }) }),
    run: connected,
  },
  DELETE: { action: 'sso-directory:DisableExternalIdPConfigurationForDirectory', readOnly: false, run: disconnected },
});

export const identitySourceCertificatesPage = instancePage('identity-source-certificates', {
  POST: { action: 'sso-directory:ImportExternalIdPCertificate', readOnly: false, run: imported },
  DELETE: {
    action: 'sso-directory:DeleteExternalIdPCertificate',
    readOnly: false,
    recorded: ({ id }) => ({ certificateId: id }),
    run: removed,
  },
});

const CERTIFICATES_MAX = 2;
const METADATA_LENGTH_MAX = 75_000;
const SIGN_ON = new Set(['HTTP-POST', 'HTTP-Redirect'].map((name) => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`));

const invalid = (message: string): never => {
  throw new CommonError('InvalidIdentitySource', message);
};

async function shown(ctx: Context, instance: Instance): Promise<object> {
  return view(ctx, instance, await sourceOf(ctx.store, instance.identityStore));
}

function view(ctx: Context, instance: Instance, source: IdentitySource | undefined): object {
  const { redirectUri, ...own } = serviceProviderOf(ctx.settings, instance);
  const saml = { ...own, regionalAcsUrls: acsUrlsOf(ctx.settings, instance, ctx.now).slice(1) };
  const common = { identityStore: instance.identityStore, source: source?.kind ?? 'directory' };
  if (source?.kind === 'saml') {
    const { entityId, changed, certificates, signOn } = source;
    return { ...common, entityId, changed, signOn, certificates: certificates.map(certificateView), gatehouse: saml };
  }
  if (source?.kind === 'oidc') {
    const { issuer, clientId, claim, scopes, changed, secret } = source;
    const authentication = secret === undefined ? 'none' : 'client_secret_basic';
    return { ...common, issuer, clientId, authentication, claim, scopes, changed, gatehouse: { redirectUri } };
  }
  return { ...common, gatehouse: { ...saml, redirectUri } };
}

function certificateView(der: string) {
  const { fingerprint256, validTo, subject } = new X509Certificate(Buffer.from(der, 'base64'));
  return { id: idOf(fingerprint256), subject, validTo: new Date(validTo).toISOString() };
}

const idOf = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase();

async function connected(ctx: Context, instance: Instance, asked: Asked): Promise<object> {
  const { kind } = asked.body;
  const made = kind === 'saml' ? samlSource(asked) : kind === 'oidc' ? oidcSource(ctx, asked) : undefined;
  if (!made) return invalid('kind must be saml or oidc.');
  const row = { ...made, identityStore: instance.identityStore, changed: ctx.now.toISOString() } as IdentitySource;
  await ctx.store.replace(identitySources, row);
  return view(ctx, instance, row);
}

type Made<S extends IdentitySource> = Omit<S, 'identityStore' | 'changed'>;

function samlSource({ body: { metadata } }: Asked): Made<SamlSource> {
  if (typeof metadata !== 'string') return invalid('metadata must be the text of a metadata document.');
  if (metadata.length > METADATA_LENGTH_MAX) {
    invalid(`The metadata document cannot be over ${METADATA_LENGTH_MAX} characters.`);
  }
  const read = readSamlMetadata(metadata);
  if (!read) return invalid('The metadata is not that of a SAML 2.0 identity provider with a signing certificate.');
  const signOn = read.signOn.filter(({ binding, location }) => SIGN_ON.has(binding) && isIssuerUrl(location));
  if (signOn.length === 0)
    invalid('The metadata has no SingleSignOnService with the binding HTTP-Redirect or HTTP-POST.');
  const certificates = [...new Set(read.certificates)];
  if (certificates.length > CERTIFICATES_MAX) invalid(`The metadata has more than ${CERTIFICATES_MAX} certificates.`);
  return { kind: 'saml', entityId: read.entityId, certificates, signOn };
}

const CLAIM = /^[\w.:/-]{1,256}$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

function oidcSource(ctx: Context, { body }: Asked): Made<OidcSource> {
  const { issuer, clientId, clientSecret, claim = 'preferred_username', scopes = ['profile', 'email'] } = body;
  if (typeof issuer !== 'string' || !isIssuerUrl(issuer)) return invalid('issuer must be an https URL.');
  if (typeof clientId !== 'string' || clientId === '') return invalid('clientId is missing.');
  if (typeof claim !== 'string' || !CLAIM.test(claim)) return invalid('claim must be the name of a claim.');
  if (!Array.isArray(scopes) || !scopes.every((scope) => typeof scope === 'string' && SCOPE.test(scope))) {
    return invalid('scopes must be a list of scopes.');
  }
  if (clientSecret !== undefined && (typeof clientSecret !== 'string' || clientSecret === '')) {
    return invalid('clientSecret must be a text.');
  }
  const secret = clientSecret && ctx.secrets.seal(SOURCE_PURPOSE, clientSecret, ctx.random(12));
  return { kind: 'oidc', issuer, clientId, claim, scopes, ...(secret && { secret }) };
}

/** Users, groups and assignments stay: who had a password signs in with it again. */
async function disconnected(ctx: Context, instance: Instance): Promise<object> {
  await ctx.store.remove(identitySources, [instance.identityStore]);
  return view(ctx, instance, undefined);
}

async function samlSourceOf(ctx: Context, { identityStore }: Instance): Promise<SamlSource> {
  const source = await sourceOf(ctx.store, identityStore);
  return source?.kind === 'saml' ? source : invalid('The identity source is not a SAML identity provider.');
}

/** A second certificate, before the provider begins to sign with its key. */
async function imported(ctx: Context, instance: Instance, { body: { certificate } }: Asked): Promise<object> {
  const source = await samlSourceOf(ctx, instance);
  const der = typeof certificate === 'string' ? derOf(certificate) : '';
  if (!isCertificate(der)) invalid('certificate must be an X.509 certificate in PEM.');
  if (source.certificates.includes(der)) return invalid('The certificate is there already.');
  if (source.certificates.length >= CERTIFICATES_MAX) invalid('There are two certificates: delete one of them first.');
  return changed(ctx, instance, source, [...source.certificates, der]);
}

function isCertificate(der: string): boolean {
  try {
    return new X509Certificate(Buffer.from(der, 'base64')).raw.length > 0;
  } catch {
    return false;
  }
}

async function removed(ctx: Context, instance: Instance, { id }: Asked): Promise<object> {
  const source = await samlSourceOf(ctx, instance);
  const kept = source.certificates.filter((der) => certificateView(der).id !== id);
  if (kept.length === source.certificates.length) {
    throw new CommonError('NotFound', 'The identity source has no such certificate.', 404);
  }
  if (kept.length === 0) invalid('The last certificate stays: import another one first.');
  return changed(ctx, instance, source, kept);
}

async function changed(ctx: Context, instance: Instance, source: SamlSource, certificates: readonly string[]) {
  const row = { ...source, certificates, changed: ctx.now.toISOString() };
  await ctx.store.replace(identitySources, row);
  return view(ctx, instance, row);
}
