/**
 * On whose behalf an application acts: what IAM Identity Center asserts in its tokens, and what a role session carries
 * that was asked for with it. An assertion is sealed: nobody else can make or change one.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/trustedidentitypropagation-identity-enhanced-iam-role-sessions.html
 */
import type { SessionIdentity } from '../core/context.ts';
import type { Secrets } from '../core/secrets.ts';

export const CONTEXT_PROVIDER = 'arn:aws:iam::aws:contextProvider/IdentityCenter';

export interface ContextAssertion extends SessionIdentity {
  readonly identityStore: string;
  /** Milliseconds. */
  readonly expires: number;
}

/** How AWS's own begin. */
const PREFIX = 'AQoJb3JpZ2luX2Vj';
const PURPOSE = 'identity-context';

/** `nonce`: 12 random bytes, never used twice. */
export const sealContext = (secrets: Secrets, assertion: ContextAssertion, nonce: Uint8Array): string =>
  PREFIX + secrets.seal(PURPOSE, JSON.stringify(assertion), nonce);

/** Undefined if we never made it; it may have expired. */
export function openContext(secrets: Secrets, text: string): ContextAssertion | undefined {
  const plain = text.startsWith(PREFIX) ? secrets.open(PURPOSE, text.slice(PREFIX.length)) : undefined;
  return plain && (JSON.parse(plain.toString('utf8')) as ContextAssertion);
}

/** Condition keys of requests in such a session. */
export const contextConditions = (identity: SessionIdentity): Readonly<Record<string, string>> => ({
  'identitystore:UserId': identity.userId,
  'identitystore:IdentityStoreArn': identity.identityStoreArn,
  'identitycenter:ApplicationArn': identity.applicationArn,
  'identitycenter:CredentialId': identity.credentialId,
  'identitycenter:InstanceArn': identity.instanceArn,
});
