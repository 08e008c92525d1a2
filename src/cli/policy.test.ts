import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { policy, policyTest } from './policy.ts';
import { said } from './said.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-test-'));
after(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const { code, lines } = await said(policyTest, ...args);
  return { code, lines };
}

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const account = '111122223333';
const allowed = {
  id: 'one',
  title: 'reads its object',
  request: {
    principal: { type: 'User', arn: `arn:aws:iam::${account}:user/alice` },
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/k',
    context: { 'aws:username': 'alice' },
  },
  policies: {
    identity: [
      { Version: '2012-10-17', Statement: { Sid: 'Read', Effect: 'Allow', Action: 's3:Get*', Resource: '*' } },
    ],
  },
  principalAccount: account,
  resourceAccount: account,
  expected: 'Allowed',
};
const failing = { ...allowed, id: 'two', title: 'writes', request: { ...allowed.request, action: 's3:PutObject' } };

describe('policy test', () => {
  it('counts cases that pass and exits 0', async () => {
    const file = write('pass.json', [allowed]);
    assert.deepEqual(await run(file), { code: 0, lines: ['1 passed, 0 failed'] });
  });

  it('takes a file that is one case, with a byte order mark', async () => {
    assert.deepEqual(await run(write('one.json', `\ufeff${JSON.stringify(allowed)}`)), {
      code: 0,
      lines: ['1 passed, 0 failed'],
    });
  });

  it('shows a failing case with its derivation and exits 1', async () => {
    const file = write('fail.json', [allowed, failing]);
    const { code, lines } = await run(file);
    assert.equal(code, 1);
    assert.equal(lines[0], `FAIL ${file}: two: writes: expected Allowed, got ImplicitlyDenied`);
    assert.ok(lines.includes('    ImplicitlyDenied: because no identity-based policy allows the s3:PutObject action'));
    assert.ok(lines.some((line) => line.includes('Action "s3:Get*" does not mean s3:PutObject')));
    assert.equal(lines.at(-1), '1 passed, 1 failed');
  });

  it('prints JSON when asked', async () => {
    const { code, lines } = await run('--json', write('json.json', [allowed, failing]));
    const report = JSON.parse(lines.join('\n'));
    assert.equal(code, 1);
    assert.deepEqual([report.passed, report.failed, report.errors], [1, 1, []]);
    assert.deepEqual(
      report.cases.map((result: { id: string; verdict: string }) => [result.id, result.verdict]),
      [
        ['one', 'Allowed'],
        ['two', 'ImplicitlyDenied'],
      ],
    );
    assert.match(report.cases[1].derivation, /no identity-based policy allows/);
  });

  it('names a file that is missing or is not JSON and exits 2', async () => {
    const missing = join(folder, 'missing.json');
    const broken = write('broken.json', '{"id":');
    const { code, lines } = await run(missing, broken, write('good.json', allowed));
    assert.equal(code, 2);
    assert.match(lines[0] ?? '', /^ERROR .*missing\.json: cannot be read: ENOENT/);
    assert.match(lines[1] ?? '', /^ERROR .*broken\.json: cannot be read: /);
    assert.equal(lines.at(-1), '1 passed, 0 failed');
  });

  const malformed: readonly [string, object, string][] = [
    ['an unknown verdict', { expected: 'Yes' }, 'expected: must be one of Allowed, ExplicitlyDenied, ImplicitlyDenied'],
    ['an unknown kind of policy', { policies: { identitty: [] } }, 'policies: unknown element "identitty"'],
    ['an unknown flag', { flags: { isRoot: true } }, 'flags: unknown element "isRoot"'],
    [
      'a document that is no policy',
      { policies: { identity: [{ Statement: [{ Effect: 'Allow' }] }] } },
      'policies.identity[0]: A statement has either Action or NotAction at position 14',
    ],
    ['no request', { request: undefined }, 'request: must be an object'],
  ];
  for (const [title, change, message] of malformed) {
    it(`names the case and element of ${title}`, async () => {
      const file = write('malformed.json', [{ ...allowed, ...change }]);
      const { code, lines } = await run(file);
      assert.equal(code, 2);
      assert.equal(lines[0], `ERROR ${file}: case 1 (one): ${message}`);
    });
  }

  it('is the one subcommand of policy', async () => {
    const passed = await said(policy, 'test', write('sub.json', allowed));
    assert.deepEqual(passed, { code: 0, lines: ['1 passed, 0 failed'], text: '1 passed, 0 failed', err: '' });
    for (const wrong of [['tset'], []]) {
      const { code, text, err } = await said(policy, ...wrong);
      assert.deepEqual([code, text, err], [2, '', 'gatehouse: policy takes test, validate or check; see --help.']);
    }
  });

  it('explains its usage', async () => {
    assert.equal((await run('--help')).code, 0);
    assert.match((await run('--help')).lines[0] ?? '', /^Usage: npx gatehouse policy test/);
    for (const [args, message] of [
      [[], /^gatehouse: policy test takes files; see --help\.$/],
      [['--jsn', 'x'], /^gatehouse: Unknown option '--jsn'/],
    ] as const) {
      const { code, text, err } = await said(policyTest, ...args);
      assert.deepEqual([code, text], [2, '']);
      assert.match(err, message);
    }
  });
});
