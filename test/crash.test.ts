/**
 * Where key bytes are not, on a real process: in the data folder while it runs (database, log, blobs), in its records,
 * in what it answers and prints when it ends badly, and in the diagnostic report that Node writes of a crash. Imported
 * keys are known to the test; generated ones it reads from their sealed rows, under the root key.
 */
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, generateKeyPairSync, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DataKeyPairSpec, type KeySpec, type KeyUsageType, KMS } from '@aws-sdk/client-kms';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { openSeal, sealIn } from '../src/core/seal.ts';
import { secretsUnder } from '../src/core/secrets.ts';
import { attributesOf } from '../src/gateway/record.ts';
import { tokenIn } from '../src/services/kms/importTokens.ts';
import { keyStores } from '../src/services/kms/keyStoreRows.ts';
import { type Material, materials } from '../src/services/kms/materials.ts';
import { everyRow } from '../src/store/everyRow.ts';
import { openStore } from '../src/store/open.ts';
import { importedKey } from '../src/testing/importedKeys.ts';
import { noSoftHsm, softHsm } from '../src/testing/softHsm.ts';
import { testCertificate } from '../src/testing/x509.ts';
import { XKS_CREDENTIAL, XKS_HOST, xksProxy } from '../src/testing/xksProxy.ts';
import { folder, startedPlane } from './processes.ts';

const PASSPHRASE = 'the passphrase that nobody writes down';
const PIN = 'the-password-of-kmsuser';
const CLUSTER = 'cluster-7a23b4cdefg';
const PATH = '/kms/xks/v1';

/** Every key spec that is generated here, with a usage. SM2 is refused outside of China. */
const SPECS: Readonly<Partial<Record<KeySpec, KeyUsageType>>> = {
  SYMMETRIC_DEFAULT: 'ENCRYPT_DECRYPT',
  RSA_2048: 'SIGN_VERIFY',
  RSA_3072: 'ENCRYPT_DECRYPT',
  ECC_NIST_P256: 'SIGN_VERIFY',
  ECC_NIST_P384: 'KEY_AGREEMENT',
  ECC_NIST_P521: 'SIGN_VERIFY',
  ECC_SECG_P256K1: 'SIGN_VERIFY',
  ECC_NIST_EDWARDS25519: 'SIGN_VERIFY',
  HMAC_224: 'GENERATE_VERIFY_MAC',
  HMAC_256: 'GENERATE_VERIFY_MAC',
  HMAC_384: 'GENERATE_VERIFY_MAC',
  HMAC_512: 'GENERATE_VERIFY_MAC',
  ML_DSA_44: 'SIGN_VERIFY',
  ML_DSA_65: 'SIGN_VERIFY',
  ML_DSA_87: 'SIGN_VERIFY',
  ML_KEM_512: 'ENCAPSULATE_DECAPSULATE',
  ML_KEM_768: 'ENCAPSULATE_DECAPSULATE',
  ML_KEM_1024: 'ENCAPSULATE_DECAPSULATE',
};

/** What the test comes to know of secrets while it uses the plane. */
interface Known {
  readonly secrets: Uint8Array[];
  readonly tokens: Uint8Array[];
  readonly blobs: Uint8Array[];
  readonly said: string[];
}

const Message = Buffer.from('m');

/** Uses a new key of each spec in every way that touches what is secret of it. */
async function useGenerated(kms: KMS, { secrets, blobs }: Known): Promise<void> {
  for (const [spec, KeyUsage] of Object.entries(SPECS)) {
    const KeySpec = spec as KeySpec;
    const KeyId = (await kms.createKey({ KeySpec, KeyUsage })).KeyMetadata!.KeyId!;
    const { SigningAlgorithms = [], MacAlgorithms = [] } = (await kms.describeKey({ KeyId })).KeyMetadata!;
    for (const SigningAlgorithm of SigningAlgorithms.slice(0, 1)) await kms.sign({ KeyId, Message, SigningAlgorithm });
    for (const MacAlgorithm of MacAlgorithms) await kms.generateMac({ KeyId, Message, MacAlgorithm });
    if (KeySpec.startsWith('ML_DSA')) {
      const mu = { Message: Buffer.alloc(64, 7), MessageType: 'EXTERNAL_MU' } as const;
      await kms.sign({ KeyId, ...mu, SigningAlgorithm: 'ML_DSA_SHAKE_256' });
    }
    if (KeySpec.startsWith('ML_KEM')) {
      const made = await kms.encapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM' });
      const { SharedSecretCiphertextBlob } = made;
      await kms.decapsulate({ KeyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob });
      secrets.push(made.SharedSecret!);
    }
    if (KeyUsage === 'KEY_AGREEMENT') {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
      const PublicKey = publicKey.export({ type: 'spki', format: 'der' });
      secrets.push((await kms.deriveSharedSecret({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey })).SharedSecret!);
    }
    if (KeySpec === 'SYMMETRIC_DEFAULT') await useSymmetric(kms, KeyId, { secrets, blobs });
  }
}

const PAIRS: readonly DataKeyPairSpec[] = ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_EDWARDS25519', 'ML_KEM_512'];

/** Encrypts, makes data keys and data key pairs with and without plaintext, rotates and does it again. */
async function useSymmetric(kms: KMS, KeyId: string, { secrets, blobs }: Pick<Known, 'secrets' | 'blobs'>) {
  for (let generation = 0; generation < 2; generation++) {
    const plain = randomBytes(40);
    blobs.push((await kms.encrypt({ KeyId, Plaintext: plain })).CiphertextBlob!);
    const data = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
    blobs.push((await kms.generateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' })).CiphertextBlob!);
    secrets.push(plain, data.Plaintext!, (await kms.generateRandom({ NumberOfBytes: 32 })).Plaintext!);
    await kms.rotateKeyOnDemand({ KeyId });
  }
  for (const KeyPairSpec of PAIRS) {
    const { PrivateKeyPlaintext } = await kms.generateDataKeyPair({ KeyId, KeyPairSpec });
    const { PrivateKeyCiphertextBlob } = await kms.generateDataKeyPairWithoutPlaintext({ KeyId, KeyPairSpec });
    const { Plaintext } = await kms.decrypt({ CiphertextBlob: PrivateKeyCiphertextBlob! });
    for (const document of [PrivateKeyPlaintext!, Plaintext!]) secrets.push(...privateParts(privateKeyIn(document)));
  }
  for (const CiphertextBlob of blobs) secrets.push((await kms.decrypt({ CiphertextBlob })).Plaintext!);
}

async function useImported(kms: KMS, { secrets, tokens }: Known): Promise<void> {
  const [aes, hmac] = [randomBytes(32), randomBytes(64)];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const symmetric = await importedKey(kms, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', aes);
  await kms.encrypt({ KeyId: symmetric, Plaintext: aes });
  const mac = await importedKey(kms, 'HMAC_256', 'GENERATE_VERIFY_MAC', hmac);
  await kms.generateMac({ KeyId: mac, Message, MacAlgorithm: 'HMAC_SHA_256' });
  const ec = await importedKey(kms, 'ECC_NIST_P256', 'SIGN_VERIFY', privateKey);
  await kms.sign({ KeyId: ec, Message, SigningAlgorithm: 'ECDSA_SHA_256' });
  secrets.push(aes, hmac, ...privateParts(privateKey));
  const asked = { KeyId: symmetric, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' } as const;
  tokens.push((await kms.getParametersForImport(asked)).ImportToken!);
}

/** A key whose outer half is a proxy's, and one in a token. */
async function useStores(kms: KMS, trustAnchor: string | undefined, { secrets }: Known): Promise<void> {
  const used = async (CustomKeyStoreId: string, more: object) => {
    await kms.connectCustomKeyStore({ CustomKeyStoreId });
    const state = async () =>
      (await kms.describeCustomKeyStores({ CustomKeyStoreId })).CustomKeyStores![0]!.ConnectionState;
    while ((await state()) === 'CONNECTING') await new Promise((resolve) => setTimeout(resolve, 20));
    const KeyId = (await kms.createKey({ CustomKeyStoreId, ...more })).KeyMetadata!.KeyId!;
    const plain = randomBytes(40);
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: plain });
    await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
    const data = await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
    secrets.push(plain, data.Plaintext!);
  };
  const { CustomKeyStoreId } = await kms.createCustomKeyStore({
    CustomKeyStoreName: 'outside',
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyUriEndpoint: `https://${XKS_HOST}`,
    XksProxyUriPath: PATH,
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyAuthenticationCredential: XKS_CREDENTIAL,
  });
  await used(CustomKeyStoreId!, { Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'key-1' });
  secrets.push(Buffer.from(XKS_CREDENTIAL.RawSecretAccessKey));
  if (trustAnchor === undefined) return;
  const cluster = await kms.createCustomKeyStore({
    ...{ CustomKeyStoreName: 'hardware', CloudHsmClusterId: CLUSTER },
    ...{ TrustAnchorCertificate: trustAnchor, KeyStorePassword: PIN },
  });
  await used(cluster.CustomKeyStoreId!, { Origin: 'AWS_CLOUDHSM' });
  secrets.push(Buffer.from(PIN));
}

/** Requests that are refused, with secrets in them. */
async function beRefused(kms: KMS, { secrets, blobs, said }: Known): Promise<void> {
  const refused = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => assert.fail('it was taken'),
      (error: Error) => error,
    );
    said.push(`${error.name}: ${error.message} ${JSON.stringify(error)}`);
  };
  const secret = randomBytes(48);
  const text = secret.toString('hex');
  secrets.push(secret);
  const changed = Buffer.from(blobs[0]!);
  changed[60]! ^= 1;
  await refused(kms.decrypt({ CiphertextBlob: changed }));
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  await refused(kms.encrypt({ KeyId, Plaintext: Buffer.concat(Array(90).fill(secret)) }));
  await refused(kms.encrypt({ KeyId: `${KeyId}x`, Plaintext: secret }));
  await refused(importedKey(kms, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', secret));
  await refused(importedKey(kms, 'ECC_NIST_P256', 'SIGN_VERIFY', secret));
  const store = { CustomKeyStoreName: 'x', CustomKeyStoreType: 'EXTERNAL_KEY_STORE' } as const;
  const credential = { AccessKeyId: XKS_CREDENTIAL.AccessKeyId, RawSecretAccessKey: `!${text}` };
  await refused(kms.createCustomKeyStore({ ...store, XksProxyAuthenticationCredential: credential }));
  await refused(kms.createCustomKeyStore({ CustomKeyStoreName: 'x', KeyStorePassword: text }));
}

const privateKeyIn = (document: Uint8Array) =>
  createPrivateKey({ key: Buffer.from(document), format: 'der', type: 'pkcs8' });

const LATTICES: Readonly<Record<string, typeof ml_dsa44>> = {
  'ml-dsa-44': ml_dsa44,
  'ml-dsa-65': ml_dsa65,
  'ml-dsa-87': ml_dsa87,
};

/** All that is secret of a private key: exponents, primes, scalars, seeds, and what is worked out from a seed. */
function privateParts(key: KeyObject): Buffer[] {
  const document = key.export({ type: 'pkcs8', format: 'der' });
  const type = String(key.asymmetricKeyType);
  if (!type.startsWith('ml-')) {
    const { d, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
    return [d, p, q, dp, dq, qi].flatMap((part) => (part === undefined ? [] : Buffer.from(part, 'base64url')));
  }
  const seed = document.subarray(type.startsWith('ml-dsa') ? -32 : -64);
  const secretKey = LATTICES[type]?.keygen(seed).secretKey;
  // The first 32 bytes of an expanded key are public.
  return [seed, ...(secretKey ? [Buffer.from(secretKey.subarray(32))] : [])];
}

/** What the sealed rows hold, and what is derived from it; `keys` are the root keys. */
async function sealedSecrets(data: string, keys: readonly Uint8Array[], known: Known): Promise<Buffer[]> {
  const secrets = secretsUnder(...(keys as [Uint8Array]));
  const log = (error: unknown) => assert.fail(error as Error);
  const options = { attributes: attributesOf, followers: [], log };
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, options);
  const passwords: Buffer[] = [];
  const rows = await store.transaction(async (tx) => {
    const found: Material[] = [];
    for await (const row of everyRow(tx, materials, [])) if (row.sealed !== undefined) found.push(row);
    for await (const { cluster } of everyRow(tx, keyStores, []))
      if (cluster) passwords.push(secrets.open('kms-key-store', cluster.password)!);
    return found;
  });
  await store.close();
  const specs = new Set(rows.map(({ spec }) => spec));
  assert.deepEqual([...specs].sort(), Object.keys(SPECS).sort(), 'there is material of every spec');
  const found: Buffer[] = passwords;
  for (const { sealed, spec } of rows) {
    const bytes = secrets.open('kms-key', sealed!)!.subarray(16);
    const isSecretKey = spec === 'SYMMETRIC_DEFAULT' || spec.startsWith('HMAC');
    found.push(...(isSecretKey ? [bytes] : privateParts(privateKeyIn(bytes))));
    if (spec !== 'SYMMETRIC_DEFAULT') continue;
    for (const blob of known.blobs) {
      const label = 'gatehouse kms ciphertext 1';
      found.push(createHmac('sha256', bytes).update(label).update(blob.subarray(0, 33)).digest());
    }
  }
  for (const token of known.tokens) {
    const { wrapping } = tokenIn({ secrets } as Parameters<typeof tokenIn>[0], token)!;
    found.push(...privateParts(privateKeyIn(Buffer.from(wrapping, 'base64'))));
  }
  for (const key of keys) {
    found.push(Buffer.from(key), Buffer.from(hkdfSync('sha256', key, '', 'gatehouse/kms-key', 32)));
  }
  return found;
}

/** Every file in a folder and in those within it. */
const filesIn = (where: string): string[] =>
  readdirSync(where).flatMap((name) => {
    const path = join(where, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });

type Found = readonly [path: string, bytes: Buffer];
const lying = (where: string): Found[] => filesIn(where).map((path) => [path, readFileSync(path)]);

const WINDOW_BYTES = 32;

/** Of a long secret its beginning and its middle. */
const windows = (secret: Buffer): Buffer[] =>
  secret.length <= 2 * WINDOW_BYTES
    ? [secret]
    : [0, secret.length >> 1].map((at) => secret.subarray(at, at + WINDOW_BYTES));

/** The ways in which bytes may lie in a file; the inner part of a base 64 text, whatever stands before it. */
function forms(secret: Buffer): Buffer[] {
  const texts = [secret.toString('hex'), secret.toString('hex').toUpperCase()];
  for (const shift of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(shift), secret])
      .toString('base64')
      .replaceAll('=', '');
    const inner = text.slice(shift === 0 ? 0 : 4, -4);
    texts.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [secret, ...texts.map((text) => Buffer.from(text)), Buffer.from(`${[...secret].join(',')}`)];
}

function requireAbsent(secrets: readonly Uint8Array[], everything: readonly Found[]): void {
  for (const secret of secrets.flatMap((bytes) => windows(Buffer.from(bytes)))) {
    for (const form of forms(secret)) {
      for (const [path, bytes] of everything) assert.ok(!bytes.includes(form), `${path} holds a secret`);
    }
  }
}

test('key bytes lie neither in the data folder nor in records, nor in what a crash leaves behind', async (t) => {
  const where = folder(t);
  const [data, reports] = [join(where, 'data'), mkdtempSync(join(where, 'reports-'))];
  const outside = await xksProxy(t, PATH);
  outside.hold('key-1');
  const settings = (name: string, content: unknown) => {
    writeFileSync(join(where, name), typeof content === 'string' ? content : JSON.stringify(content));
    return join(where, name);
  };
  const { connect, ca } = outside.address;
  settings('ca.pem', ca!);
  const proxies = { [`https://${XKS_HOST}`]: { connect, ca: 'ca.pem', timeoutMs: 10_000 } };
  const flags = ['--xks-proxies', settings('proxies.json', proxies)];
  const env: Record<string, string> = { GATEHOUSE_SEAL_PASSPHRASE: PASSPHRASE };
  let trustAnchor: string | undefined;
  if (!noSoftHsm) {
    const hsm = softHsm();
    t.after(() => hsm.remove());
    env.SOFTHSM2_CONF = join(hsm.folder, 'softhsm2.conf');
    settings('anchor.crt', (trustAnchor = testCertificate('customer ca').pem));
    const cluster = { ...hsm.token('kms', PIN), trustAnchor: 'anchor.crt' };
    flags.push('--hsm-clusters', settings('clusters.json', { [CLUSTER]: cluster }));
  }
  const node = ['--report-uncaught-exception', '--report-on-signal', `--report-dir=${reports}`];
  const plane = await startedPlane(t, data, { node, flags, env });
  const kms = new KMS(plane.config);
  const known: Known = { secrets: [Buffer.from(PASSPHRASE)], tokens: [], blobs: [], said: [] };
  await useGenerated(kms, known);
  await useImported(kms, known);
  await useStores(kms, trustAnchor, known);
  await beRefused(kms, known);
  const running = lying(data);
  assert.ok(
    running.some(([, bytes]) => bytes.includes('ImportKeyMaterial')),
    'the records are among the files, as they lie on the disk',
  );
  plane.child.kill('SIGUSR2');
  while (readdirSync(reports).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  plane.child.kill('SIGABRT');
  const { out, err } = await plane.ended;
  const printed = Buffer.from([out, err, ...known.said].join('\n'));
  const everything: Found[] = [...running, ...lying(data), ...lying(reports), ['what it said', printed]];
  const keys = await openSeal(sealIn(readFileSync(join(data, 'root.key'), 'utf8')), {
    kind: 'passphrase',
    passphrase: PASSPHRASE,
  });
  requireAbsent([...known.secrets, ...(await sealedSecrets(data, keys, known))], everything);
});
