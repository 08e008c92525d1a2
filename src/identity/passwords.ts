/**
 * Console passwords: never kept, only what proves them. A verifier is Argon2id (RFC 9106) over the password and a
 * salt of its own, sealed under the plane's root key, so that a copy of the store alone lets nobody guess.
 */
import { argon2, timingSafeEqual } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { table } from '../store/store.ts';

export interface LoginProfile {
  readonly account: string;
  /** Unique id of the user (`AIDA…`), or the account id for its root user. */
  readonly owner: string;
  readonly created: string;
  readonly changed: string;
  readonly resetRequired: boolean;
  /** Newest first: the password in force, then earlier ones. Empty while root's password waits to be set. */
  readonly verifiers: readonly string[];
  /** Root only; a user's is in its own row. */
  readonly lastUsed?: string;
}

export const loginProfiles = table<LoginProfile>('iam_login_profile', { key: (p) => [p.account, p.owner] });

const SEALED_FOR = 'password-verifier';
/** OWASP's first choice of 2025: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** What proves `password` later on. About 30 ms, off the main thread. */
export async function verifierOf(ctx: Pick<Context, 'secrets' | 'random'>, password: string): Promise<string> {
  const salt = ctx.random(SALT_BYTES);
  const tag = await derive(password, salt);
  return ctx.secrets.seal(SEALED_FOR, Buffer.concat([salt, tag]), ctx.random(12));
}

/** Whether this is the password of a verifier. */
export async function isPassword(ctx: Pick<Context, 'secrets'>, verifier: string, password: string): Promise<boolean> {
  const bytes = ctx.secrets.open(SEALED_FOR, verifier);
  if (!bytes) throw new Error('A password verifier was sealed under another root key.');
  const tag = await derive(password, bytes.subarray(0, SALT_BYTES));
  return timingSafeEqual(tag, bytes.subarray(SALT_BYTES));
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  const parameters = { message: password, nonce: salt, tagLength: TAG_BYTES, ...COST };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, tag) => (error ? reject(error) : resolve(tag)));
  });
}
