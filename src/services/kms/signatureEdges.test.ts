/**
 * Signatures at the edges of what their standards allow, in the manner of Project Wycheproof but made here: the private
 * keys are ours (imported), so every malformed signature is one that its owner could have made.
 */
import assert from 'node:assert/strict';
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  randomBytes,
  sign,
} from 'node:crypto';
import { test } from 'node:test';
import type { KeySpec, MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { testCloud } from '../../testing/cloud.ts';
import { ed25519Key, importedKey, shownKey } from '../../testing/importedKeys.ts';
import { refusal } from '../../testing/rejected.ts';

const { kms } = (await testCloud()).root;
const message = Buffer.from('a message that is signed');

/** Whether Verify takes it; everything but yes and no is an error of the test. */
async function isTaken(
  KeyId: string,
  SigningAlgorithm: SigningAlgorithmSpec,
  Message: Uint8Array,
  Signature: Uint8Array,
  type: MessageType = 'RAW',
): Promise<boolean> {
  try {
    const answer = await kms.verify({ KeyId, SigningAlgorithm, Message, Signature, MessageType: type });
    return answer.SignatureValid === true;
  } catch (error) {
    assert.equal((error as Error).name, 'KMSInvalidSignatureException', (error as Error).message);
    return false;
  }
}

const CURVES = {
  ECC_NIST_P256: { curve: p256, name: 'prime256v1', hash: 'sha256', algorithm: 'ECDSA_SHA_256' },
  ECC_NIST_P384: { curve: p384, name: 'secp384r1', hash: 'sha384', algorithm: 'ECDSA_SHA_384' },
  ECC_NIST_P521: { curve: p521, name: 'secp521r1', hash: 'sha512', algorithm: 'ECDSA_SHA_512' },
  ECC_SECG_P256K1: { curve: secp256k1, name: 'secp256k1', hash: 'sha256', algorithm: 'ECDSA_SHA_256' },
} as const;

function integer(value: bigint): Buffer {
  let hex = (value < 0n ? -value : value).toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  const bytes = Buffer.from(hex, 'hex');
  const content = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  if (value >= 0n) return tlv(2, content);
  const negative = BigInt.asUintN(content.length * 8, value)
    .toString(16)
    .padStart(content.length * 2, '0');
  return tlv(2, Buffer.from(negative, 'hex'));
}

function tlv(tag: number, content: Buffer, longForm = false): Buffer {
  const { length } = content;
  const least = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  const size = longForm ? [0x83, 0, length >> 8, length & 255] : least;
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const der = (r: bigint, s: bigint) => tlv(0x30, Buffer.concat([integer(r), integer(s)]));

for (const [spec, { curve, name, hash, algorithm }] of Object.entries(CURVES)) {
  test(`ECDSA ${spec}: only r and s of the right range in DER verify, for messages and digests alike`, async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: name });
    const KeyId = await importedKey(kms, spec as KeySpec, 'SIGN_VERIFY', privateKey);
    const n = curve.Point.Fn.ORDER;
    const p1363 = sign(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const half = p1363.length / 2;
    const [r, s] = [p1363.subarray(0, half), p1363.subarray(half)].map((b) => BigInt(`0x${b.toString('hex')}`)) as [
      bigint,
      bigint,
    ];
    const whole = der(r, s);
    const good = { 'as it is': whole, 'with the other s': der(r, n - s) };
    const [ri, si] = [integer(r), integer(s)];
    const bad: Record<string, Buffer> = {
      ...{ 'r = 0': der(0n, s), 's = 0': der(r, 0n), 'both 0': der(0n, 0n), 'both 1': der(1n, 1n) },
      ...{ 'r = n': der(n, s), 's = n': der(r, n), 'r = n, s = 0': der(n, 0n), 'r = n - 1, s = 1': der(n - 1n, 1n) },
      ...{ 'r + n': der(r + n, s), 's + n': der(r, s + n), 'n - r': der(n - r, s), swapped: der(s, r) },
      ...{ '-r': der(-r, s), '-s': der(r, -s), 'r - n': der(r - n, s), 's - n': der(r, s - n) },
      ...{ 'r + 2^512': der(r + (1n << 512n), s), 'huge s': der(r, s + (1n << 4096n)) },
      'a length in long form': tlv(0x30, Buffer.concat([ri, si]), true),
      'an integer length in long form': tlv(0x30, Buffer.concat([tlv(2, ri.subarray(2), true), si])),
      'a leading zero too many': tlv(
        0x30,
        Buffer.concat([tlv(2, Buffer.concat([Buffer.alloc(1), ri.subarray(2)])), si]),
      ),
      'bytes behind it': Buffer.concat([whole, Buffer.alloc(1)]),
      'bytes in it': tlv(0x30, Buffer.concat([ri, si, Buffer.from([5, 0])])),
      'a third integer': tlv(0x30, Buffer.concat([ri, si, si])),
      ...{ 'r alone': tlv(0x30, ri), 'no integers': tlv(0x30, Buffer.alloc(0)), 'a set': tlv(0x31, whole.subarray(2)) },
      'an empty integer': tlv(0x30, Buffer.concat([tlv(2, Buffer.alloc(0)), si])),
      'an indefinite length': Buffer.concat([Buffer.from([0x30, 0x80]), ri, si, Buffer.alloc(2)]),
      'r and s without DER': p1363,
      zeros: Buffer.alloc(whole.length),
    };
    const digest = createHash(hash).update(message).digest();
    for (const [what, signature] of Object.entries(good)) {
      assert.ok(await isTaken(KeyId, algorithm, message, signature), what);
      assert.ok(await isTaken(KeyId, algorithm, digest, signature, 'DIGEST'), what);
    }
    for (const [what, signature] of Object.entries(bad)) {
      assert.ok(!(await isTaken(KeyId, algorithm, message, signature)), `${what}, message`);
      assert.ok(!(await isTaken(KeyId, algorithm, digest, signature, 'DIGEST')), `${what}, digest`);
    }
    for (let length = 1; length < whole.length; length++) {
      assert.ok(!(await isTaken(KeyId, algorithm, message, whole.subarray(0, length))), `cut to ${length}`);
    }
  });
}

test('ECDSA: digests of zeros and ones, and the least and greatest keys, sign and verify', async () => {
  const n = p256.Point.Fn.ORDER;
  for (const d of [1n, 2n, n - 1n]) {
    const point = p256.getPublicKey(Buffer.from(d.toString(16).padStart(64, '0'), 'hex'), false);
    const jwk = {
      ...{ kty: 'EC', crv: 'P-256', d: Buffer.from(d.toString(16).padStart(64, '0'), 'hex').toString('base64url') },
      x: Buffer.from(point.subarray(1, 33)).toString('base64url'),
      y: Buffer.from(point.subarray(33)).toString('base64url'),
    };
    const KeyId = await importedKey(kms, 'ECC_NIST_P256', 'SIGN_VERIFY', createPrivateKey({ key: jwk, format: 'jwk' }));
    for (const digest of [Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.from(n.toString(16), 'hex')]) {
      const asked = { KeyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const;
      const { Signature } = await kms.sign(asked);
      assert.ok(await isTaken(KeyId, 'ECDSA_SHA_256', digest, Signature!, 'DIGEST'), `d = ${d}`);
    }
  }
});

/** RFC 6979 A.2.5 and RFC 8032 7.1 (test 2) and 7.3. */
test('published signatures verify: ECDSA P-256, Ed25519 and Ed25519ph', async () => {
  const d = Buffer.from('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721', 'hex');
  const point = p256.getPublicKey(d, false);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((b) => Buffer.from(b).toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', d: d.toString('base64url'), x, y };
  const ec = await importedKey(
    kms,
    'ECC_NIST_P256',
    'SIGN_VERIFY',
    createPrivateKey({ key: jwk as never, format: 'jwk' }),
  );
  const published = der(
    0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
    0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
  );
  assert.ok(await isTaken(ec, 'ECDSA_SHA_256', Buffer.from('sample'), published));
  assert.ok(!(await isTaken(ec, 'ECDSA_SHA_256', Buffer.from('test'), published)));

  const seed = Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex');
  const pure = await importedKey(kms, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ed25519Key(seed));
  const expected =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
  const asked = { KeyId: pure, Message: Buffer.from([0x72]), SigningAlgorithm: 'ED25519_SHA_512' } as const;
  assert.equal(Buffer.from((await kms.sign(asked)).Signature!).toString('hex'), expected);

  const phSeed = Buffer.from('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42', 'hex');
  const ph = await importedKey(kms, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ed25519Key(phSeed));
  const digest = createHash('sha512').update('abc').digest();
  const prehashed = {
    KeyId: ph,
    Message: digest,
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ED25519_PH_SHA_512',
  } as const;
  assert.equal(
    Buffer.from((await kms.sign(prehashed)).Signature!).toString('hex'),
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  );
});

test('Ed25519 and Ed25519ph: no signature but the one verifies', async () => {
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const KeyId = await importedKey(kms, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ed25519Key(randomBytes(32)));
  const digest = createHash('sha512').update(message).digest();
  for (const [algorithm, type, Message] of [
    ['ED25519_SHA_512', 'RAW', message],
    ['ED25519_PH_SHA_512', 'DIGEST', digest],
  ] as const) {
    const asked = { KeyId, Message, MessageType: type, SigningAlgorithm: algorithm };
    const good = Buffer.from((await kms.sign(asked)).Signature!);
    const taken = (signature: Uint8Array) => isTaken(KeyId, algorithm, Message, signature, type);
    assert.ok(await taken(good));
    for (let bit = 0; bit < 512; bit++) {
      const flipped = Buffer.from(good);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(!(await taken(flipped)), `${algorithm}, bit ${bit}`);
    }
    const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString('hex')}`);
    const withS = (value: bigint) =>
      Buffer.concat([good.subarray(0, 32), Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()]);
    for (const more of [L, 2n * L, 4n * L, 8n * L]) {
      if (s + more < 1n << 256n) assert.ok(!(await taken(withS(s + more))), `${algorithm}: s + ${more / L} L`);
    }
    for (const value of [0n, L, L - s]) assert.ok(!(await taken(withS(value))));
    const points = [Buffer.alloc(32), Buffer.alloc(32, 255), Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])];
    for (const R of points) assert.ok(!(await taken(Buffer.concat([R, good.subarray(32)]))), 'another R');
    for (const length of [1, 32, 63]) assert.ok(!(await taken(good.subarray(0, length))));
    assert.ok(!(await taken(Buffer.concat([good, Buffer.alloc(1)]))));
    const other = algorithm === 'ED25519_SHA_512' ? 'ED25519_PH_SHA_512' : 'ED25519_SHA_512';
    const elsewhere = other === 'ED25519_SHA_512' ? 'RAW' : 'DIGEST';
    assert.ok(!(await isTaken(KeyId, other, digest, good, elsewhere)), 'one is not the other');
  }
});

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

test('HMAC: only the whole tag of the right key and algorithm verifies', async () => {
  for (const bits of [224, 256, 384, 512] as const) {
    const key = randomBytes(bits === 512 ? 128 : 64);
    const KeyId = await importedKey(kms, `HMAC_${bits}`, 'GENERATE_VERIFY_MAC', key);
    const MacAlgorithm = `HMAC_SHA_${bits}` as const;
    for (const Message of [Buffer.alloc(1), message, Buffer.alloc(4096, 7)]) {
      const mac = createHmac(`sha${bits}`, key).update(Message).digest();
      const made = await kms.generateMac({ KeyId, Message, MacAlgorithm });
      assert.deepEqual(Buffer.from(made.Mac!), mac);
      const wrong = [
        mac.subarray(0, -1),
        mac.subarray(0, 16),
        Buffer.concat([mac, Buffer.alloc(1)]),
        Buffer.alloc(mac.length),
      ];
      for (let bit = 0; bit < mac.length * 8; bit += 7) {
        const flipped = Buffer.from(mac);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        wrong.push(flipped);
      }
      for (const Mac of wrong)
        await refusal(kms.verifyMac({ KeyId, Message, MacAlgorithm, Mac }), 'KMSInvalidMacException');
    }
    const other = bits === 256 ? 'HMAC_SHA_512' : 'HMAC_SHA_256';
    await refusal(kms.generateMac({ KeyId, Message: message, MacAlgorithm: other }), 'InvalidKeyUsageException');
  }
});

test('ML-DSA: no signature that is changed, cut or grown verifies', async () => {
  for (const [KeySpec, omega, k] of [
    ['ML_DSA_44', 80, 4],
    ['ML_DSA_65', 55, 6],
    ['ML_DSA_87', 75, 8],
  ] as const) {
    const KeyId = (await kms.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' })).KeyMetadata!.KeyId!;
    const asked = { KeyId, Message: message, SigningAlgorithm: 'ML_DSA_SHAKE_256' } as const;
    const good = Buffer.from((await kms.sign(asked)).Signature!);
    const taken = (signature: Uint8Array, text: Uint8Array = message) =>
      isTaken(KeyId, 'ML_DSA_SHAKE_256', text, signature);
    assert.ok(await taken(good));
    assert.ok(!(await taken(good, Buffer.from('another message'))));
    for (let at = 0; at < good.length; at += 61) {
      const changed = Buffer.from(good);
      changed[at]! ^= 1 << (at % 8);
      assert.ok(!(await taken(changed)), `${KeySpec}, byte ${at}`);
    }
    // The hint: counts that fall, positions out of order, bytes behind the last one.
    const hint = good.length - omega - k;
    const counts = Buffer.from(good);
    counts[good.length - 1] = omega + 1;
    const padded = Buffer.from(good);
    const last = good[good.length - 1]!;
    if (last < omega) padded[hint + last] = 1;
    else padded[hint] = good[hint + 1]!;
    for (const changed of [counts, padded, Buffer.alloc(good.length), Buffer.alloc(good.length, 255)]) {
      assert.ok(!(await taken(changed)), `${KeySpec}, hint`);
    }
    for (const wrong of [good.subarray(0, -1), good.subarray(1), Buffer.concat([good, Buffer.alloc(1)])]) {
      assert.ok(!(await taken(wrong)), `${KeySpec}, ${wrong.length} bytes`);
    }
  }
});

/** A public key with these bytes in place of its point. */
function withPoint(publicKey: KeyObject, point: Buffer): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = spki.subarray(2, spki.length - 65 - 3);
  return tlv(0x30, Buffer.concat([algorithm, tlv(3, Buffer.concat([Buffer.alloc(1), point]))]));
}

test('ECDH: a public key that is no point of the curve shares no secret', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const KeyId = await importedKey(kms, 'ECC_NIST_P256', 'KEY_AGREEMENT', privateKey);
  const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey;
  const { x, y } = peer.export({ format: 'jwk' });
  const [X, Y] = [Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')];
  const d = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
  const shared = (PublicKey: Buffer) => kms.deriveSharedSecret({ KeyId, PublicKey, KeyAgreementAlgorithm: 'ECDH' });
  const expected = Buffer.from(p256.getSharedSecret(d, Buffer.concat([Buffer.from([4]), X, Y]))).subarray(1);
  assert.deepEqual(Buffer.from((await shared(peer.export({ type: 'spki', format: 'der' }))).SharedSecret!), expected);

  const off = Buffer.from(Y);
  off[31]! ^= 1;
  const prime = Buffer.from(p256.Point.Fp.ORDER.toString(16), 'hex');
  const points: Record<string, Buffer> = {
    'not on the curve': Buffer.concat([Buffer.from([4]), X, off]),
    zeros: Buffer.concat([Buffer.from([4]), Buffer.alloc(64)]),
    'the point at infinity': Buffer.alloc(1),
    'x = p': Buffer.concat([Buffer.from([4]), prime, Y]),
    'y = p': Buffer.concat([Buffer.from([4]), X, prime]),
    'all ones': Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 255)]),
    cut: Buffer.concat([Buffer.from([4]), X, Y.subarray(1)]),
    'another form': Buffer.concat([Buffer.from([5]), X, Y]),
    empty: Buffer.alloc(0),
  };
  for (const [what, point] of Object.entries(points)) {
    const { name } = await refusal(shared(withPoint(peer, point)));
    assert.equal(name, 'ValidationException', what);
  }
  for (const namedCurve of ['secp384r1', 'secp256k1', 'prime192v1']) {
    const stranger = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'der' });
    assert.equal((await refusal(shared(stranger))).name, 'ValidationException', namedCurve);
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  for (const bytes of [rsa.export({ type: 'spki', format: 'der' }), Buffer.from('no key at all')]) {
    assert.equal((await refusal(shared(bytes))).name, 'ValidationException');
  }
  const own = await shownKey(kms, KeyId);
  assert.ok(own.equals(createPublicKey(privateKey)));
});
