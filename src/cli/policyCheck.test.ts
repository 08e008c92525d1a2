import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { policy } from './policy.ts';
import { said } from './said.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-check-'));
after(() => rmSync(folder, { recursive: true }));

const run = (...args: string[]) => said(policy, 'check', ...args);

function write(name: string, ...Statement: object[]): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement }));
  return file;
}

const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const narrow = write('narrow.json', read);
const wide = write('wide.json', { ...read, Sid: 'Read', Resource: 'arn:aws:s3:::*' });
const open = write('open.json', { ...read, Principal: '*' });
const closed = write('closed.json', { ...read, Principal: { AWS: '111122223333' } });

describe('policy check', () => {
  it('no-new-access passes less and shows more', async () => {
    const passed = await run('no-new-access', wide, narrow);
    assert.equal(passed.code, 0);
    assert.equal(
      passed.text,
      'PASS The modified permissions do not grant new access compared to your existing policy.',
    );
    const { code, text } = await run('no-new-access', narrow, wide);
    assert.equal(code, 1);
    assert.match(text, /^FAIL The modified permissions grant new access compared to your existing policy\./);
    assert.match(text, /New access in the statement with sid: Read\./);
    assert.match(text, /may s3:GetObject\n {4}on arn:aws:s3:::example-bucket\/example-key/);
  });

  it('access-not-granted asks about actions and resources', async () => {
    const check = (...args: string[]) => run('access-not-granted', narrow, ...args);
    assert.equal((await check('--actions', 's3:PutObject,s3:DeleteObject')).code, 0);
    assert.equal((await check('--actions', 's3:PutObject', '--actions', 's3:Get*')).code, 1);
    assert.equal((await check('--resources', 'arn:aws:s3:::c/*')).code, 0);
    assert.equal((await check('--actions', 's3:*', '--resources', 'arn:aws:s3:::b/x')).code, 1);
    assert.equal((await check()).code, 2);
    assert.equal((await check('--resources', 'b/x')).code, 2);
  });

  it('no-public-access asks about a resource type', async () => {
    const check = (...args: string[]) => run('no-public-access', ...args);
    assert.equal((await check(open, '--resource-type', 'AWS::S3::Bucket')).code, 1);
    assert.equal((await check(closed, '--resource-type', 'AWS::S3::Bucket')).code, 0);
    assert.equal((await check(closed)).code, 2);
    assert.equal((await check(closed, '--resource-type', 'AWS::EC2::Instance')).code, 2);
  });

  it('prints JSON with the witness', async () => {
    const { code, text } = await run('no-new-access', closed, open, '--json');
    const { result, reasons, witness } = JSON.parse(text);
    assert.equal(code, 1);
    assert.equal(result, 'FAIL');
    assert.deepEqual(reasons, [{ description: 'New access in the statement with index: 0.', statementIndex: 0 }]);
    assert.deepEqual(witness.principal, { type: 'User', arn: 'arn:aws:iam::210987654321:user/mallory' });
  });

  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['no-new-access', narrow], /takes OLD and NEW here/],
    [['no-new-access', narrow, join(folder, 'none.json')], /none\.json: ENOENT/],
    [['no-new-access', narrow, open], /narrow\.json: /],
    [['no-new-access', narrow, wide, '--type', 'resource'], /narrow\.json: /],
    [['no-news', narrow, wide], /takes no-new-access, access-not-granted, no-public-access/],
    [['no-new-access', narrow, wide, '--nonsense'], /--nonsense/],
    [[], /takes no-new-access/],
  ];
  for (const [args, message] of wrong) {
    it(`exits 2 with a sentence that fits ${message}`, async () => {
      const { code, text, err } = await run(...args);
      assert.deepEqual([code, text], [2, '']);
      assert.match(err, /^gatehouse: [^\n]+$/);
      assert.match(err, message);
    });
  }

  it('explains itself', async () => {
    const { code, text } = await run('--help');
    assert.equal(code, 0);
    assert.match(text, /^Usage: npx gatehouse policy check/);
  });
});
