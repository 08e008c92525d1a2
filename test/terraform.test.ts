/**
 * Terraform and its AWS provider, unmodified: what they write they read back, so a second plan finds nothing to do.
 * TF_PLUGIN_DIR names a folder of providers (`terraform providers mirror DIR` fills one); none is fetched.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Organizations } from '@aws-sdk/client-organizations';
import { SSOAdmin } from '@aws-sdk/client-sso-admin';
import { testCertificate } from '../src/testing/x509.ts';
import { startedPlane } from './processes.ts';

const plugins = process.env.TF_PLUGIN_DIR;
const missing = spawnSync('terraform', ['version']).error ? 'no terraform here' : !plugins && 'no TF_PLUGIN_DIR';

/** Exit code of `plan -detailed-exitcode` when there is nothing to do; 2 when there is. */
const NOTHING_TO_DO = 0;

test('Terraform applies, changes, finds nothing to do and destroys', { skip: missing }, async (t) => {
  const { folder, env } = await world(t, 'terraform');
  writeMaterial(folder);
  await rounds(folder, env, STAY_BEHIND);
});

test('the labs of IAM Identity Center and KMS, written for Terraform', { skip: missing }, async (t) => {
  const { folder, env, config } = await world(t, 'terraform/labs');
  await new Organizations(config).createOrganization({ FeatureSet: 'ALL' });
  await new SSOAdmin(config).createInstance({});
  await rounds(folder, env);
});

async function world(t: TestContext, configuration: string) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(import.meta.dirname, configuration), folder, { recursive: true });
  return { folder, ...(await plane(t, folder)) };
}

async function rounds(folder: string, env: NodeJS.ProcessEnv, staysBehind: readonly string[] = []): Promise<void> {
  const terraform = (...args: string[]) => run('terraform', args, folder, env);
  assert.equal((await terraform('init', `-plugin-dir=${plugins}`)).code, 0);
  for (const round of [1, 2]) {
    const variable = `-var=round=${round}`;
    const applied = await terraform('apply', '-auto-approve', '-no-color', variable);
    assert.equal(applied.code, 0, applied.text);
    await terraform('apply', '-refresh-only', '-auto-approve', variable); // Data is read before what it is about changes.
    const plan = await terraform('plan', '-detailed-exitcode', '-no-color', variable);
    assert.equal(plan.code, NOTHING_TO_DO, plan.text);
  }
  // A closed account stays in its unit for ninety days, in AWS too: it stays behind, and what holds it.
  if (staysBehind.length > 0) await terraform('state', 'rm', ...staysBehind);
  const destroyed = await terraform('destroy', '-auto-approve', '-no-color', '-var=round=2');
  assert.equal(destroyed.code, 0, destroyed.text);
}

const STAY_BEHIND = [
  'aws_organizations_account.a',
  'aws_organizations_organizational_unit.ou2',
  'aws_organizations_organizational_unit.ou',
  'aws_organizations_organization.o',
];

/** A plane of its own, and the environment that leads its clients there. */
async function plane(t: Pick<TestContext, 'after'>, folder: string) {
  const { config } = await startedPlane(t, join(folder, 'data'), { flags: ['--ephemeral'] });
  const clean = Object.entries(process.env).filter(([name]) => !/^(AWS|TF)_/.test(name));
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(clean),
    AWS_ACCESS_KEY_ID: config.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: config.credentials.secretAccessKey,
    AWS_ENDPOINT_URL: config.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    TF_CLI_CONFIG_FILE: '/dev/null',
    CHECKPOINT_DISABLE: '1',
  };
  return { config, env };
}

function writeMaterial(folder: string): void {
  const { pem, privateKey } = testCertificate('example.com');
  const body = pem.replace(/-----.*-----/g, '').trim();
  writeFileSync(join(folder, 'c.pem'), pem);
  writeFileSync(join(folder, 'k.pem'), privateKey);
  writeFileSync(
    join(folder, 'saml.xml'),
    `<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/saml">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
      <X509Data><X509Certificate>${body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>
  </IDPSSODescriptor>
  <!-- ${'padding '.repeat(60)} -->
</EntityDescriptor>`,
  );
  const ssh = join(folder, 'ssh');
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-C', 'me', '-f', ssh]);
}

async function run(file: string, args: string[], cwd: string, env: NodeJS.ProcessEnv) {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { cwd, env, maxBuffer: 64 << 20 });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: `${stdout}${stderr}` };
  }
}
