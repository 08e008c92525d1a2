/**
 * Passkeys and security keys (WebAuthn): what proves somebody without a secret of ours. The private key never leaves
 * the authenticator; a row holds the public one. Whose it is stands in `holder`, which is also the handle that the
 * authenticator knows its user by: a digest, so that it tells nobody's name.
 * https://www.w3.org/TR/webauthn-3/
 */
import { createHash } from 'node:crypto';
import { type Transaction, table } from '../store/store.ts';

export interface Passkey {
  /** Credential id, base64url: one in the whole plane. */
  readonly id: string;
  readonly holder: string;
  /** COSE_Key, base64url. */
  readonly publicKey: string;
  /** Of signatures, as the authenticator counts them; stays 0 where it does not. */
  readonly counter: number;
  /** RP id: the host name of the pages that it was made on. Nowhere else will a browser use it. */
  readonly site: string;
  /** How a browser may reach it (`internal`, `usb`, …), as it told. */
  readonly transports: readonly string[];
}

/** Index `holder`: [holder]. */
export const passkeys = table<Passkey>('passkey', {
  key: ({ id }) => [id],
  indexes: { holder: ({ holder }) => [[holder]] },
});

/** Of the root user, an IAM user (account, unique id), or a person (identity store, user id). 32 bytes, base64url. */
export const holderOf = (room: string, id: string) =>
  createHash('sha256').update(`passkey\n${room}\n${id}`).digest('base64url');

const PASSKEYS_MAX = 100;

export async function passkeysOf(tx: Transaction, holder: string): Promise<readonly Passkey[]> {
  return (await tx.list(passkeys, [holder], { limit: PASSKEYS_MAX, index: 'holder' })).rows;
}
