/** What AssumeRoleWithSAML believes: assertions of a provider of IAM, made out to AWS's sign-in or to this plane's. */
import { createHash, createPrivateKey } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { type Assertion as Believed, readAssertion } from '../../federation/samlAssertions.ts';
import type { SamlProvider } from '../../identity/providers.ts';
import { told } from './refusals.ts';

export interface Assertion extends Believed {
  /** Hash that tells subjects of different providers apart. */
  readonly nameQualifier: string;
}

/** `encoded`: the response in base 64. Throws AWS's errors. */
export const assertionOf = (ctx: Context, provider: SamlProvider, encoded: string): Promise<Assertion> =>
  told(async () => {
    const isOurs = (url: string) => isSignInUrl(ctx, provider, url);
    const assertion = readAssertion(
      {
        issuer: provider.entityId,
        certificates: provider.certificates,
        privateKeys: () => privateKeysOf(ctx, provider),
        encryption: provider.encryption,
        isAudience: (audience) => audience === 'urn:amazon:webservices' || isOurs(audience),
        isRecipient: isOurs,
      },
      encoded,
      ctx.now,
    );
    const nameQualifier = createHash('sha1')
      .update(`${assertion.issuer}${provider.account}/${provider.name}`)
      .digest('base64');
    return { ...assertion, nameQualifier };
  });

const privateKeysOf = (ctx: Context, provider: SamlProvider) =>
  provider.privateKeys.map(({ id, sealed }) => {
    const pem = ctx.secrets.open('saml-private-key', sealed);
    if (!pem) throw new Error(`The private key ${id} was sealed under another root key.`);
    return createPrivateKey(pem);
  });

/** AWS's sign-in addresses, of any Region, with or without the provider's id; and this plane's own. */
function isSignInUrl(ctx: Context, provider: SamlProvider, url: string): boolean {
  const own = `${ctx.settings.endpoint}/saml`;
  const path = url.startsWith(own)
    ? url.slice(own.length)
    : /^https:\/\/(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com(?:\/static)?\/saml(\/.*)?$/.exec(url);
  const rest = typeof path === 'string' ? path : path ? (path[1] ?? '') : undefined;
  // Where encryption is required the address must say for which provider, so that the right key is tried.
  const withId = [`/acs/${provider.id}`, `/${provider.id}`];
  return rest !== undefined && (provider.encryption === 'Required' ? withId : ['', ...withId]).includes(rest);
}
