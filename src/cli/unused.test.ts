import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ACCOUNT,
  ADMINISTRATOR_ACCESS,
  allow,
  dump,
  group,
  managed,
  policy,
  role,
  trust,
  user,
  userArn,
} from '../shadow/fixtures.ts';
import type { Unused } from '../shadow/unused.ts';
import { folder, imported } from './imported.fixture.ts';
import { said } from './said.fixture.ts';
import { unused } from './unused.ts';

const run = (data: string, ...args: string[]) => said(unused, '--data', data, '--at', '2024-09-01', ...args);

async function findings(data: string, ...args: string[]): Promise<string[]> {
  const { findings } = JSON.parse((await run(data, '--json', ...args)).text) as Unused;
  return findings.map(({ check, subject, detail }) => `${check} ${subject.split(':').at(-1)}: ${detail}`);
}

const ec2 = trust({ Service: 'ec2.amazonaws.com' });
const held = { inline: { own: allow('s3:GetObject') } };

describe('unused', () => {
  it('finds roles that were not used, or never', async () => {
    const roles = [
      role('recent', ec2, { ...held, lastUsed: '2024-08-01T00:00:00Z' }),
      role('old', ec2, { ...held, lastUsed: '2024-05-10T00:00:00Z' }),
      role('never', ec2, held),
      role('linked', ec2, { path: '/aws-service-role/x.amazonaws.com/' }),
    ];
    const data = await imported(dump({ roles }));
    assert.deepEqual(await findings(data), [
      'unused-role role/never: never used in the 122 days since 2024-05-01',
      'unused-role role/old: last used 2024-05-10, 114 days ago',
    ]);
    assert.deepEqual(await findings(data, '--days', '115'), [
      'unused-role role/never: never used in the 122 days since 2024-05-01',
    ]);
  });

  it('finds policies attached to nothing, empty groups, and who has no permissions', async () => {
    const data = await imported(
      dump({
        users: [user('bare'), user('member', { groups: ['full'], boundary: managed('bound') })],
        groups: [group('full', { attached: [managed('used')] }), group('empty')],
        roles: [role('idle', ec2, { lastUsed: '2024-08-30T00:00:00Z' })],
        policies: ['used', 'bound', 'loose'].map((name) => policy(name, allow('s3:GetObject'))),
      }),
    );
    assert.deepEqual(await findings(data), [
      'unattached-policy policy/loose: is attached to nothing and no boundary',
      'empty-group group/empty: has no users',
      'no-permissions user/bare: has no policy and is in no group',
      'no-permissions role/idle: has no policy',
    ]);
  });

  it('finds what is too broad', async () => {
    const used = { lastUsed: '2024-08-30T00:00:00Z' };
    const data = await imported(
      dump({
        users: [
          user('iam', { inline: { own: allow(['s3:Get*', 'iam:*']) } }),
          user('fine', { inline: { own: allow('iam:*', userArn('x')) } }),
        ],
        roles: [
          role('open', trust('*'), { ...held, ...used }),
          role('closed', trust('*', { StringEquals: { 'aws:PrincipalOrgID': 'o-x' } }), { ...held, ...used }),
          role('vendor', trust({ AWS: ['999988887777', ACCOUNT] }), { ...held, ...used }),
        ],
        policies: [
          policy('all', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }] }),
        ],
      }),
    );
    assert.deepEqual(await findings(data, '--check', 'broad-policy', '--check', 'broad-trust'), [
      'broad-policy user/iam: statement 1 of own allows iam:* on *',
      'broad-policy policy/all: statement 1 of v1 allows everything but iam:* on *',
      'broad-trust role/open: statement 1 of its trust policy trusts anybody',
      'broad-trust role/vendor: statement 1 of its trust policy trusts 999988887777 without sts:ExternalId',
    ]);
  });

  it('finds passwords and access keys in a credential report, and says when there is none', async () => {
    const accounts = dump({ users: [user('a', held), user('b', held)] });
    const without = await run(await imported(accounts));
    assert.match(without.text, /^0 findings\nNo credential report was imported/);
    const csv = [
      'user,arn,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date',
      `a,${userArn('a')},true,2024-03-01T00:00:00+00:00,false,true,2024-03-01T00:00:00+00:00,2024-08-30T00:00:00+00:00`,
      `b,${userArn('b')},true,no_information,true,true,2024-03-01T00:00:00+00:00,N/A`,
    ].join('\n');
    const report = { Content: Buffer.from(csv).toString('base64'), GeneratedTime: '2024-09-01T00:00:00Z' };
    assert.deepEqual(await findings(await imported(accounts, report)), [
      'unused-password user/a: last used 2024-03-01, 184 days ago',
      'unused-password user/b: never used',
      'unused-access-key user/b: key 1 never used in the 184 days since 2024-03-01',
      'old-access-key user/a: key 1 is 184 days old',
      'old-access-key user/b: key 1 is 184 days old',
    ]);
  });

  it('exits 1 with --fail-on any, and prints a table', async () => {
    const data = await imported(dump({ users: [user('bare')] }));
    const { code, text } = await run(data, '--fail-on', 'any');
    assert.equal(code, 1);
    assert.match(text, /^CHECK +WHAT +WHY\nno-permissions +arn:aws:iam::111122223333:user\/bare +has no policy/);
    const fine = await imported(
      dump({ roles: [role('admin', ec2, { attached: [ADMINISTRATOR_ACCESS], lastUsed: '2024-08-30T00:00:00Z' })] }),
    );
    assert.equal((await run(fine, '--fail-on', 'any')).code, 0);
  });

  it('explains wrong use', async () => {
    for (const [flag, value, message] of [
      ['--days', 'x', /--days takes a number of days, not x/],
      ['--at', 'never', /--at takes a date such as 2026-01-31, not never/],
      ['--check', 'none', /There is no check none/],
      ['--fail-on', 'all', /--fail-on takes /],
    ] as const) {
      const { code, err } = await run(folder, flag, value);
      assert.equal(code, 2);
      assert.match(err, message);
    }
    assert.match((await run(folder, '--help')).text, /unattached-policy/);
  });
});
