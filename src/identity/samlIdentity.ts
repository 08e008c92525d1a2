/**
 * IAM Identity Center as a SAML identity provider: the key it signs assertions with, one an instance, and the provider
 * that stands for it in each account that it gives access to.
 */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { selfSigned } from '../core/certificate.ts';
import type { Context } from '../core/context.ts';
import { table } from '../store/store.ts';
import type { Instance } from './instances.ts';
import type { SamlProvider } from './providers.ts';

/** A key that signs assertions. */
export interface SamlSigner {
  /** PEM */
  readonly certificate: string;
  /** PKCS #8 PEM, sealed for the purpose `identity-center-saml`. */
  readonly sealed: string;
}

export interface SamlIdentity extends SamlSigner {
  /** Id of the instance. */
  readonly instance: string;
}

export const SAML_PURPOSE = 'identity-center-saml';

export const samlIdentities = table<SamlIdentity>('identitycenter_saml', { key: (row) => [row.instance] });

const generate = promisify(generateKeyPair);

export async function newSigner(ctx: Context): Promise<SamlSigner> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sealed = ctx.secrets.seal(SAML_PURPOSE, pem, ctx.random(12));
  return { certificate: selfSigned('IAM Identity Center', publicKey, privateKey, ctx.now), sealed };
}

export const newSamlIdentity = async (ctx: Context, { id }: Instance): Promise<SamlIdentity> => ({
  instance: id,
  ...(await newSigner(ctx)),
});

export const entityIdOf = (ctx: Context, { id }: Instance) => `${ctx.settings.endpoint}/saml/assertion/${id}`;

/** Base64 DER of a PEM certificate. */
export const derOf = (pem: string) => pem.replace(/-----[A-Z ]+-----|\s/g, '');

const BINDINGS = ['HTTP-POST', 'HTTP-Redirect'].map((name) => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`);

/**
 * What others must know of us as an identity provider; `signed`: we believe only requests that are signed.
 * https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf
 */
export function metadataOf(
  location: string,
  signers: readonly Pick<SamlSigner, 'certificate'>[],
  { signOutUrl, signed = false }: { readonly signOutUrl?: string; readonly signed?: boolean } = {},
): string {
  const at = (service: string, url: string) =>
    BINDINGS.map((binding) => `<${service} Binding="${binding}" Location="${url}"/>`).join('');
  const keys = signers.map(
    ({ certificate }) =>
      '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>' +
      `<X509Certificate>${derOf(certificate)}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${location}">`,
    `<IDPSSODescriptor WantAuthnRequestsSigned="${signed}"`,
    ` protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join('')}`,
    signOutUrl === undefined ? '' : at('SingleLogoutService', signOutUrl),
    '<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>',
    `${at('SingleSignOnService', location)}</IDPSSODescriptor></EntityDescriptor>`,
  ].join('');
}

/** `AWSSSO_0123456789abcdef_DO_NOT_DELETE` */
export const samlProviderName = ({ id }: Instance) => `AWSSSO_${id.slice(-16)}_DO_NOT_DELETE`;

export function samlProviderFor(ctx: Context, account: string, instance: Instance, own: SamlIdentity): SamlProvider {
  const location = entityIdOf(ctx, instance);
  return {
    account,
    name: samlProviderName(instance),
    id: `SAMLSP${Buffer.from(ctx.random(10)).toString('hex').toUpperCase()}`,
    created: ctx.now.toISOString(),
    validUntil: new Date(Date.UTC(ctx.now.getUTCFullYear() + 100, 0, 1)).toISOString(),
    tags: [],
    metadata: metadataOf(location, [own]),
    entityId: location,
    certificates: [derOf(own.certificate)],
    signOn: BINDINGS.map((binding) => ({ binding, location })),
    encryption: undefined,
    privateKeys: [],
  };
}
