/**
 * The key that the plane signs its messages with, made once and sealed, and the certificate by which subscribers check
 * them: served unsigned under the name that `SigningCertURL` gives.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import { createHash, createPrivateKey, createSign, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { selfSigned } from '../../core/certificate.ts';
import type { Context } from '../../core/context.ts';
import { type Transaction, table } from '../../store/store.ts';

interface SigningKey {
  readonly name: string;
  /** In the certificate's file name. */
  readonly id: string;
  readonly certificate: string;
  /** PKCS #8 PEM, sealed. */
  readonly sealed: string;
}

const signingKeys = table<SigningKey>('sns_signing_key', { key: ({ name }) => [name] });
const CURRENT = 'current';
const PURPOSE = 'sns-signing-key';
const generate = promisify(generateKeyPair);
const opened = new WeakMap<SigningKey, KeyObject>();

export interface Signer {
  readonly certificateUrl: string;
  /** In base 64. */
  readonly sign: (text: string, version: string) => string;
}

/** Hash by `SignatureVersion`. */
const HASHES: Readonly<Record<string, string>> = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' };

export async function signer(ctx: Context): Promise<Signer> {
  const row = (await ctx.store.get(signingKeys, [CURRENT])) ?? (await newKey(ctx));
  let key = opened.get(row);
  if (!key) {
    const pem = ctx.secrets.open(PURPOSE, row.sealed);
    if (!pem) throw new Error('the key that messages are signed with was sealed under another root key');
    opened.set(row, (key = createPrivateKey(pem)));
  }
  const privateKey = key;
  return {
    certificateUrl: ctx.settings.endpoint + pathOf(row),
    sign: (text, version) =>
      createSign(HASHES[version] ?? HASHES[1]!)
        .update(text, 'utf8')
        .sign(privateKey, 'base64'),
  };
}

async function newKey(ctx: Context): Promise<SigningKey> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: 2048 });
  const certificate = selfSigned('sns.amazonaws.com', publicKey, privateKey, ctx.now);
  const row: SigningKey = {
    name: CURRENT,
    id: createHash('sha256').update(certificate).digest('hex').slice(0, 32),
    certificate,
    sealed: ctx.secrets.seal(PURPOSE, privateKey.export({ type: 'pkcs8', format: 'pem' }), ctx.random(12)),
  };
  await ctx.store.replace(signingKeys, row);
  return row;
}

const pathOf = ({ id }: Pick<SigningKey, 'id'>) => `/SimpleNotificationService-${id}.pem`;

/** The certificate in PEM at a path, undefined if there is none. */
export async function certificateAt(tx: Transaction, path: string) {
  const row = await tx.get(signingKeys, [CURRENT]);
  return row && path === pathOf(row) ? { type: 'application/x-pem-file', body: row.certificate } : undefined;
}
