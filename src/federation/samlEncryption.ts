/**
 * Encrypted assertions (XML Encryption 1.1): the content key under the provider's RSA key with OAEP, the assertion
 * under the content key with AES-GCM or AES-CBC. Every failure is the same failure to the outside, so that nobody
 * learns by trying how a guess went wrong.
 */
import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';
import type { Element } from '@xmldom/xmldom';
import { child, SIGNATURE, Unbelievable } from './samlDocuments.ts';

const XENC = 'http://www.w3.org/2001/04/xmlenc#';
const XENC11 = 'http://www.w3.org/2009/xmlenc11#';

interface Cipher {
  readonly name: 'aes-128-cbc' | 'aes-256-cbc' | 'aes-128-gcm' | 'aes-256-gcm';
  readonly keyBytes: number;
}

const ciphers: Readonly<Record<string, Cipher>> = {
  [`${XENC}aes128-cbc`]: { name: 'aes-128-cbc', keyBytes: 16 },
  [`${XENC}aes256-cbc`]: { name: 'aes-256-cbc', keyBytes: 32 },
  [`${XENC11}aes128-gcm`]: { name: 'aes-128-gcm', keyBytes: 16 },
  [`${XENC11}aes256-gcm`]: { name: 'aes-256-gcm', keyBytes: 32 },
};

/** OAEP digests. Node uses one digest for both the label and the mask, as the identity providers in use do. */
const digests: Readonly<Record<string, string>> = {
  [`${SIGNATURE}sha1`]: 'sha1',
  [`${XENC}sha256`]: 'sha256',
  [`${XENC}sha512`]: 'sha512',
};
const masks: Readonly<Record<string, string>> = {
  [`${XENC11}mgf1sha1`]: 'sha1',
  [`${XENC11}mgf1sha256`]: 'sha256',
  [`${XENC11}mgf1sha512`]: 'sha512',
};

/** The text of the assertion in an EncryptedAssertion. Throws Unbelievable if no key opens it. */
export function decryptAssertion(encrypted: Element, keys: readonly KeyObject[]): string {
  const data = child(encrypted, XENC, 'EncryptedData');
  const cipher = data && ciphers[algorithmOf(data)];
  const info = data && child(data, SIGNATURE, 'KeyInfo');
  const wrapped = (info && child(info, XENC, 'EncryptedKey')) ?? child(encrypted, XENC, 'EncryptedKey');
  if (!cipher || !wrapped) throw new Unbelievable('unknown encryption');
  const bytes = cipherBytes(data);
  for (const key of keys) {
    const opened = open(key, wrapped, cipher, bytes);
    if (opened !== undefined) return opened;
  }
  throw new Unbelievable('no key opens the assertion');
}

const algorithmOf = (element: Element) => child(element, XENC, 'EncryptionMethod')?.getAttribute('Algorithm') ?? '';

function cipherBytes(element: Element): Buffer {
  const data = child(element, XENC, 'CipherData');
  return Buffer.from((data && child(data, XENC, 'CipherValue')?.textContent) ?? '', 'base64');
}

function open(key: KeyObject, wrapped: Element, cipher: Cipher, bytes: Buffer): string | undefined {
  const oaepHash = oaepHashOf(wrapped);
  if (oaepHash === undefined) return undefined;
  try {
    const contentKey = privateDecrypt(
      { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
      cipherBytes(wrapped),
    );
    return contentKey.length === cipher.keyBytes ? decrypt(cipher, contentKey, bytes) : undefined;
  } catch {
    return undefined;
  }
}

function oaepHashOf(wrapped: Element): string | undefined {
  const method = child(wrapped, XENC, 'EncryptionMethod');
  const digest = method && child(method, SIGNATURE, 'DigestMethod')?.getAttribute('Algorithm');
  const hash = digest ? digests[digest] : 'sha1';
  if (algorithmOf(wrapped) === `${XENC}rsa-oaep-mgf1p`) return hash === 'sha1' ? hash : undefined;
  if (algorithmOf(wrapped) !== `${XENC11}rsa-oaep`) return undefined;
  const mask = method && child(method, XENC11, 'MGF')?.getAttribute('Algorithm');
  return hash === (mask ? masks[mask] : 'sha1') ? hash : undefined;
}

function decrypt({ name }: Cipher, key: Buffer, bytes: Buffer): string {
  if (name === 'aes-128-gcm' || name === 'aes-256-gcm') {
    const decipher = createDecipheriv(name, key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
  }
  const decipher = createDecipheriv(name, key, bytes.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > 16) throw new Unbelievable('padding');
  return padded.subarray(0, -padding).toString('utf8');
}
