/** Where key material is not: in the data folder, in the journal, in what an error says. */
import assert from 'node:assert/strict';
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { attributesOf } from '../../gateway/record.ts';
import { begin } from '../../identity/genesis.ts';
import { openStore } from '../../store/open.ts';
import { clientsWith } from '../../testing/clients.ts';
import { testCloud } from '../../testing/cloud.ts';
import { followers } from '../index.ts';

/** Clients of a plane that keeps its data in a folder, and every 32 random bytes that it drew. */
async function planeOnDisk(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kms-'));
  const drawn: Buffer[] = [];
  const { deps, managementAccount } = await testCloud();
  const log = (error: unknown) => assert.fail(error as Error);
  const store = await openStore(`sqlite:${join(folder, 'data.db')}`, { attributes: attributesOf, followers, log });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { secrets } = deps;
  const random = (bytes: number) => {
    const value = randomBytes(bytes);
    if (bytes === 32) drawn.push(Buffer.from(value));
    return value;
  };
  const start = { accountId: managementAccount, now: deps.now(), random, secrets, rootKey: undefined };
  const { made } = await begin(store, start);
  const credentials = { accessKeyId: made!.id, secretAccessKey: made!.secret };
  drawn.length = 0;
  return { folder, drawn, store, kms: clientsWith({ ...deps, store, random }, credentials, 'us-east-1').kms };
}

/** The ways in which bytes may lie in a file. */
function forms(secret: Uint8Array): (Buffer | string)[] {
  const bytes = Buffer.from(secret);
  const inner = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64');
  return [bytes, bytes.toString('hex'), inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
}

test('no key bytes and no plaintext lie in the data folder or in the journal', async (t) => {
  const { folder, drawn, store, kms } = await planeOnDisk(t);
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const mac = (await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })).KeyMetadata!.KeyId!;
  await kms.generateMac({ KeyId: mac, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' });
  const Plaintext = new Uint8Array(Buffer.from('a plaintext that nobody keeps'));
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
  const data = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  await kms.rotateKeyOnDemand({ KeyId });
  const external = (await kms.createKey({ Origin: 'EXTERNAL', KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }))
    .KeyMetadata!.KeyId!;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const document = privateKey.export({ type: 'pkcs8', format: 'der' });
  const parameters = await kms.getParametersForImport({
    KeyId: external,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_4096',
  });
  const key = createPublicKey({ key: Buffer.from(parameters.PublicKey!), format: 'der', type: 'spki' });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  await kms.importKeyMaterial({
    KeyId: external,
    ImportToken: parameters.ImportToken!,
    EncryptedKeyMaterial: publicEncrypt({ key, padding, oaepHash: 'sha256' }, document),
    ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
  });
  await kms.sign({ KeyId: external, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' });
  await store.journal.catchUp();

  const scalar = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
  assert.ok(drawn.length >= 4, 'symmetric, HMAC and rotated material, and a data key, were drawn');
  const secrets = [...drawn, Plaintext, data.Plaintext!, scalar].flatMap(forms);
  const files = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
  assert.ok(
    files.some((bytes) => bytes.includes(KeyId)),
    'the files are read as they lie on disk',
  );
  for (const secret of secrets) assert.ok(files.every((bytes) => !bytes.includes(secret)));
  const entries = await store.journal.read(0, 1000);
  assert.ok(entries.some(({ body }) => body.includes('ImportKeyMaterial')));
  const journal = entries.map(({ body }) => body).join('\n');
  for (const secret of secrets) assert.ok(!journal.includes(secret.toString('latin1' as 'utf8')));
});
