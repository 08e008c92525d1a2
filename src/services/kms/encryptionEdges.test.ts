/** Ciphertext at the edges: made by hand under imported keys, so that each malformed one could have been its owner's. */
import assert from 'node:assert/strict';
import {
  constants,
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { importedKey } from '../../testing/importedKeys.ts';
import { refusal } from '../../testing/rejected.ts';

const { kms } = (await testCloud()).root;
const Plaintext = new Uint8Array(Buffer.from('a plaintext'));

/** The format of ciphertexts.ts, written down again from its description. */
function blobOf(material: Buffer, head: Buffer, nonce: Buffer, plain: Uint8Array, context: Record<string, string>) {
  const key = createHmac('sha256', material).update('gatehouse kms ciphertext 1').update(head).digest();
  const header = Buffer.concat([head, nonce]);
  const pairs = Object.entries(context).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const lengthed = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  };
  const aad = Buffer.concat([header, ...pairs.flat().map(lengthed)]);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

test('AES-GCM: blobs are what their description says, for any nonce and salt; all else is one error', async () => {
  const material = randomBytes(32);
  const KeyId = await importedKey(kms, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', material);
  const sample = Buffer.from((await kms.encrypt({ KeyId, Plaintext })).CiphertextBlob!);
  const named = sample.subarray(0, 17);
  const context = { b: '2', a: '1', ä: 'ö', '': 'empty' };
  const open = async (CiphertextBlob: Uint8Array, EncryptionContext: Record<string, string> = {}) =>
    Buffer.from((await kms.decrypt({ CiphertextBlob, EncryptionContext })).Plaintext!);
  for (const [salt, nonce] of [
    [Buffer.alloc(16), Buffer.alloc(12)],
    [Buffer.alloc(16, 255), Buffer.alloc(12, 255)],
    [randomBytes(16), Buffer.from('ffffffffffffffff00000001'.padEnd(24, '0'), 'hex')],
  ] as const) {
    const head = Buffer.concat([named, salt]);
    for (const plain of [Plaintext, Buffer.alloc(1), Buffer.alloc(16), Buffer.alloc(4096, 9)]) {
      assert.deepEqual(await open(blobOf(material, head, nonce, plain, {})), Buffer.from(plain));
      assert.deepEqual(await open(blobOf(material, head, nonce, plain, context), context), Buffer.from(plain));
    }
  }
  const head = Buffer.concat([named, randomBytes(16)]);
  const nonce = randomBytes(12);
  const good = blobOf(material, head, nonce, Plaintext, context);
  const bad: Record<string, Buffer> = {
    'under another key': blobOf(randomBytes(32), head, nonce, Plaintext, context),
    'another version': Buffer.concat([Buffer.from([2]), good.subarray(1)]),
    'a tag of 12 bytes': good.subarray(0, -4),
    'a tag of zeros': Buffer.concat([good.subarray(0, -16), Buffer.alloc(16)]),
    'no body': Buffer.concat([good.subarray(0, 45), good.subarray(-16)]),
    'only a header': good.subarray(0, 45),
    twice: Buffer.concat([good, good]),
    'another salt': Buffer.concat([good.subarray(0, 17), randomBytes(16), good.subarray(33)]),
    'another nonce': Buffer.concat([good.subarray(0, 33), randomBytes(12), good.subarray(45)]),
    'the largest there is': Buffer.concat([good, Buffer.alloc(6144 - good.length)]),
  };
  const messages = new Set<string>();
  for (const [what, CiphertextBlob] of Object.entries(bad)) {
    const { name, message } = await refusal(kms.decrypt({ CiphertextBlob, EncryptionContext: context, KeyId }));
    assert.equal(name, 'InvalidCiphertextException', what);
    messages.add(message);
  }
  for (const other of [{}, { a: '1', b: '2' }, { ...context, c: '' }, { ...context, a: '2' }, { a: '1b', '': '2' }]) {
    const { name, message } = await refusal(open(good, other as Record<string, string>));
    assert.equal(name, 'InvalidCiphertextException');
    messages.add(message);
  }
  assert.equal(messages.size, 1, 'whatever is wrong, it is told in the same words');
  await refusal(open(Buffer.alloc(6145)), 'ValidationException');
  await refusal(kms.encrypt({ KeyId, Plaintext: new Uint8Array(4097) }), 'ValidationException');
});

test('a blob of another plane is no ciphertext here, whatever key is named', async () => {
  const [here, there] = [await testCloud({ seed: 'here' }), await testCloud({ seed: 'there' })];
  const KeyId = (await here.root.kms.createKey({})).KeyMetadata!.KeyId!;
  const foreign = (await there.root.kms.createKey({})).KeyMetadata!.KeyId!;
  const { CiphertextBlob } = await there.root.kms.encrypt({ KeyId: foreign, Plaintext });
  await refusal(here.root.kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'InvalidCiphertextException');
  await refusal(here.root.kms.decrypt({ CiphertextBlob: CiphertextBlob!, KeyId }), 'InvalidCiphertextException');
});

const HASHES = { RSAES_OAEP_SHA_1: ['sha1', 20], RSAES_OAEP_SHA_256: ['sha256', 32] } as const;

interface OaepChange {
  readonly first?: number;
  readonly label?: string;
  readonly padding?: number;
  readonly separator?: number;
  readonly mgf?: string;
}

/** RFC 8017 7.1.1, with something changed. */
function oaepEncoded(hash: string, bytes: number, plain: Uint8Array, change: OaepChange = {}): Buffer {
  const mask = (seed: Buffer, length: number, by: string) => {
    const blocks: Buffer[] = [];
    for (let i = 0; i * 20 < length; i++)
      blocks.push(
        createHash(by)
          .update(seed)
          .update(Buffer.from([0, 0, 0, i]))
          .digest(),
      );
    return Buffer.concat(blocks).subarray(0, length);
  };
  const xor = (one: Buffer, other: Buffer) => one.map((byte, i) => byte ^ other[i]!) as Buffer;
  const data = Buffer.alloc(256 - bytes - 1, change.padding ?? 0);
  data.set(
    createHash(hash)
      .update(change.label ?? '')
      .digest(),
  );
  data[data.length - plain.length - 1] = change.separator ?? 1;
  data.set(plain, data.length - plain.length);
  const seed = randomBytes(bytes);
  const masked = xor(data, mask(seed, data.length, change.mgf ?? hash));
  const maskedSeed = xor(seed, mask(Buffer.from(masked), bytes, change.mgf ?? hash));
  return Buffer.concat([Buffer.from([change.first ?? 0]), maskedSeed, masked]);
}

for (const [algorithm, [hash, bytes]] of Object.entries(HASHES)) {
  test(`RSA ${algorithm}: every encoding but the right one is the same error`, async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const KeyId = await importedKey(kms, 'RSA_2048', 'ENCRYPT_DECRYPT', privateKey);
    const EncryptionAlgorithm = algorithm as keyof typeof HASHES;
    const publicKey = createPublicKey(privateKey);
    const raw = (block: Buffer) => publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);
    const open = (CiphertextBlob: Uint8Array) => kms.decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm });
    const good = raw(oaepEncoded(hash, bytes, Plaintext));
    assert.deepEqual((await open(good)).Plaintext, Plaintext);
    const longest = Buffer.alloc(256 - 2 * bytes - 2, 5);
    assert.deepEqual(Buffer.from((await open(raw(oaepEncoded(hash, bytes, longest)))).Plaintext!), longest);

    const n = BigInt(`0x${Buffer.from(publicKey.export({ format: 'jwk' }).n!, 'base64url').toString('hex')}`);
    const number = (value: bigint) => Buffer.from(value.toString(16).padStart(512, '0'), 'hex');
    const pkcs1 = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Plaintext);
    const changes: Record<string, OaepChange> = {
      ...{ 'a first byte of 1': { first: 1 }, 'a label': { label: 'label' } },
      ...{
        'padding of other bytes': { padding: 3 },
        'no separator': { separator: 0 },
        'separator 2': { separator: 2 },
      },
      'another mask': { mgf: hash === 'sha1' ? 'sha256' : 'sha1' },
    };
    const bad: Record<string, Buffer> = {
      ...{
        'PKCS #1 v1.5': pkcs1,
        cut: good.subarray(1),
        grown: Buffer.concat([Buffer.alloc(1), good]),
        none: Buffer.alloc(1),
      },
      ...{
        '0': number(0n),
        '1': number(1n),
        'n - 1': number(n - 1n),
        n: number(n),
        'all ones': Buffer.alloc(256, 255),
      },
      'the other hash': raw(oaepEncoded(hash === 'sha1' ? 'sha256' : 'sha1', hash === 'sha1' ? 32 : 20, Plaintext)),
      random: raw(Buffer.concat([Buffer.alloc(1), randomBytes(255)])),
    };
    for (const [what, change] of Object.entries(changes)) {
      const block = oaepEncoded(hash, bytes, Plaintext, change);
      if (BigInt(`0x${block.toString('hex')}`) < n) bad[what] = raw(block);
    }
    const messages = new Set<string>();
    for (const [what, CiphertextBlob] of Object.entries(bad)) {
      const { name, message } = await refusal(open(CiphertextBlob));
      assert.equal(name, 'InvalidCiphertextException', what);
      messages.add(message);
    }
    assert.equal(messages.size, 1);
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good);
      changed[at]! ^= 1 << (at % 8);
      const { name } = await refusal(open(changed));
      assert.equal(name, 'InvalidCiphertextException', `byte ${at}`);
    }
    const sealed = await kms.encrypt({ KeyId, Plaintext, EncryptionAlgorithm });
    await refusal(kms.decrypt({ KeyId, CiphertextBlob: sealed.CiphertextBlob! }), 'InvalidCiphertextException');
    await refusal(
      kms.encrypt({ KeyId, Plaintext: Buffer.alloc(longest.length + 1), EncryptionAlgorithm }),
      'ValidationException',
    );
    await refusal(kms.encrypt({ KeyId, Plaintext }), 'InvalidKeyUsageException');
  });
}
