import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  ACCOUNT,
  ADMINISTRATOR_ACCESS,
  allow,
  deny,
  dump,
  group,
  MEMBER,
  managed,
  organization,
  policy,
  role,
  roleArn,
  trust,
  user,
  userArn,
} from '../shadow/fixtures.ts';
import { folder, imported } from './imported.fixture.ts';
import { said } from './said.fixture.ts';
import { can, whoCan } from './whoCan.ts';

type Command = typeof can;

const run = (command: Command, data: string, ...args: string[]) => said(command, ...args, '--data', data);

interface Shown {
  readonly principal: string;
  readonly isOutside: boolean;
  readonly verdict: string;
  readonly dependsOn: string[];
  readonly decidedBy: { readonly kind: string; readonly policy: string; readonly sid?: string };
}

async function verdicts(data: string, ...args: string[]): Promise<Record<string, string>> {
  const { text } = await run(whoCan, data, ...args, '--json');
  const { principals } = JSON.parse(text) as { principals: Shown[] };
  return Object.fromEntries(
    principals
      .filter(({ principal }) => !principal.endsWith(':root'))
      .map(({ principal, verdict, dependsOn }) => [principal, [verdict, ...dependsOn].join(' ')]),
  );
}

const OBJECT = 'arn:aws:s3:::data/key';
const READ = 's3:GetObject';

describe('who-can', () => {
  it('asks own, attached and group policies, boundaries and tags', async () => {
    const own = allow(READ, `arn:aws:s3:::data/*`);
    const data = await imported(
      dump({
        users: [
          user('inline', { inline: { own } }),
          user('attached', { attached: [managed('reader')] }),
          user('member', { groups: ['readers'] }),
          user('admin', { attached: [ADMINISTRATOR_ACCESS] }),
          user('bounded', { attached: [ADMINISTRATOR_ACCESS], boundary: managed('bound') }),
          user('tagged', {
            tags: { dir: 'key' },
            inline: { own: allow(READ, `arn:aws:s3:::data/\${aws:PrincipalTag/dir}`) },
          }),
          user('untagged', { inline: { own: allow(READ, `arn:aws:s3:::data/\${aws:PrincipalTag/dir}`) } }),
          user('nobody'),
        ],
        groups: [group('readers', { inline: { own } })],
        roles: [role('app', trust({ Service: 'ec2.amazonaws.com' }), { inline: { own } })],
        policies: [policy('reader', allow('s3:Put*'), own), policy('bound', allow('ec2:*'))],
      }),
    );
    assert.deepEqual(await verdicts(data, READ, OBJECT), {
      [userArn('admin')]: 'Allowed',
      [userArn('attached')]: 'Allowed',
      [userArn('inline')]: 'Allowed',
      [userArn('member')]: 'Allowed',
      [userArn('tagged')]: 'Allowed',
      [roleArn('app')]: 'Allowed',
    });
  });

  it('says on which condition keys it depends, until they are given', async () => {
    const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const noMfa = { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } };
    const data = await imported(
      dump({
        users: [
          user('with', { inline: { own: allow('s3:*', '*', mfa) } }),
          user('unless', { inline: { own: allow('s3:*'), guard: deny('*', '*', noMfa) } }),
          user('other', { inline: { own: allow('s3:*'), guard: deny('s3:Put*', '*', noMfa) } }),
        ],
      }),
    );
    const key = 'aws:MultiFactorAuthPresent';
    const [all, some] = [
      { [userArn('with')]: 'Allowed', [userArn('unless')]: 'Allowed' },
      { [userArn('other')]: 'Allowed' },
    ];
    const depends = { [userArn('with')]: `Depends ${key}`, [userArn('unless')]: `Depends ${key}` };
    assert.deepEqual(await verdicts(data, READ, OBJECT), { ...some, ...depends });
    assert.deepEqual(await verdicts(data, READ, OBJECT, '--context', `${key}=true`), { ...some, ...all });
    assert.deepEqual(await verdicts(data, READ, OBJECT, '--context', `${key}=false`), some);
    assert.deepEqual(await verdicts(data, READ, OBJECT, '--absent', key), some);
  });

  it('counts SCPs and RCPs of an imported organization', async () => {
    const scp = deny(READ, 'arn:aws:s3:::data/secret');
    const users = (account: string) => dump({ users: [user('a', { account, attached: [ADMINISTRATOR_ACCESS] })] });
    const rcp = {
      ...trust('*'),
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: 'arn:aws:s3:::data/locked' }],
    };
    const data = await imported(users(ACCOUNT), users(MEMBER), organization(scp, rcp));
    const asked = (object: string, owner: string) =>
      verdicts(data, READ, `arn:aws:s3:::data/${object}`, '--resource-account', owner);
    assert.deepEqual(await asked('open', MEMBER), {
      [userArn('a', ACCOUNT)]: 'Depends the policy of arn:aws:s3:::data/open (not imported)',
      [userArn('a', MEMBER)]: 'Allowed',
    });
    assert.deepEqual(await asked('secret', MEMBER), {
      [userArn('a', ACCOUNT)]: 'Depends the policy of arn:aws:s3:::data/secret (not imported)',
    });
    assert.deepEqual(await asked('locked', MEMBER), {});
    assert.deepEqual(await asked('locked', ACCOUNT), {
      [userArn('a', ACCOUNT)]: 'Allowed',
      [userArn('a', MEMBER)]: 'Depends the policy of arn:aws:s3:::data/locked (not imported)',
    });
  });

  it('names whom a resource policy lets in from outside', async () => {
    const Statement = [
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::999988887777:root' },
        Action: READ,
        Resource: 'arn:aws:s3:::data/*',
      },
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Action: READ,
        Resource: 'arn:aws:s3:::data/*',
        Condition: { StringEquals: { 'aws:SourceArn': 'x' } },
      },
      { Effect: 'Allow', Principal: { AWS: userArn('named') }, Action: READ, Resource: 'arn:aws:s3:::data/*' },
    ];
    const Policy = { Version: '2012-10-17', Statement };
    const data = await imported(dump({ users: [user('named'), user('nobody')] }), [
      { ResourceArn: 'arn:aws:s3:::data', Policy },
    ]);
    assert.deepEqual(await verdicts(data, READ, OBJECT), {
      [userArn('named')]: 'Allowed',
      'cloudfront.amazonaws.com': 'Depends aws:SourceArn',
    });
    const { lines } = await run(whoCan, data, READ, OBJECT);
    assert.match(
      lines.join('\n'),
      /arn:aws:iam::999988887777:root \(outside\) +yes +statement 1 of its own policies, not imported/,
    );
  });

  it('takes a policy that was not imported for what it depends on', async () => {
    const data = await imported(dump({ users: [user('filtered', { attached: [managed('gone')] })] }));
    assert.deepEqual(await verdicts(data, READ, OBJECT), {
      [userArn('filtered')]: `Depends ${managed('gone')} (not imported)`,
    });
  });

  it('prefers the version of an AWS managed policy that the dump has', async () => {
    const arn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    const old = { ...policy('ReadOnlyAccess', allow('ec2:Describe*')), Arn: arn };
    const users = [user('reader', { attached: [arn] })];
    assert.deepEqual(await verdicts(await imported(dump({ users, policies: [old] })), READ, OBJECT), {});
    assert.deepEqual(await verdicts(await imported(dump({ users })), READ, OBJECT), { [userArn('reader')]: 'Allowed' });
  });

  it('exits 1 with --fail-on any when somebody can', async () => {
    const data = await imported(dump({ users: [user('a')] }), organization(deny('*')));
    const asked = (...args: string[]) => run(whoCan, data, READ, OBJECT, ...args);
    assert.equal((await asked()).code, 0);
    assert.equal((await asked('--fail-on', 'any')).code, 1);
    assert.equal((await run(whoCan, data, 'sts:AssumeRole', roleArn('x'), '--fail-on', 'any')).code, 0);
  });

  it('agrees with can for every principal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(statement, { minLength: 1, maxLength: 4 }),
        fc.array(statement, { maxLength: 2 }),
        agree,
      ),
      { numRuns: 12 },
    );
  });
});

const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  Action: fc.constantFrom('s3:*', READ, '*', 's3:Put*'),
  Resource: fc.constantFrom(
    '*',
    'arn:aws:s3:::data/*',
    `arn:aws:s3:::data/\${aws:username}`,
    `arn:aws:s3:::\${aws:SourceVpc}/*`,
  ),
  Condition: fc.constantFrom(
    {},
    { StringEquals: { 'aws:SourceVpc': 'data' } },
    { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  ),
});

async function agree(statements: object[], boundary: object[]): Promise<void> {
  const document = (list: object[]) => ({ Version: '2012-10-17', Statement: list });
  const parts = statements.map((one) => ({ p: document([one]) }));
  const data = await imported(
    dump({
      users: parts.map((inline, i) =>
        user(`u${i}`, { inline, ...(boundary.length > 0 && i % 2 && { boundary: managed('b') }) }),
      ),
      roles: parts.map((inline, i) =>
        role(`r${i}`, trust({ AWS: ACCOUNT }), { inline, attached: i % 2 ? [managed('b')] : [] }),
      ),
      policies: [policy('b', document(boundary))],
    }),
  );
  const all = await verdicts(data, READ, OBJECT);
  for (const arn of parts.flatMap((_, i) => [userArn(`u${i}`), roleArn(`r${i}`)])) {
    const { code, text } = await run(can, data, arn, READ, OBJECT, '--json');
    const { verdict, dependsOn } = JSON.parse(text) as Shown;
    assert.equal([verdict, ...dependsOn].join(' '), all[arn] ?? 'Denied');
    assert.equal(code, verdict === 'Allowed' ? 0 : 1);
  }
}

describe('can', () => {
  it('derives the answer and exits by it', async () => {
    const data = await imported(dump({ users: [user('Alice', { inline: { own: allow('s3:Get*') } })] }));
    const yes = await run(can, data, 'alice', READ, OBJECT);
    assert.equal(yes.code, 0);
    assert.equal(yes.lines[0], `Allowed: ${userArn('Alice')}, statement 1 of own`);
    assert.match(yes.text, /Identity-based policies: allows\n {2}own: allows/);
    const no = await run(can, data, 'user/Alice', 's3:PutObject', OBJECT);
    assert.equal(no.code, 1);
    assert.match(no.text, /Action "s3:Get\*" does not mean s3:PutObject/);
  });

  it('finds a principal by name, kind and name, ARN, or the ARN of a session', async () => {
    const held = { path: '/team/', inline: { own: allow('s3:*') } };
    const data = await imported(dump({ users: [user('a', held)], roles: [role('r', trust('*'), held)] }));
    const names = [
      'a',
      'A',
      'user/a',
      `arn:aws:iam::${ACCOUNT}:user/team/a`,
      `arn:aws:sts::${ACCOUNT}:assumed-role/r/x`,
    ];
    for (const name of names) assert.equal((await run(can, data, name, READ, OBJECT)).code, 0, name);
    for (const name of [userArn('a'), 'role/a', userArn('a', MEMBER)]) {
      const { code, err } = await run(can, data, name, READ, OBJECT);
      assert.deepEqual([code, err], [2, `gatehouse: Nobody imported is called ${name}.`]);
    }
  });

  it('says that it depends', async () => {
    const data = await imported(
      dump({
        users: [user('a', { inline: { own: allow('s3:*', '*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }) } })],
      }),
    );
    const { code, lines } = await run(can, data, 'a', READ, OBJECT);
    assert.deepEqual([code, lines[0]], [1, `Depends: ${userArn('a')} can if aws:SourceIp allow it`]);
    assert.equal((await run(can, data, 'a', READ, OBJECT, '--context', 'aws:SourceIp=10.1.2.3')).code, 0);
  });

  it('asks the trust policy of a role', async () => {
    const trusted = [
      role('open', trust({ AWS: ACCOUNT })),
      role('named', trust({ AWS: userArn('a') })),
      role('external', trust({ AWS: userArn('a') }, { StringEquals: { 'sts:ExternalId': 'x' } })),
    ];
    const data = await imported(
      dump({ users: [user('a'), user('b', { inline: { own: allow('sts:AssumeRole') } })], roles: trusted }),
    );
    const verdict = async (who: string, to: string) => {
      const asked = JSON.parse((await run(can, data, who, 'sts:AssumeRole', roleArn(to), '--json')).text) as Shown;
      return [asked.verdict, ...asked.dependsOn].join(' ');
    };
    assert.equal(await verdict('a', 'named'), 'Allowed');
    assert.equal(await verdict('a', 'open'), 'Denied');
    assert.equal(await verdict('b', 'open'), 'Allowed');
    assert.equal(await verdict('b', 'named'), 'Denied');
    assert.equal(await verdict('a', 'external'), 'Depends sts:ExternalId');
    assert.equal(await verdict('b', 'unknown'), `Depends the policy of ${roleArn('unknown')} (not imported)`);
  });

  it('explains wrong use', async () => {
    const data = await imported(dump({ users: [user('twice')], roles: [role('twice', trust('*'))] }));
    const empty = join(folder, 'empty');
    const wrong: readonly (readonly [Command, where: string, args: readonly string[], RegExp])[] = [
      [can, data, ['twice', READ, OBJECT], /Several are called twice: /],
      [can, data, ['user/twice', 's3:Get*', OBJECT], /s3:Get\* is not one action/],
      [can, data, ['user/twice', READ], /can takes /],
      [whoCan, data, [READ, OBJECT, '--context', 'x'], /--context takes key=value, not x/],
      [whoCan, empty, [READ, OBJECT], /Nothing was imported yet/],
    ];
    for (const [command, where, args, message] of wrong) {
      const { code, text, err } = await run(command, where, ...args);
      assert.deepEqual([code, text], [2, '']);
      assert.match(err, message);
    }
    assert.ok(!existsSync(empty), 'a question makes no folder');
    assert.equal((await run(can, data, '--help')).code, 0);
    assert.equal((await run(whoCan, data, '--help')).code, 0);
  });
});
