/** Requests that carry a client token are carried out once: sent again, they are answered the same. */
import { createHash } from 'node:crypto';
import type { Context } from '../../core/context.ts';
import { table } from '../../store/store.ts';
import { failConflict } from './errors.ts';

interface ClientToken {
  readonly instance: string;
  readonly operation: string;
  readonly token: string;
  /** Of the request. */
  readonly digest: string;
  /** What was made: its ARN. */
  readonly arn: string;
}

const clientTokens = table<ClientToken>('identitycenter_client_token', {
  key: (row) => [row.instance, row.operation, row.token],
});

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
  const before = await ctx.store.get(clientTokens, [instance, operation, token]);
  if (before && before.digest !== digest) failConflict('The client token was used with other parameters.');
  if (before) return before.arn;
  const arn = await make();
  await ctx.store.insert(clientTokens, { instance, operation, token, digest, arn });
  return arn;
}
