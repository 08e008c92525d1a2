import assert from 'node:assert/strict';
import { type CipherGCM, constants, createCipheriv, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { samlProviders } from '../../identity/providers.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, assertion, DSIG, good, INVALID, response, setting, signed, stranger } from './saml.fixture.ts';

const XENC = 'http://www.w3.org/2001/04/xmlenc#';
const XENC11 = 'http://www.w3.org/2009/xmlenc11#';
const recipientKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Encryption {
  readonly cipher: 'aes-256-gcm' | 'aes-128-cbc';
  readonly hash: 'sha1' | 'sha256';
}

function encrypted(text: string, { cipher, hash }: Encryption): string {
  const gcm = cipher === 'aes-256-gcm';
  const key = Buffer.alloc(gcm ? 32 : 16, 7);
  const iv = Buffer.alloc(gcm ? 12 : 16, 9);
  const encipher = createCipheriv(cipher, key, iv) as CipherGCM;
  const bytes = Buffer.concat([iv, encipher.update(text), encipher.final(), ...(gcm ? [encipher.getAuthTag()] : [])]);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ key: recipientKeys.publicKey, padding, oaepHash: hash }, key);
  const value = (data: Buffer) =>
    `<xenc:CipherData><xenc:CipherValue>${data.toString('base64')}</xenc:CipherValue></xenc:CipherData>`;
  const transport =
    hash === 'sha1'
      ? `<xenc:EncryptionMethod Algorithm="${XENC}rsa-oaep-mgf1p"/>`
      : `<xenc:EncryptionMethod Algorithm="${XENC11}rsa-oaep"><ds:DigestMethod Algorithm="${XENC}sha256"/>` +
        `<e:MGF xmlns:e="${XENC11}" Algorithm="${XENC11}mgf1sha256"/></xenc:EncryptionMethod>`;
  return (
    `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="${XENC}">` +
    `<xenc:EncryptionMethod Algorithm="${gcm ? `${XENC11}aes256-gcm` : `${XENC}aes128-cbc`}"/><ds:KeyInfo xmlns:ds="${DSIG}">` +
    `<xenc:EncryptedKey>${transport}${value(wrapped)}</xenc:EncryptedKey></ds:KeyInfo>${value(bytes)}` +
    `</xenc:EncryptedData></saml:EncryptedAssertion>`
  );
}

test('AssumeRoleWithSAML opens encrypted assertions with the provider’s private key', async () => {
  const { cloud, assume } = await setting({ condition: { StringLike: { 'saml:aud': 'https://*' } } });
  const pem = recipientKeys.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const sealed = cloud.deps.secrets.seal('saml-private-key', pem, cloud.deps.random(12));
  await cloud.deps.store.transaction(async (tx) => {
    const provider = await tx.get(samlProviders, [ACCOUNT, 'Shibboleth']);
    const privateKeys = [{ id: 'KEY', created: '2030-01-01T00:00:00Z', sealed }];
    await tx.replace(samlProviders, { ...provider!, encryption: 'Required', privateKeys });
  });
  const recipient = 'https://signin.aws.amazon.com/saml/acs/SAMLSP4SHN3UIS2D558H46';
  const inner = signed(assertion({ recipient }), 'Assertion');
  const modern = { cipher: 'aes-256-gcm', hash: 'sha256' } as const;
  assert.equal((await assume(response(encrypted(inner, modern)))).Subject, 'ada');
  await assume(response(encrypted(inner, { cipher: 'aes-128-cbc', hash: 'sha1' })));
  await assume(signed(response(encrypted(assertion({ recipient }), modern)), 'Response'));
  await assume(signed(response(encrypted(inner, modern)), 'Response'));
  const refused = {
    'signed nowhere': response(encrypted(assertion({ recipient }), modern)),
    'signed by a stranger inside': response(encrypted(signed(assertion({ recipient }), 'Assertion', stranger), modern)),
    'signed by a stranger outside': signed(response(encrypted(assertion({ recipient }), modern)), 'Response', stranger),
    changed: response(encrypted(inner, modern).replace(/(.*<xenc:CipherValue>)..../s, '$1AAAA')),
    'another beside it': response(encrypted(inner, modern) + inner),
    'a response inside': response(encrypted(response(inner), modern)),
  };
  for (const [name, xml] of Object.entries(refused)) await assert.rejects(assume(xml), { message: INVALID }, name);
  await rejected(assume(good({ recipient })), 'InvalidIdentityToken', /requires encrypted/);
  const elsewhere = signed(assertion(), 'Assertion');
  await rejected(assume(response(encrypted(elsewhere, modern))), 'InvalidIdentityToken', /^Recipient/);
});
