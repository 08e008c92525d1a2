/** Grant tokens: the name of a grant, sealed. They say nothing to anybody else, and nobody else can make one. */
import type { Context } from '../../core/context.ts';
import type { Grant } from './grantRows.ts';

const PURPOSE = 'kms-grant-token';

export type GrantName = readonly [account: string, region: string, keyId: string, id: string];

export const tokenFor = (ctx: Context, { account, region, keyId, id }: Grant): string =>
  ctx.secrets.seal(PURPOSE, JSON.stringify([account, region, keyId, id]), ctx.random(12));

/** The key of the grant's row; undefined for a token that is not ours. */
export function grantOf(ctx: Context, token: string): GrantName | undefined {
  const text = ctx.secrets.open(PURPOSE, token);
  return text && (JSON.parse(text.toString('utf8')) as GrantName);
}
