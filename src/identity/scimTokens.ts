/**
 * Bearer tokens by which an identity provider writes into a directory (SCIM). Tokens are random; the store knows their
 * digests only. A store has at most two, so that one can take the place of the other without a pause.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/provision-automatically.html
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Dice, uuid } from '../core/ids.ts';
import { type Transaction, table } from '../store/store.ts';
import type { Instance } from './instances.ts';

export interface ScimToken {
  readonly identityStore: string;
  /** UUID */
  readonly id: string;
  /** SHA-256, base64url. */
  readonly digest: string;
  /** ISO 8601 */
  readonly created: string;
  readonly expires: string;
}

export const scimTokens = table<ScimToken>('scim_token', { key: (token) => [token.identityStore, token.id] });

const TOKENS_MAX = 2;
const YEAR_MS = 365 * 86_400_000;
const TOKEN_BYTES = 48;

/** The first part of a directory's addresses; the store's own id is in it. */
export function tenantOf(identityStore: string): string {
  const hex = createHash('sha256').update(`scim:${identityStore}`).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return `${identityStore.replace(/^d-/, '')}-${parts.join('-')}`;
}

/** Undefined for what is no tenant. */
export function storeOfTenant(tenant: string): string | undefined {
  const identityStore = `d-${tenant.slice(0, 10)}`;
  return tenantOf(identityStore) === tenant ? identityStore : undefined;
}

/** Who says so in the external ids of what came by SCIM. */
export const scimIssuer = ({ region, identityStore }: Pick<Instance, 'region' | 'identityStore'>) =>
  `https://scim.${region}.amazonaws.com/${tenantOf(identityStore)}/scim/v2/`;

const digestOf = (token: string) => createHash('sha256').update(token).digest();

/** A new token, to be shown once; undefined when the store has as many as it may. Those that have expired make room. */
export async function issueScimToken(
  tx: Transaction,
  identityStore: string,
  from: Dice & { readonly now: Date },
): Promise<{ readonly row: ScimToken; readonly token: string } | undefined> {
  const standing = await scimTokensOf(tx, identityStore);
  for (const row of standing) if (isOver(row, from.now)) await tx.remove(scimTokens, [identityStore, row.id]);
  if (!(await tx.fits(scimTokens, [identityStore], TOKENS_MAX))) return undefined;
  const token = Buffer.from(from.random(TOKEN_BYTES)).toString('base64url');
  const row: ScimToken = {
    identityStore,
    id: uuid(from),
    digest: digestOf(token).toString('base64url'),
    created: from.now.toISOString(),
    expires: new Date(from.now.getTime() + YEAR_MS).toISOString(),
  };
  await tx.insert(scimTokens, row);
  return { row, token };
}

export const scimTokensOf = async (tx: Transaction, identityStore: string): Promise<readonly ScimToken[]> =>
  (await tx.list(scimTokens, [identityStore], { limit: TOKENS_MAX })).rows;

/** The token's row if it is one of the store's and in force. How long that takes tells nothing of the tokens. */
export async function believedToken(tx: Transaction, identityStore: string, token: string, now: Date) {
  const digest = digestOf(token);
  let found: ScimToken | undefined;
  for (const row of await scimTokensOf(tx, identityStore)) {
    if (timingSafeEqual(Buffer.from(row.digest, 'base64url'), digest)) found = row;
  }
  return found && !isOver(found, now) ? found : undefined;
}

const isOver = ({ expires }: ScimToken, now: Date) => now.getTime() >= Date.parse(expires);
