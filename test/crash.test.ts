/**
 * Where key bytes are not, on a real process: in the data folder while it runs (database, log, blobs), in its records,
 * in what it prints when it ends badly, and in the diagnostic report that Node writes of a crash.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KMS } from '@aws-sdk/client-kms';

const root = join(import.meta.dirname, '..');
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|GATEHOUSE)_/.test(name)));
const PASSPHRASE = 'the passphrase that nobody writes down';

async function plane(t: TestContext, data: string, reports: string) {
  const node = ['--report-uncaught-exception', '--report-on-signal', `--report-dir=${reports}`];
  const args = [...node, 'src/main.ts', '--port', '0', '--data', data];
  const child = spawn(process.execPath, args, { cwd: root, env: { ...clean, GATEHOUSE_SEAL_PASSPHRASE: PASSPHRASE } });
  t.after(() => child.kill('SIGKILL'));
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk) => said.push(chunk));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said.push(chunk);
      const found = /ready at (http:\S+)/.exec(Buffer.concat(said).toString())?.[1];
      if (found) resolve(found);
    });
    ended.then(() => reject(new Error(Buffer.concat(said).toString())));
  });
  return { child, ended, endpoint, said };
}

const FOREVER = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const;

/** Keys whose bytes we know, imported and used. */
async function use(kms: KMS): Promise<Buffer[]> {
  const aes = randomBytes(32);
  const hmac = randomBytes(64);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const imported = async (KeySpec: 'SYMMETRIC_DEFAULT' | 'HMAC_256' | 'ECC_NIST_P256', material: Buffer) => {
    const KeyUsage = {
      SYMMETRIC_DEFAULT: 'ENCRYPT_DECRYPT',
      HMAC_256: 'GENERATE_VERIFY_MAC',
      ECC_NIST_P256: 'SIGN_VERIFY',
    };
    const asked = { Origin: 'EXTERNAL', KeySpec, KeyUsage: KeyUsage[KeySpec] as 'SIGN_VERIFY' } as const;
    const KeyId = (await kms.createKey(asked)).KeyMetadata!.KeyId!;
    const wrapping = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' } as const;
    const { ImportToken, PublicKey } = await kms.getParametersForImport(wrapping);
    const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    const EncryptedKeyMaterial = publicEncrypt({ key, ...padding }, material);
    await kms.importKeyMaterial({ KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial, ...FOREVER });
    return KeyId;
  };
  const symmetric = await imported('SYMMETRIC_DEFAULT', aes);
  const plain = randomBytes(40);
  const { CiphertextBlob } = await kms.encrypt({ KeyId: symmetric, Plaintext: plain });
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
  const data = await kms.generateDataKey({ KeyId: symmetric, KeySpec: 'AES_256' });
  const mac = await imported('HMAC_256', hmac);
  await kms.generateMac({ KeyId: mac, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' });
  const ec = await imported('ECC_NIST_P256', privateKey.export({ type: 'pkcs8', format: 'der' }));
  await kms.sign({ KeyId: ec, Message: Buffer.from('m'), SigningAlgorithm: 'ECDSA_SHA_256' });
  const broken = Buffer.from(CiphertextBlob!);
  broken[60]! ^= 1;
  await assert.rejects(kms.decrypt({ CiphertextBlob: broken }), { name: 'InvalidCiphertextException' });
  const scalar = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
  return [aes, hmac, scalar, plain, Buffer.from(data.Plaintext!), Buffer.from(PASSPHRASE)];
}

/** Every file in a folder and in those within it. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });

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

test('known key bytes lie neither in the data folder nor in records, nor in what a crash leaves behind', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-crash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [data, reports] = [join(folder, 'data'), mkdtempSync(join(folder, 'reports-'))];
  const { child, ended, endpoint, said } = await plane(t, data, reports);
  const text = readFileSync(join(data, 'credentials'), 'utf8');
  const credentials = {
    accessKeyId: /aws_access_key_id = (\S+)/.exec(text)![1]!,
    secretAccessKey: /aws_secret_access_key = (\S+)/.exec(text)![1]!,
  };
  const kms = new KMS({ endpoint, credentials, region: 'us-east-1', maxAttempts: 1 });
  const secrets = await use(kms);
  const lying = () => filesIn(data).map((path) => [path, readFileSync(path)] as const);
  const running = lying();
  assert.ok(
    running.some(([, bytes]) => bytes.includes('ImportKeyMaterial')),
    'the records are among the files, as they lie on the disk',
  );
  child.kill('SIGUSR2');
  for (let i = 0; i < 200 && readdirSync(reports).length === 0; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(readdirSync(reports).length > 0, 'a report was written');
  child.kill('SIGABRT');
  await ended;
  const left = filesIn(reports).map((path) => [path, readFileSync(path)] as const);
  const everything = [...running, ...lying(), ...left, ['output', Buffer.concat(said)] as const];
  for (const secret of secrets) {
    for (const form of forms(secret)) {
      for (const [path, bytes] of everything) assert.ok(!bytes.includes(form), `${path} holds a secret`);
    }
  }
});
