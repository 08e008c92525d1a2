import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { policy } from './policy.ts';
import { said } from './said.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-validate-'));
after(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => said(policy, 'validate', ...args);

function write(name: string, statement: object | string): string {
  const file = join(folder, name);
  const text =
    typeof statement === 'string' ? statement : JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  writeFileSync(file, text);
  return file;
}

const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/k' };
const sound = write('sound.json', read);
const wrong = write(
  'wrong.json',
  '{"Version":"2012-10-17",\n "Statement":{"Effect":"allow","Action":"s3:*","Resource":"*"}}',
);
const risky = write('risky.json', { ...read, Action: 'iam:PassRole', Resource: '*' });

describe('policy validate', () => {
  it('prints a line a finding and exits 1 on errors', async () => {
    const { code, lines } = await run(sound, wrong, risky);
    assert.equal(code, 1);
    assert.deepEqual(lines, [
      `${wrong}:2:24 ERROR INVALID_EFFECT The effect allow is not valid. Use Allow or Deny.`,
      `${risky}:1:65 SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement.`,
    ]);
  });

  it('fails on what it is told to fail on', async () => {
    const codes: readonly (readonly [level: string, code: number])[] = [
      ['error', 0],
      ['security-warning', 1],
      ['suggestion', 1],
      ['none', 0],
    ];
    for (const [level, code] of codes) assert.equal((await run('--fail-on', level, risky)).code, code, level);
    assert.equal((await run('--fail-on', 'none', wrong)).code, 0);
    assert.deepEqual(await run(sound), { code: 0, lines: [], text: '', err: '' });
  });

  it('takes the type of the policy and what it is attached to', async () => {
    assert.match((await run('--type', 'resource', sound)).lines.join(), /MISSING_PRINCIPAL/);
    assert.match((await run('--type=rcp', sound)).lines.join(), /RCP_SYNTAX_ERROR_ALLOW/);
    const trust = 'AWS::IAM::AssumeRolePolicyDocument';
    assert.match((await run('--resource-type', trust, sound)).lines.join(), /ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE/);
  });

  it('prints JSON as the API answers', async () => {
    const { code, lines } = await run('--json', sound, wrong);
    const { counts, files } = JSON.parse(lines.join('\n'));
    assert.equal(code, 1);
    assert.deepEqual(counts, { ERROR: 1, SECURITY_WARNING: 0, WARNING: 0, SUGGESTION: 0 });
    assert.deepEqual(files[0], { file: sound, findings: [] });
    assert.equal(files[1].findings[0].issueCode, 'INVALID_EFFECT');
    assert.deepEqual(files[1].findings[0].locations[0].path, [{ value: 'Statement' }, { value: 'Effect' }]);
  });

  it('prints SARIF', async () => {
    const { runs } = JSON.parse((await run('--sarif', wrong, risky)).lines.join('\n'));
    const [{ tool, results }] = runs;
    assert.deepEqual(
      tool.driver.rules.map(({ id }: { id: string }) => id),
      ['INVALID_EFFECT', 'PASS_ROLE_WITH_STAR_IN_RESOURCE'],
    );
    assert.deepEqual(
      results.map(({ level, ruleIndex }: { level: string; ruleIndex: number }) => [level, ruleIndex]),
      [
        ['error', 0],
        ['warning', 1],
      ],
    );
    const { artifactLocation, region } = results[0].locations[0].physicalLocation;
    assert.equal(artifactLocation.uri, `file://${wrong}`);
    assert.deepEqual([region.startLine, region.startColumn, region.charLength], [2, 24, 7]);
    assert.equal(results[1].relatedLocations.length, 1);
  });

  it('shows what would move the cursor', async () => {
    const file = write('escape.json', { ...read, Effect: '\u001b[2J\n' });
    assert.match((await run(file)).lines.join(), /The effect \\u001b\[2J\\u000a is not valid/);
  });

  const refused: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [[], /no file given/],
    [['--type', 'odd', sound], /unknown type odd/],
    [['--resource-type', 'AWS::EC2::Instance', sound], /unknown type AWS::EC2::Instance/],
    [['--type', 'scp', '--resource-type', 'AWS::S3::Bucket', sound], /for resource policies/],
    [['--fail-on', 'tuesday', sound], /unknown level tuesday/],
    [['--json', '--sarif', sound], /not both/],
    [['--nonsense', sound], /--nonsense/],
    [[join(folder, 'missing.json')], /cannot be read/],
  ];
  for (const [args, message] of refused) {
    it(`exits 2 on ${args.join(' ').replaceAll(folder, '') || 'nothing'}`, async () => {
      const { code, text, err } = await run(...args);
      assert.deepEqual([code, text], [2, '']);
      assert.match(err, /^gatehouse: [^\n]+$/);
      assert.match(err, message);
    });
  }

  it('explains itself', async () => {
    const { code, lines } = await run('--help');
    assert.equal(code, 0);
    assert.match(lines[0] ?? '', /^Usage: npx gatehouse policy validate/);
  });
});
