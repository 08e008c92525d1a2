/** A real SAML 2.0 identity provider (the package samlify), as it is set up for AWS. */
import { Constants, IdentityProvider, SamlLib, ServiceProvider } from 'samlify';
import { certificate, type Issued } from './certificates.ts';

const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
const AWS = 'https://aws.amazon.com/SAML/Attributes/';
export const ENTITY = 'https://idp.example.com/metadata';

export interface Wish {
  readonly role: string;
  readonly provider: string;
  readonly user?: string;
  /** Beside role and session name. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly sign?: 'assertion' | 'response' | 'both';
  /** Where AWS wants it. */
  readonly recipient?: string;
  /** PEM of a certificate: whom the assertion is encrypted for. */
  readonly encryptFor?: string;
}

export function samlProvider(signer: Issued = certificate({ name: 'idp', rsa: true })) {
  const privateKey = signer.privateKey.export({ type: 'pkcs8', format: 'pem' });

  function idpFor(names: readonly string[], encrypted: boolean) {
    return IdentityProvider({
      entityID: ENTITY,
      privateKey,
      signingCert: signer.pem,
      nameIDFormat: [EMAIL],
      singleSignOnService: [{ Binding: POST, Location: 'https://idp.example.com/sso' }],
      singleLogoutService: [{ Binding: POST, Location: 'https://idp.example.com/slo' }],
      isAssertionEncrypted: encrypted,
      loginResponseTemplate: {
        context: SamlLib.defaultLoginResponseTemplate.context,
        attributes: names.map((name, i) => ({
          ...{ name, nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri' },
          ...{ valueTag: `value${i}`, valueXsiType: 'xs:string' },
        })),
      },
    });
  }

  return {
    metadata: () => idpFor([], false).getMetadata(),
    /** Base64, as a browser posts it. */
    async respond(wish: Wish): Promise<string> {
      const { role, provider, user = 'ada@example.com', sign = 'assertion', encryptFor } = wish;
      const recipient = wish.recipient ?? 'https://signin.aws.amazon.com/saml';
      const attributes = { [`${AWS}Role`]: `${role},${provider}`, [`${AWS}RoleSessionName`]: user, ...wish.attributes };
      const idp = idpFor(Object.keys(attributes), encryptFor !== undefined);
      const sp = ServiceProvider({
        entityID: 'urn:amazon:webservices',
        assertionConsumerService: [{ Binding: POST, Location: recipient }],
        wantAssertionsSigned: sign !== 'response',
        wantMessageSigned: sign !== 'assertion',
        ...(encryptFor !== undefined && { encryptCert: encryptFor }),
      });
      const fill = (context: string) => {
        const values = Object.values(attributes).map((value, i) => [`attrValue${i}`, value]);
        const filled = { ...standard(recipient, user), ...Object.fromEntries(values) };
        return { id: filled.ID, context: SamlLib.replaceTagsByValue(context, filled) };
      };
      const options = { customTagReplacement: fill, encryptThenSign: encryptFor !== undefined };
      const { context } = await idp.createLoginResponse(sp, { extract: {} } as never, 'post', { email: user }, options);
      return context;
    },
  };
}

function standard(recipient: string, user: string) {
  const now = new Date();
  const later = new Date(now.getTime() + 300_000).toISOString();
  const id = () => `_${crypto.randomUUID()}`;
  return {
    ...{ ID: id(), AssertionID: id(), Destination: recipient, SubjectRecipient: recipient },
    ...{ Audience: 'urn:amazon:webservices', Issuer: ENTITY, IssueInstant: now.toISOString() },
    ...{ StatusCode: Constants.StatusCode.Success, ConditionsNotBefore: now.toISOString() },
    ...{ ConditionsNotOnOrAfter: later, SubjectConfirmationDataNotOnOrAfter: later },
    ...{ NameIDFormat: EMAIL, NameID: user, InResponseTo: '_r', AuthnStatement: '' },
  };
}
