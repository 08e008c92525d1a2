import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  FULL,
  MANAGEMENT,
  MEMBER,
  OTHER,
  policy,
  recordOf,
  roleIdentity,
  statement,
  UNIT,
  userIdentity,
} from '../impact/fixtures.ts';
import type { TrailRecord } from '../impact/record.ts';
import { openStore } from '../store/open.ts';
import { asked, at, folder, folderOfTrail, noStart, noTeam, org, run, trail, write } from './impact.fixture.ts';

describe('impact says of an SCP attached to a unit', () => {
  it('which calls would be denied, by whom, since when and by which statement', async () => {
    const told = await asked('--trail', folderOfTrail, '--org', org, '--change', `${noStart}@${UNIT}`);
    assert.deepEqual(told.counts, { same: 1, newlyDenied: 3, newlyAllowed: 0, unknown: 0 });
    const [group, ...more] = told.groups;
    assert.deepEqual(more, []);
    assert.equal(group?.principal, `arn:aws:iam::${MEMBER}:role/app`);
    assert.equal(group?.action, 'ec2:StartInstances');
    assert.deepEqual([group?.count, group?.first, group?.last], [3, '2026-01-01T01:00:00Z', '2026-01-01T03:00:00Z']);
    assert.deepEqual(
      group?.by.map(({ text }) => text),
      ['service control policy no-start.json statement 1 (NoStart)'],
    );
    assert.deepEqual([group?.example.eventID, group?.example.record], ['event-01:00:00', 2]);
  });

  it('the same as a table', async () => {
    const { text } = await run('--trail', folderOfTrail, '--org', org, '--change', `${noStart}@root`);
    assert.match(text, /^4 calls replayed: 3 newly denied, 0 newly allowed, 0 unknown, 1 unchanged$/m);
    assert.match(text, /^ +3 {2}ec2:StartInstances .*role\/app$/m);
  });

  it('unknown, with the key, when the trail does not carry what it asks', async () => {
    const told = await asked('--trail', folderOfTrail, '--org', org, '--change', `${noTeam}@${UNIT}`);
    assert.deepEqual(told.counts, { same: 1, newlyDenied: 0, newlyAllowed: 0, unknown: 3 });
    assert.deepEqual(told.groups[0]?.unknown, ['aws:PrincipalTag/team']);
  });

  const spared: readonly (readonly [title: string, record: TrailRecord])[] = [
    ['the management account', at('01:00:00', { userIdentity: roleIdentity('app', MANAGEMENT) })],
    ['a service-linked role', at('01:00:00', { userIdentity: linkedIdentity() })],
    ['a service', at('01:00:00', { userIdentity: { type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' } })],
    ['an account outside of the organization', at('01:00:00', { userIdentity: roleIdentity('app', '999999999999') })],
    ['a call that was denied anyway', at('01:00:00', { errorCode: 'Client.UnauthorizedOperation' })],
  ];
  for (const [title, record] of spared) {
    it(`nothing of ${title}`, async () => {
      const told = await asked('--trail', write('one.json', record), '--org', org, '--change', `${noStart}@root`);
      assert.deepEqual(told.counts, { same: 1, newlyDenied: 0, newlyAllowed: 0, unknown: 0 });
    });
  }
});

function linkedIdentity() {
  const arn = `arn:aws:iam::${MEMBER}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const identity = roleIdentity('AWSServiceRoleForAutoScaling');
  return { ...identity, sessionContext: { ...identity.sessionContext, sessionIssuer: { type: 'Role', arn } } };
}

describe('impact says of an organization', () => {
  const stopped = recordOf('StopInstances', {
    errorCode: 'Client.UnauthorizedOperation',
    requestParameters: { instancesSet: { items: [{ instanceId: 'i-1' }] } },
    errorMessage: `You are not authorized to perform this operation. User: x is not authorized to perform: ec2:StopInstances on resource: arn:aws:ec2:eu-west-1:${MEMBER}:instance/i-1 with an explicit deny in a service control policy`,
  });
  const file = write('stopped.json', stopped);
  const dump = write('dump.json', {
    ...{ UserDetailList: [], GroupDetailList: [], Policies: [], IsTruncated: false },
    RoleDetailList: [
      {
        ...{ Path: '/', RoleName: 'app', RoleId: 'AROAEXAMPLEAPP', Arn: `arn:aws:iam::${MEMBER}:role/app` },
        CreateDate: '2025-01-01T00:00:00Z',
        AssumeRolePolicyDocument: JSON.parse(policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' })),
        RolePolicyList: [{ PolicyName: 'all', PolicyDocument: JSON.parse(FULL) }],
        ...{ AttachedManagedPolicies: [], InstanceProfileList: [], Tags: [] },
      },
    ],
  });

  it('unknown, when an SCP goes and nothing is known of the caller', async () => {
    const told = await asked('--trail', file, '--org', org, '--change', `-p-old@${UNIT}`);
    assert.equal(told.counts.unknown, 1);
    assert.deepEqual(told.groups[0]?.unknown, [
      'identity-based policies (--account)',
      'permissions boundary (--account)',
    ]);
  });

  it('newly allowed, when an SCP goes and the dump of the account allows the call', async () => {
    const told = await asked('--trail', file, '--org', org, '--account', dump, '--change', `-p-old@${UNIT}`);
    assert.equal(told.counts.newlyAllowed, 1);
    assert.deepEqual(
      told.groups[0]?.by.map(({ text }) => text),
      ['service control policy old (p-old) statement 1'],
    );
  });

  it('denied, when an allow list takes the place of FullAWSAccess', async () => {
    const list = write('list.json', policy(statement('Allow', 's3:*')));
    const args = ['--trail', folderOfTrail, '--org', org, '--change', `${list}@${UNIT}`, `-p-FullAWSAccess@${UNIT}`];
    const told = await asked(...args);
    assert.equal(told.counts.newlyDenied, 4);
    assert.equal(told.groups[0]?.by[0]?.text, 'no service control policy allows');
  });

  it('what new content of a policy changes, and only that', async () => {
    const old = JSON.parse(policy(statement('Deny', 'ec2:StopInstances'))).Statement as object[];
    const content = write('content.json', policy(...old, statement('Deny', 'ec2:Describe*')));
    const told = await asked('--trail', folderOfTrail, '--org', org, '--change', `${content}@p-old`);
    assert.deepEqual(
      told.groups.map(({ action, outcome }) => [action, outcome]),
      [['ec2:DescribeInstances', 'newlyDenied']],
    );
  });

  it('what a permissions boundary and an inline policy of a role change', async () => {
    const boundary = write('boundary.json', policy(statement('Allow', 'ec2:Describe*')));
    const role = `arn:aws:iam::${MEMBER}:role/app`;
    const bounded = await asked('--trail', folderOfTrail, '--account', dump, '--change', `${boundary}@${role}`);
    assert.equal(bounded.counts.newlyDenied, 3);
    const replaced = await asked('--trail', folderOfTrail, '--account', dump, '--change', `all=${boundary}@${role}`);
    assert.equal(replaced.counts.newlyDenied, 3);
    assert.equal(replaced.groups[0]?.by[0]?.text, 'no identity-based policy allows');
  });

  it('what an RCP does to callers from outside', async () => {
    const outside = {
      ...{ Principal: '*', Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-exampleorg1' } } },
    };
    const rcp = write('rcp.json', policy(statement('Deny', 's3:*', outside)));
    const read = (account: string) =>
      recordOf('GetObject', {
        ...{ eventSource: 's3.amazonaws.com', userIdentity: roleIdentity('app', account) },
        resources: [{ ARN: 'arn:aws:s3:::b/k' }, { ARN: 'arn:aws:s3:::b', accountId: MEMBER }],
      });
    const lines = write('rcp.jsonl', [read('999999999999'), read(OTHER)].map((one) => JSON.stringify(one)).join('\n'));
    const told = await asked('--trail', lines, '--org', org, '--change', `${rcp}@root`);
    assert.deepEqual(
      told.groups.map(({ principal, outcome }) => [principal, outcome]),
      [['arn:aws:iam::999999999999:role/app', 'newlyDenied']],
    );
  });

  it('what a key policy denies, and where only other policies can tell', async () => {
    const key = `arn:aws:kms:eu-west-1:${MEMBER}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const ann = `arn:aws:iam::${MEMBER}:user/ann`;
    const text = policy(
      statement('Allow', 'kms:*', { Principal: { AWS: `arn:aws:iam::${MEMBER}:root` } }),
      statement('Deny', 'kms:Decrypt', { Principal: { AWS: ann } }),
    );
    const decrypt = (userIdentityOf: object) =>
      recordOf('Decrypt', {
        eventSource: 'kms.amazonaws.com',
        userIdentity: userIdentityOf,
        resources: [{ ARN: key, accountId: MEMBER }],
      });
    const lines = [decrypt(userIdentity('ann')), decrypt(userIdentity('bob'))]
      .map((one) => JSON.stringify(one))
      .join('\n');
    const told = await asked('--trail', write('kms.jsonl', lines), '--change', `${write('key.json', text)}@${key}`);
    assert.deepEqual(
      told.groups.map(({ principal, outcome }) => [principal, outcome]),
      [
        [ann, 'newlyDenied'],
        [`arn:aws:iam::${MEMBER}:user/bob`, 'unknown'],
      ],
    );
  });
});

it('impact says that a policy counts as added where the others are not known', async () => {
  const role = `arn:aws:iam::${MEMBER}:role/app`;
  const { text } = await run('--trail', folderOfTrail, '--change', `${noStart}@${role}`);
  assert.match(text, /3 newly denied/);
  assert.match(
    text,
    /^The policies of .*role\/app are not known \(--account\): no-start.json counts as added to them$/m,
  );
});

it('impact replays the journal of a plane that is not running', async () => {
  const data = mkdtempSync(join(folder, 'plane-'));
  const options = { attributes: () => [], followers: [], log: assert.ifError };
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, options);
  await store.transaction(async (tx) => {
    const body = JSON.stringify(at('01:00:00'));
    tx.append({ id: 'one', kind: 'api', account: MEMBER, region: 'eu-west-1', time: 1, body });
    tx.append({ id: 'two', kind: 'decision', account: MEMBER, region: 'eu-west-1', time: 2, body: '{}' });
  });
  await store.close();
  const told = await asked('--journal', data, '--org', org, '--change', `${noStart}@${UNIT}`);
  assert.deepEqual([told.counts.newlyDenied, told.calls, told.faultCount], [1, 1, 0]);
  const { code, err } = await run('--journal', folder, '--org', org, '--change', `${noStart}@${UNIT}`);
  assert.equal(code, 2);
  assert.match(err, /takes the folder of a plane's data/);
});

describe('impact counts', () => {
  it('the copy for the owner of a resource only when the caller’s own record is not there', async () => {
    const shared = { sharedEventID: 'shared-1', userIdentity: roleIdentity('app') };
    const own = at('01:00:00', { ...shared, recipientAccountId: MEMBER });
    const copy = at('01:00:00', { ...shared, recipientAccountId: OTHER });
    const change = `${noStart}@${UNIT}`;
    const both = await asked('--trail', write('both.json', { Records: [copy, own] }), '--org', org, '--change', change);
    assert.deepEqual([both.counts.newlyDenied, both.skipped], [1, { 'copies for the owner of the resource': 1 }]);
    const only = await asked('--trail', write('only.json', { Records: [copy] }), '--org', org, '--change', change);
    assert.deepEqual([only.counts.newlyDenied, only.skipped], [1, {}]);
  });

  it('what no policy decides apart', async () => {
    const records = [
      recordOf('ConsoleLogin', { eventSource: 'signin.amazonaws.com', eventType: 'AwsConsoleSignIn' }),
      recordOf('GetCallerIdentity', { eventSource: 'sts.amazonaws.com' }),
      recordOf('X', { userIdentity: { type: 'IdentityCenterUser' } }),
    ];
    const told = await asked(
      '--trail',
      write('none.json', { Records: records }),
      '--org',
      org,
      '--change',
      `${noStart}@root`,
    );
    assert.equal(told.calls, 0);
    assert.deepEqual(Object.values(told.skipped), [1, 1, 1]);
  });
});

describe('impact names what it cannot read, and goes on:', () => {
  const good = JSON.stringify(at('01:00:00'));
  const change = ['--org', org, '--change', `${noStart}@${UNIT}`];
  const cases: readonly (readonly [
    title: string,
    content: string | Buffer,
    calls: number,
    message: RegExp,
    offset?: number,
  ])[] = [
    ['a record that is not JSON', `${good}\n{"eventName":nope}\n${good}`, 2, /^not JSON/, good.length + 1],
    ['a record without eventName', `{"Records":[{"a":1},${good}]}`, 1, /without eventName/, 12],
    [
      'a record without eventSource',
      `{"Records":[${good},{"eventName":"A"}]}`,
      1,
      /without eventSource/,
      13 + good.length,
    ],
    ['a file cut short', `{"Records":[${good},{"eventN`, 1, /ends within this record/, 13 + good.length],
    ['an archive cut short', gzipSync(`{"Records":[${good}]}`).subarray(0, -6), 1, /cannot be read on/],
    ['an archive that is none', Buffer.from([0x1f, 0x8b, 1, 2, 3]), 0, /cannot be read on/],
  ];
  for (const [title, content, calls, message, offset] of cases) {
    it(title, async () => {
      const file = write('bad.json', content);
      const told = await asked('--trail', file, trail, ...change);
      assert.equal(told.calls, calls + 2);
      assert.ok(told.faultCount >= 1);
      assert.equal(told.faults[0]?.file, file);
      assert.match(told.faults[0]?.message ?? '', message);
      if (offset !== undefined) assert.equal(told.faults[0]?.offset, offset);
      const strict = await run('--trail', file, trail, ...change, '--strict');
      assert.equal(strict.code, 2);
      assert.match(strict.err, /bad\.json at byte \d+: /);
    });
  }
});

describe('impact exits', () => {
  const args = ['--trail', folderOfTrail, '--org', org, '--change'];
  const cases: readonly (readonly [fails: string, change: string, code: number])[] = [
    ['newly-denied', `${noStart}@${UNIT}`, 1],
    ['newly-allowed', `${noStart}@${UNIT}`, 0],
    ['unknown', `${noTeam}@${UNIT}`, 1],
    ['newly-denied,newly-allowed', `${noTeam}@${UNIT}`, 0],
  ];
  for (const [fails, change, code] of cases) {
    it(`${code} with --fail-on ${fails} and ${change.slice(folder.length + 1)}`, async () => {
      assert.equal((await run(...args, change, '--fail-on', fails)).code, code);
    });
  }
  const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--change', `${noStart}@root`], /no --trail/],
    [['--trail', folderOfTrail], /no --change/],
    [[...args, 'x.json'], /write FILE@TARGET/],
    [[...args, `${folder}/none.txt@root`], /cannot be read/],
    [[...args, `${org}@root`], /org\.json: Unknown element/],
    [[...args, `${noStart}@ou-ab12-nothere1`], /No root, OU or account/],
    [[...args, `-p-none@${UNIT}`], /No policy p-none/],
    [[...args, `-p-old@root`], /not attached/],
    [[...args, `${noStart}@root`, '--fail-on', 'x'], /--fail-on knows/],
    [[...args, `${noStart}@root`, '--what'], /unknown argument --what/],
    [['--trail', join(folder, 'nowhere'), '--org', org, '--change', `${noStart}@root`], /ENOENT/],
    [['--trail', folderOfTrail, '--org', noStart, '--change', `${noStart}@root`], /no-start\.json:1:\d+/],
  ];
  for (const [bad, message] of wrong) {
    it(`2 with a sentence that fits ${message}`, async () => {
      const { code, text, err } = await run(...bad);
      assert.deepEqual([code, text], [2, '']);
      assert.match(err, /^gatehouse: [^\n]+$/);
      assert.match(err, message);
    });
  }
  it('0 with --help', async () => {
    const { code, text } = await run('--help');
    assert.equal(code, 0);
    assert.match(text, /^Usage: npx gatehouse impact/);
  });
});

it('impact tells SARIF at the statement that decides', async () => {
  const pretty = write(
    'pretty.json',
    JSON.stringify(JSON.parse(policy(statement('Allow', '*'), statement('Deny', 'ec2:Start*'))), null, 2),
  );
  const { text } = await run('--trail', folderOfTrail, '--org', org, '--change', `${pretty}@${UNIT}`, '--sarif');
  const [sarif] = JSON.parse(text).runs;
  const [result] = sarif.results;
  assert.deepEqual([result.ruleId, result.level], ['newly-denied', 'error']);
  assert.equal(result.locations[0].physicalLocation.region.startLine, 9);
  assert.match(result.message.text, /^Newly denied: 3 calls of ec2:StartInstances by /);
});
