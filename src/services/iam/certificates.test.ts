import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { testCloud } from '../../testing/cloud.ts';
import { testCertificate } from '../../testing/x509.ts';

test('UploadServerCertificate keeps a certificate whose key and chain fit', async () => {
  const { root } = await testCloud();
  const { iam } = root;
  const top = testCertificate('Top');
  const middle = testCertificate('Middle', { issuer: top });
  const leaf = testCertificate('example.com', { issuer: middle });
  const chain = `${middle.pem}\n${top.pem}`;
  const input = {
    ServerCertificateName: 'web',
    Path: '/cloudfront/',
    CertificateBody: leaf.pem,
    PrivateKey: leaf.privateKey,
    CertificateChain: chain,
    Tags: [{ Key: 'a', Value: 'b' }],
  };
  const made = await iam.uploadServerCertificate(input);
  const metadata = made.ServerCertificateMetadata;
  assert.equal(metadata?.Arn, 'arn:aws:iam::111122223333:server-certificate/cloudfront/web');
  assert.match(metadata?.ServerCertificateId ?? '', /^ASCA[A-Z2-7]{17}$/);
  assert.equal(metadata?.Expiration?.toISOString(), '2099-01-01T00:00:00.000Z');
  const { ServerCertificate } = await iam.getServerCertificate({ ServerCertificateName: 'WEB' });
  assert.deepEqual(ServerCertificate, {
    ServerCertificateMetadata: metadata,
    CertificateBody: leaf.pem.trim(), // A file's last newline is not told again: Terraform compares.
    CertificateChain: chain.trim(),
    Tags: input.Tags,
  });
  await assert.rejects(iam.uploadServerCertificate(input), {
    name: 'EntityAlreadyExistsException',
    message: 'The Server Certificate with name web already exists.',
  });
  await iam.updateServerCertificate({ ServerCertificateName: 'web', NewServerCertificateName: 'site', NewPath: '/' });
  const { ServerCertificateMetadataList } = await iam.listServerCertificates({});
  assert.deepEqual(
    ServerCertificateMetadataList?.map((row) => row.Arn),
    ['arn:aws:iam::111122223333:server-certificate/site'],
  );
  await iam.untagServerCertificate({ ServerCertificateName: 'site', TagKeys: ['a'] });
  assert.deepEqual((await iam.listServerCertificateTags({ ServerCertificateName: 'site' })).Tags, []);
  await iam.deleteServerCertificate({ ServerCertificateName: 'site' });
  await assert.rejects(iam.getServerCertificate({ ServerCertificateName: 'site' }), {
    name: 'NoSuchEntityException',
    message: 'The Server Certificate with name site cannot be found.',
  });
});

test('UploadServerCertificate refuses what does not belong together', async () => {
  const { root } = await testCloud();
  const leaf = testCertificate('example.com');
  const other = testCertificate('other');
  const right = { ServerCertificateName: 'web', CertificateBody: leaf.pem, PrivateKey: leaf.privateKey };
  const cases = [
    [{ ...right, PrivateKey: other.privateKey }, 'KeyPairMismatchException'],
    [{ ...right, CertificateBody: 'no certificate' }, 'MalformedCertificateException'],
    [{ ...right, PrivateKey: 'no key' }, 'MalformedCertificateException'],
    [{ ...right, CertificateChain: other.pem }, 'MalformedCertificateException'],
    [{ ...right, CertificateChain: '-----BEGIN CERTIFICATE-----\n'.repeat(20_000) }, 'MalformedCertificateException'],
    [{ ...right, CertificateChain: ' ' }, 'MalformedCertificateException'],
  ] as const;
  for (const [input, name] of cases) await assert.rejects(root.iam.uploadServerCertificate(input), { name });
});

test('UploadSigningCertificate keeps two valid certificates a user, each once an account', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  const first = testCertificate('first');
  const { Certificate } = await iam.uploadSigningCertificate({ UserName: 'alice', CertificateBody: first.pem });
  assert.match(Certificate?.CertificateId ?? '', /^[A-Z2-7]{32}$/);
  assert.equal(Certificate?.CertificateBody, first.pem);
  await assert.rejects(iam.uploadSigningCertificate({ CertificateBody: first.pem }), {
    name: 'DuplicateCertificateException',
  });
  const expired = testCertificate('expired', { years: 1 });
  await assert.rejects(iam.uploadSigningCertificate({ UserName: 'alice', CertificateBody: expired.pem }), {
    name: 'InvalidCertificateException',
  });
  await iam.uploadSigningCertificate({ UserName: 'alice', CertificateBody: testCertificate('second').pem });
  await assert.rejects(
    iam.uploadSigningCertificate({ UserName: 'alice', CertificateBody: testCertificate('third').pem }),
    { name: 'LimitExceededException', message: 'Cannot exceed quota for SigningCertificatesPerUser: 2' },
  );
  const target = { UserName: 'alice', CertificateId: Certificate?.CertificateId };
  await iam.updateSigningCertificate({ ...target, Status: 'Inactive' });
  const { Certificates } = await iam.listSigningCertificates({ UserName: 'alice' });
  assert.equal(Certificates?.find((row) => row.CertificateId === target.CertificateId)?.Status, 'Inactive');
  await iam.deleteSigningCertificate(target);
  await assert.rejects(iam.deleteSigningCertificate(target), { name: 'NoSuchEntityException' });
});

test('UploadSSHPublicKey gives a key back in both encodings', async () => {
  const { root } = await testCloud();
  const { iam } = root;
  await iam.createUser({ UserName: 'alice' });
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();
  const made = await iam.uploadSSHPublicKey({ UserName: 'alice', SSHPublicKeyBody: pem });
  const SSHPublicKeyId = made.SSHPublicKey?.SSHPublicKeyId;
  assert.match(SSHPublicKeyId ?? '', /^APKA[A-Z2-7]{17}$/);
  assert.match(made.SSHPublicKey?.Fingerprint ?? '', /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  const key = { UserName: 'alice', SSHPublicKeyId };
  const ssh = (await iam.getSSHPublicKey({ ...key, Encoding: 'SSH' })).SSHPublicKey?.SSHPublicKeyBody ?? '';
  assert.match(ssh, /^ssh-rsa AAAAB3NzaC1yc2E/);
  await assert.rejects(iam.uploadSSHPublicKey({ UserName: 'alice', SSHPublicKeyBody: ssh }), {
    name: 'DuplicateSSHPublicKeyException',
  });
  await iam.deleteSSHPublicKey(key);
  const again = await iam.uploadSSHPublicKey({ UserName: 'alice', SSHPublicKeyBody: `${ssh} alice@laptop` });
  assert.equal(again.SSHPublicKey?.Fingerprint, made.SSHPublicKey?.Fingerprint);
  const asPem = { UserName: 'alice', SSHPublicKeyId: again.SSHPublicKey?.SSHPublicKeyId, Encoding: 'PEM' } as const;
  assert.equal((await iam.getSSHPublicKey(asPem)).SSHPublicKey?.SSHPublicKeyBody?.trim(), pem);
  await iam.updateSSHPublicKey({ ...asPem, Status: 'Inactive' });
  assert.equal((await iam.listSSHPublicKeys({ UserName: 'alice' })).SSHPublicKeys?.[0]?.Status, 'Inactive');
});

test('UploadSSHPublicKey answers whatever it is given with an error of its own', async () => {
  const { root } = await testCloud();
  await root.iam.createUser({ UserName: 'alice' });
  const refusals = ['InvalidPublicKeyException', 'UnrecognizedPublicKeyEncodingException'];
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => `ssh-rsa ${prefixed(bytes)}`),
    fc.string({ minLength: 1, maxLength: 60, unit: 'binary-ascii' }).map((text) => `ssh-rsa ${text}`),
    fc.base64String({ minLength: 4, maxLength: 400 }).map((text) => PEM.replace('…', text)),
  );
  await fc.assert(
    fc.asyncProperty(bodies, async (SSHPublicKeyBody) => {
      const error = await root.iam.uploadSSHPublicKey({ UserName: 'alice', SSHPublicKeyBody }).then(
        () => undefined,
        (error: Error) => error.name,
      );
      assert.ok([...refusals, 'ValidationError'].includes(error ?? ''), `${error}: ${SSHPublicKeyBody}`);
    }),
    { numRuns: 150 },
  );
});

const PEM = '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----';
const prefixed = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from('ssh-rsa'), bytes]).toString('base64');

test('UploadSSHPublicKey refuses what is no RSA key of 2,048 bits', async () => {
  const { root } = await testCloud();
  await root.iam.createUser({ UserName: 'alice' });
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const curve = generateKeyPairSync('ed25519').publicKey;
  const pem = (key: typeof weak) => key.export({ type: 'spki', format: 'pem' }).toString();
  const cases = [
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI', 'UnrecognizedPublicKeyEncodingException'],
    ['hello', 'UnrecognizedPublicKeyEncodingException'],
    ['ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB', 'InvalidPublicKeyException'],
    ['ssh-rsa !!!', 'InvalidPublicKeyException'],
    [pem(weak), 'InvalidPublicKeyException'],
    [pem(curve), 'InvalidPublicKeyException'],
  ] as const;
  for (const [SSHPublicKeyBody, name] of cases) {
    await assert.rejects(root.iam.uploadSSHPublicKey({ UserName: 'alice', SSHPublicKeyBody }), { name });
  }
});
