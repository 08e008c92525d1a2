/** Roles Anywhere as it is used: an authority and certificates of OpenSSL, the AWS CLI for the setting, a socket. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
const has = (program: string) => {
  try {
    execFileSync(program, [program === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const missing = ['aws', 'openssl'].filter((program) => !has(program));

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

/** What the credential helper sends. */
async function createSession(endpoint: string, folder: string, input: object) {
  const { raw: der, serialNumber } = new X509Certificate(readFileSync(join(folder, 'leaf.pem')));
  const body = JSON.stringify(input);
  const [at] = new Date(performance.timeOrigin + performance.now()).toISOString().replace(/[-:]/g, '').split('.');
  const signed: Record<string, string> = {
    'content-type': 'application/json',
    host: new URL(endpoint).host,
    'x-amz-date': `${at}Z`,
    'x-amz-x509': der.toString('base64'),
  };
  const names = Object.keys(signed).join(';');
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const canonical = `POST\n/sessions\n\n${lines.join('')}\n${names}\n${sha256(body)}`;
  const scope = `${at!.slice(0, 8)}/us-east-1/rolesanywhere/aws4_request`;
  const algorithm = 'AWS4-X509-ECDSA-SHA256';
  const text = `${algorithm}\n${at}Z\n${scope}\n${sha256(canonical)}`;
  const key = createPrivateKey(readFileSync(join(folder, 'leaf.key')));
  const signature = sign('sha256', Buffer.from(text), key).toString('hex');
  const credential = `${BigInt(`0x${serialNumber}`)}/${scope}`;
  const authorization = `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  const { host: _, ...headers } = signed;
  const answer = await fetch(`${endpoint}/sessions`, { method: 'POST', body, headers: { ...headers, authorization } });
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
}

async function authority(folder: string) {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const days = ['-days', '3650'];
  const config = [
    '[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=3650',
    '[leaf]\nkeyUsage=critical,digitalSignature\nsubjectAltName=DNS:robot.example',
  ].join('\n');
  writeFileSync(join(folder, 'own.cnf'), config);
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'number'), '01');
  const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const subject = ['-subj', '/C=AT/O=Example/CN=Test authority'];
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    ...days,
    ...subject,
    ...usage,
  );
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl('req', ...curve, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/O=Example/CN=robot');
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'own.cnf', '-extensions', 'leaf'];
  await openssl('x509', '-req', '-in', 'leaf.csr', '-out', 'leaf.pem', ...by, ...days);
  const own = ['-config', 'own.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem'];
  await openssl('ca', ...own, '-revoke', 'leaf.pem');
  await openssl('ca', ...own, '-gencrl', '-out', 'list.pem');
}

test('OpenSSL’s certificates get a session, until OpenSSL’s revocation list is enabled', {
  skip: missing.length > 0 && missing.join(),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'anywhere-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await authority(folder);
  const { endpoint, credentials } = await planeOnSocket(t);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
  };
  const aws = async (...args: string[]) =>
    JSON.parse((await run('aws', ['--endpoint-url', endpoint, '--output', 'json', ...args], { env })).stdout || '{}');
  const Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
  const trust = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'rolesanywhere.amazonaws.com' },
      Action,
      Condition: { StringEquals: { 'aws:PrincipalTag/x509SAN/DNS': 'robot.example' } },
    },
  };
  const { Role } = await aws(
    'iam',
    'create-role',
    '--role-name',
    'robot',
    '--assume-role-policy-document',
    JSON.stringify(trust),
  );
  const x509CertificateData = readFileSync(join(folder, 'ca.pem'), 'utf8');
  const source = JSON.stringify({ sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData } });
  const ours = (...args: string[]) => aws('rolesanywhere', ...args);
  const { trustAnchor } = await ours('create-trust-anchor', '--name', 'ca', '--enabled', '--source', source);
  const { profile } = await ours('create-profile', '--name', 'p', '--enabled', '--role-arns', Role.Arn);
  const { trustAnchorArn } = trustAnchor;
  const input = { trustAnchorArn, profileArn: profile.profileArn, roleArn: Role.Arn };
  const first = await createSession(endpoint, folder, input);
  assert.equal(first.status, 201, JSON.stringify(first.body));
  assert.match(JSON.stringify(first.body), /"sourceIdentity":"CN=robot"/);
  const list = ['--crl-data', `fileb://${join(folder, 'list.pem')}`, '--trust-anchor-arn', trustAnchorArn];
  await ours('import-crl', '--name', 'list', '--enabled', ...list);
  const second = await createSession(endpoint, folder, input);
  assert.deepEqual([second.status, second.body.message], [403, 'Certificate revoked']);
});
