/** Requests that carry a client token are carried out once: sent again within a day, they are answered the same. */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { byExpiry, forgetExpired } from '../../core/expiring.ts';
import { table } from '../../store/store.ts';
import { failConflict } from './errors.ts';

interface ClientToken {
  /** Of the instance, or of the account that asks for one. */
  readonly instance: string;
  readonly operation: string;
  readonly token: string;
  /** Of the request. */
  readonly digest: string;
  /** What was made: its ARN. */
  readonly arn: string;
  /** Milliseconds. */
  readonly expires: number;
}

const clientTokens = table<ClientToken>('identitycenter_client_token', {
  key: (row) => [row.instance, row.operation, row.token],
  // Rows of earlier versions have no end.
  indexes: { expires: (row) => (row.expires === undefined ? [] : byExpiry(row)) },
});

const KEPT_MS = 86_400_000;

/** ARN of what `make` makes, or made when the same request came before. */
export async function once(
  ctx: Context,
  instance: string,
  operation: string,
  { ClientToken: token, ...input }: { readonly ClientToken?: string | undefined },
  make: () => Promise<string>,
): Promise<string> {
  if (token === undefined) return make();
  const digest = createHash('sha256').update(JSON.stringify(input)).digest('base64url');
  const now = ctx.now.getTime();
  const before = await ctx.store.get(clientTokens, [instance, operation, token]);
  if (before && !(before.expires <= now)) {
    if (before.digest !== digest) failConflict('The client token was used with other parameters.');
    return before.arn;
  }
  const arn = await make();
  await forgetExpired(ctx, clientTokens);
  await ctx.store.replace(clientTokens, { instance, operation, token, digest, arn, expires: now + KEPT_MS });
  return arn;
}
