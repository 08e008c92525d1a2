/**
 * SAML 2.0 applications that people reach through IAM Identity Center: what we must know to send them there. Who may
 * is in the application's row and its assignments (applications.ts), as of every other one.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/customermanagedapps-saml2-setup.html
 */
import type { Settings } from '../core/context.ts';
import { type Transaction, table } from '../store/store.ts';
import type { SamlSigner } from './samlIdentity.ts';

export const CUSTOM_SAML = 'arn:aws:sso::aws:applicationProvider/custom-saml';

export interface SamlApplication {
  readonly instance: string;
  /** `apl-…` */
  readonly application: string;
  /** Where its assertions are posted. */
  readonly acsUrl: string;
  /** Entity id of the service provider. */
  readonly audience: string;
  /** Where people begin who choose it in the portal; without it they are sent an assertion nobody asked for. */
  readonly startUrl?: string | undefined;
  readonly relayState?: string | undefined;
  readonly sessionSeconds: number;
  readonly subject: AttributeMapping;
  readonly attributes: readonly AttributeMapping[];
  /** That signs the service provider's requests: base64 DER. With it, others are refused. */
  readonly certificate?: string | undefined;
  /** At most two; the first one signs, both are in the metadata. */
  readonly signers: readonly ApplicationSigner[];
}

export interface AttributeMapping {
  /** Of the SAML attribute; `Subject` for the NameID. */
  readonly name: string;
  /** `${user:email}`, `${path:name.givenName}`, or text that is the same for everybody. */
  readonly source: string;
  /** Whole URN. */
  readonly format: string;
}

export interface ApplicationSigner extends SamlSigner {
  readonly id: string;
  readonly created: string;
}

export const samlApplications = table<SamlApplication>('identitycenter_saml_application', {
  key: (row) => [row.instance, row.application],
  indexes: { application: (row) => [[row.application]] },
});

export const samlApplicationOf = async (tx: Transaction, application: string): Promise<SamlApplication | undefined> =>
  (await tx.list(samlApplications, [application], { limit: 1, index: 'application' })).rows[0];

/** What the service provider must know of us. */
export const identityProviderOf = ({ endpoint }: Pick<Settings, 'endpoint'>, application: string) => ({
  entityId: `${endpoint}/saml/assertion/${application}`,
  signInUrl: `${endpoint}/saml/assertion/${application}`,
  signOutUrl: `${endpoint}/saml/logout/${application}`,
  metadataUrl: `${endpoint}/saml/metadata/${application}`,
});
