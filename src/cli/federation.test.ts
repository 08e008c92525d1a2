import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testCloud } from '../testing/cloud.ts';
import { metadataOf, samlIssuer } from '../testing/samlIssuer.ts';
import { listening } from '../testing/socket.ts';
import { identitySource } from './identitySource.ts';
import { samlApplication } from './samlApplication.ts';

const signer = samlIssuer();
const next = samlIssuer('next');

type Command = typeof identitySource;

/** A plane, its folder, and how a command is run against it. */
async function world(t: TestContext, { enabled = true } = {}) {
  const cloud = await testCloud();
  if (enabled) await cloud.root.ssoAdmin.createInstance({});
  const port = await listening(t, cloud);
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-federation-'));
  t.after(() => rmSync(data, { recursive: true }));
  const { accessKeyId, secretAccessKey } = await cloud.keyFor(cloud.managementAccount);
  const keys = `[root]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(join(data, 'credentials'), keys);
  writeFileSync(join(data, 'endpoint'), `http://127.0.0.1:${port}\n`);
  const file = (name: string, text: string) => {
    writeFileSync(join(data, name), text);
    return join(data, name);
  };
  const complaints: unknown[] = [];
  t.mock.method(console, 'error', (line: unknown) => complaints.push(line));
  const run =
    (command: Command) =>
    async (code: number, ...args: string[]) => {
      const said: string[] = [];
      const left = await command([...args, '--data', data, '--profile', 'root'], (line) => said.push(line));
      assert.equal(left, code, `${args.join(' ')}: ${complaints.at(-1)}`);
      return said.join('\n');
    };
  return { cloud, file, run, complaints };
}

test('gatehouse identity-source connects a provider, rotates its certificate, and goes back to the directory', async (t) => {
  const { file, run } = await world(t);
  const source = run(identitySource);
  assert.match(await source(0), /^identityStore: d-\w+\nsource: directory\ngatehouse:\n {2}entityId: http/);
  const metadata = file('metadata.xml', metadataOf([signer]));
  const connected = JSON.parse(await source(0, 'saml', metadata, '--json'));
  assert.equal(connected.source, 'saml');
  assert.match(connected.gatehouse.acsUrl, /\/platform\/saml\/acs\/ssoins-/);
  const two = JSON.parse(await source(0, 'certificate', file('next.pem', next.pem), '--json'));
  assert.equal(two.certificates.length, 2);
  const [first] = two.certificates;
  assert.match(await source(0, 'certificate', '--delete', first.id), /^certificates:\n {2}id: \w{64}$/m);
  const secret = file('secret', 'hush\n');
  const oidc = await source(
    ...([
      0,
      'oidc',
      '--issuer',
      'https://idp.example.com',
      '--client-id',
      'g',
      '--client-secret-file',
      secret,
    ] as const),
    ...['--claim', 'email', '--scope', 'email'],
  );
  assert.match(oidc, /^claim: email\nscopes: email$/m);
  assert.doesNotMatch(oidc, /hush/);
  assert.match(await source(0, 'directory'), /^source: directory$/m);
  assert.match(await source(0, '--help'), /^Usage: npx gatehouse identity-source/);
  for (const wrong of [['x'], ['saml'], ['saml', '/nowhere'], ['oidc'], ['--x']]) await source(2, ...wrong);
  await source(1, 'saml', file('wrong.xml', '<a/>'));
  await source(1, 'certificate', file('wrong.pem', 'x'));
});

test('where IAM Identity Center is not enabled, gatehouse identity-source says how it is', async (t) => {
  const { cloud, run, complaints } = await world(t, { enabled: false });
  const source = run(identitySource);
  await source(1);
  assert.match(String(complaints.at(-1)), /^gatehouse: This account has no instance .* aws sso-admin create-instance/);
  await cloud.root.ssoAdmin.createInstance({});
  await source(0);
  await source(1, '--instance', 'arn:aws:sso:::instance/ssoins-0123456789abcdef');
  assert.match(String(complaints.at(-1)), /There is no such instance/);
});

test('gatehouse saml-application makes, shows and changes applications, and rotates their keys', async (t) => {
  const { cloud, file, run } = await world(t);
  const application = run(samlApplication);
  const urls = ['--acs-url', 'https://wiki.example.com/acs', '--audience', 'wiki'];
  const settings = ['--attribute', 'mail=$' + '{user:email}', '--subject-format', 'emailAddress', '--session', 'PT2H'];
  const made = JSON.parse(await application(0, 'create', 'Wiki', ...urls, ...settings, '--json'));
  assert.deepEqual([made.sessionSeconds, made.attributes[0].name, made.audience], [7200, 'mail', 'wiki']);
  const { Applications } = await cloud.root.ssoAdmin.listApplications({
    InstanceArn: (await cloud.root.ssoAdmin.listInstances({})).Instances![0]!.InstanceArn,
  });
  assert.equal(Applications![0]!.ApplicationArn, made.arn);
  const certificate = file('wiki.pem', signer.pem);
  assert.match(await application(0, 'update', made.arn, '--certificate', certificate), /^certificate:$/m);
  assert.doesNotMatch(await application(0, 'update', made.id, '--certificate', ''), /^certificate:$/m);
  const two = JSON.parse(await application(0, 'certificate', made.id, '--json'));
  const [first, second] = two.signers;
  assert.equal(
    JSON.parse(await application(0, 'certificate', made.id, '--activate', second.id, '--json')).signers.length,
    2,
  );
  assert.equal(
    JSON.parse(await application(0, 'certificate', made.id, '--delete', first.id, '--json')).signers.length,
    1,
  );
  assert.match(await application(0, 'list'), /name: Wiki/);
  assert.match(await application(0, 'show', made.id), /signInUrl: http.*\/saml\/assertion\/apl-/);
  assert.match(await application(0, '--help'), /^Usage: npx gatehouse saml-application/);
  for (const wrong of [
    [],
    ['x'],
    ['show'],
    ['create', 'a', '--attribute', 'x'],
    ['create', 'a', '--metadata', '/no'],
  ]) {
    await application(2, ...wrong);
  }
  await application(1, 'create', 'Wiki');
  await application(1, 'show', 'apl-0000000000000000');
});
