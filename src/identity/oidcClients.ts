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
  /** ARN of an application that says what the client may have at most. */
  readonly application?: string | undefined;
  /** URL of the instance that it registered for. */
  readonly issuerUrl?: string | undefined;
  /** Milliseconds. */
  readonly issued: number;
  readonly expires: number;
}

const PURPOSE = 'oidc-client';

export const secretOf = (secrets: Secrets, client: OidcClient, nonce: Uint8Array): string =>
  secrets.seal(PURPOSE, JSON.stringify(client), nonce);

const ID_PURPOSE = 'oidc-client-id';

/**
 * What a client is called by others. One that sends people to the authorization page brings nothing but this along, so
 * its registration is in it.
 */
export const publicIdOf = (secrets: Secrets, client: OidcClient, nonce: Uint8Array): string =>
  client.redirectUris.length === 0 ? client.id : secrets.seal(ID_PURPOSE, JSON.stringify(client), nonce);

/** The client that is called so; undefined when it has no redirect URIs or was not registered here. */
export function clientOfId(secrets: Secrets, id: string): OidcClient | undefined {
  const plain = secrets.open(ID_PURPOSE, id);
  return plain && (JSON.parse(plain.toString('utf8')) as OidcClient);
}

/** The client of a secret; undefined when it was not made here. */
export function clientOf(secrets: Secrets, secret: string): OidcClient | undefined {
  const plain = secrets.open(PURPOSE, secret);
  return plain && (JSON.parse(plain.toString('utf8')) as OidcClient);
}
