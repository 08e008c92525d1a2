/** Tokens that tell applications and command lines who signed in: signed (ES256) with a key of the plane's own. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { Context } from '../core/context.ts';
import { uuid } from '../core/ids.ts';
import { table } from '../store/store.ts';

interface IdTokenKey {
  readonly name: 'id-token';
  readonly id: string;
  /** PKCS #8 PEM, sealed. */
  readonly sealed: string;
}

const idTokenKeys = table<IdTokenKey>('signin_id_key', { key: (row) => [row.name] });
const PURPOSE = 'signin-id-key';

export async function signedIdToken(ctx: Context, claims: object): Promise<string> {
  const row = (await ctx.store.get(idTokenKeys, ['id-token'])) ?? (await newKey(ctx));
  const pem = ctx.secrets.open(PURPOSE, row.sealed);
  if (!pem) throw new Error('The key of identity tokens was sealed under another root key.');
  const text = `${part({ alg: 'ES256', typ: 'JWT', kid: row.id })}.${part(claims)}`;
  const key = createPrivateKey(pem);
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

async function newKey(ctx: Context): Promise<IdTokenKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const row: IdTokenKey = { name: 'id-token', id: uuid(ctx), sealed: ctx.secrets.seal(PURPOSE, pem, ctx.random(12)) };
  await ctx.store.replace(idTokenKeys, row);
  return row;
}
