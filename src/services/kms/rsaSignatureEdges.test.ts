/**
 * RSA signatures at the edges of what the standards allow, in the manner of Project Wycheproof but made here: the
 * private keys are ours (imported), so every malformed signature is one that its owner could have made.
 */
import assert from 'node:assert/strict';
import { constants, createHash, generateKeyPairSync, privateEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { importedKey } from '../../testing/importedKeys.ts';
import { message, verifying } from './signatures.fixture.ts';

const { isTaken, kms } = await verifying();

const INFO = '3031300d060960864801650304020105000420';

function rsaPair() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const n = BigInt(`0x${Buffer.from(privateKey.export({ format: 'jwk' }).n!, 'base64url').toString('hex')}`);
  const raw = (encoded: Buffer) => privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encoded);
  const bytes = (value: bigint) => Buffer.from(value.toString(16).padStart(512, '0'), 'hex');
  return { privateKey, n, raw, bytes };
}

test('RSA PKCS #1 v1.5: nothing but the one encoding verifies, for messages and digests alike', async () => {
  const { privateKey, n, raw, bytes } = rsaPair();
  const KeyId = await importedKey(kms, 'RSA_2048', 'SIGN_VERIFY', privateKey);
  const digest = createHash('sha256').update(message).digest();
  const encoded = (info: Buffer, { head = [0, 1], fill = 255, tail = Buffer.alloc(0), short = 0 } = {}) => {
    const padding = Buffer.alloc(256 - 3 - info.length - tail.length - short, fill);
    const built = Buffer.concat([Buffer.from(head), padding, Buffer.alloc(1), info, tail]);
    return Buffer.concat([built, Buffer.alloc(256 - built.length)]);
  };
  const info = Buffer.concat([Buffer.from(INFO, 'hex'), digest]);
  const from = (hex: string, rest = digest) => Buffer.concat([Buffer.from(hex, 'hex'), rest]);
  const spoiltPadding = encoded(info);
  spoiltPadding[20] = 0xfe;
  const early = encoded(info);
  early[12] = 0;
  const cases: Record<string, Buffer> = {
    'no NULL': encoded(from('302f300b0609608648016503040201' + '0420')),
    'a NULL of one byte': encoded(from('3032300e06096086480165030402010501000420')),
    'a length in long form': encoded(from('308131300d060960864801650304020105000420')),
    'the name of SHA-512': encoded(from('3031300d060960864801650304020305000420')),
    'the name of SHA-1': encoded(from('3021300906052b0e03021a05000414', digest.subarray(0, 20))),
    'another digest': encoded(from(INFO, createHash('sha256').update('other').digest())),
    'a digest that is cut': encoded(from(INFO, digest.subarray(0, 31))),
    'the bare digest': encoded(digest),
    'no information': encoded(Buffer.alloc(0)),
    'block type 2': encoded(info, { head: [0, 2] }),
    'block type 0': encoded(info, { head: [0, 0], fill: 0 }),
    'a first byte of 1': encoded(info, { head: [1, 1] }),
    'padding of another byte': encoded(info, { fill: 254 }),
    'one byte of padding spoilt': spoiltPadding,
    'padding that ends early': early,
    'bytes behind the digest': encoded(info, { short: 20 }),
    'eight bytes of padding, and garbage': encoded(info, { short: 256 - 3 - info.length - 8 }),
  };
  const good = raw(encoded(info));
  const taken = async (signature: Buffer) => {
    const asMessage = await isTaken(KeyId, 'RSASSA_PKCS1_V1_5_SHA_256', message, signature);
    const asDigest = await isTaken(KeyId, 'RSASSA_PKCS1_V1_5_SHA_256', digest, signature, 'DIGEST');
    assert.equal(asMessage, asDigest);
    return asMessage;
  };
  assert.ok(await taken(good));
  for (const [what, block] of Object.entries(cases)) {
    assert.ok(BigInt(`0x${block.toString('hex')}`) >= n || !(await taken(raw(block))), what);
  }
  const number = BigInt(`0x${good.toString('hex')}`);
  for (const value of [0n, 1n, n - 1n, n, n - number]) assert.ok(!(await taken(bytes(value))));
  if (number + n < 1n << 2048n) assert.ok(!(await taken(bytes(number + n))), 'the signature and the modulus');
  for (const wrong of [Buffer.concat([Buffer.alloc(1), good]), good.subarray(1), good.subarray(0, 255)]) {
    assert.ok(!(await taken(wrong)), `${wrong.length} bytes`);
  }
});

function mask(hash: string, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 20 < length; i++) {
    blocks.push(
      createHash(hash)
        .update(seed)
        .update(Buffer.from([0, 0, 0, i]))
        .digest(),
    );
  }
  return Buffer.concat(blocks).subarray(0, length);
}

interface PssChange {
  readonly salt?: number;
  readonly trailer?: number;
  readonly mgf?: string;
  readonly separator?: number;
  readonly lead?: number;
  readonly top?: number;
  readonly digest?: Buffer;
}

function pssEncoded(digest: Buffer, change: PssChange = {}): Buffer {
  const salt = Buffer.alloc(change.salt ?? 32, 3);
  const inner = createHash('sha256')
    .update(Buffer.alloc(8))
    .update(change.digest ?? digest)
    .update(salt)
    .digest();
  const data = Buffer.alloc(256 - 32 - 1);
  data.set(salt, data.length - salt.length);
  data[data.length - salt.length - 1] = change.separator ?? 1;
  if (change.lead !== undefined) data[5] = change.lead;
  const masked = mask(change.mgf ?? 'sha256', inner, data.length);
  for (let i = 0; i < data.length; i++) data[i]! ^= masked[i]!;
  data[0]! = (data[0]! & 0x7f) | (change.top ?? 0);
  return Buffer.concat([data, inner, Buffer.from([change.trailer ?? 0xbc])]);
}

test('RSA PSS: salt, trailer, masks and leading bits must be right, for messages and digests alike', async () => {
  const { privateKey, n, raw } = rsaPair();
  const KeyId = await importedKey(kms, 'RSA_2048', 'SIGN_VERIFY', privateKey);
  const digest = createHash('sha256').update(message).digest();
  const taken = async (signature: Buffer) => {
    const asMessage = await isTaken(KeyId, 'RSASSA_PSS_SHA_256', message, signature);
    const asDigest = await isTaken(KeyId, 'RSASSA_PSS_SHA_256', digest, signature, 'DIGEST');
    assert.equal(asMessage, asDigest);
    return asMessage;
  };
  assert.ok(await taken(raw(pssEncoded(digest))));
  const changes: Record<string, PssChange> = {
    ...{ 'no salt': { salt: 0 }, 'a salt of 20': { salt: 20 }, 'of 31': { salt: 31 }, 'of 33': { salt: 33 } },
    ...{ 'the longest salt': { salt: 222 }, 'another trailer': { trailer: 0xcc }, 'no trailer': { trailer: 0 } },
    ...{ 'another mask': { mgf: 'sha1' }, 'no separator': { separator: 0 }, 'separator 2': { separator: 2 } },
    ...{ 'padding that is not zero': { lead: 1 }, 'another digest': { digest: Buffer.alloc(32) } },
    'the top bit set': { top: 0x80 },
  };
  for (const [what, change] of Object.entries(changes)) {
    const block = pssEncoded(digest, change);
    assert.ok(BigInt(`0x${block.toString('hex')}`) >= n || !(await taken(raw(block))), what);
  }
});
