/**
 * Clients of the sign-in of people: command lines and applications that register themselves. Anybody may, so nothing is
 * kept of them: a client's secret is its own registration, sealed.
 */
import type { Secrets } from '../core/secrets.ts';

export interface OidcClient {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
  /** URL of the instance that it registered for. */
  readonly issuerUrl?: string | undefined;
  /** Milliseconds. */
  readonly issued: number;
  readonly expires: number;
}

const PURPOSE = 'oidc-client';

export const secretOf = (secrets: Secrets, client: OidcClient, nonce: Uint8Array): string =>
  secrets.seal(PURPOSE, JSON.stringify(client), nonce);

/** The client of a secret; undefined when it was not made here. */
export function clientOf(secrets: Secrets, secret: string): OidcClient | undefined {
  const plain = secrets.open(PURPOSE, secret);
  return plain && (JSON.parse(plain.toString('utf8')) as OidcClient);
}
