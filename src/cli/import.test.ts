import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { chainOf, organizationPolicies } from '../identity/organization.ts';
import { byName } from '../identity/principals.ts';
import {
  ACCOUNT,
  allow,
  deny,
  dump,
  group,
  MEMBER,
  organization,
  policy,
  role,
  trust,
  user,
} from '../shadow/fixtures.ts';
import { importFiles } from '../shadow/import.ts';
import { allLoads, everyRow } from '../shadow/loads.ts';
import { openShadow } from '../shadow/open.ts';
import { credentials, managedPolicies, resourcePolicies, roles, users } from '../shadow/tables.ts';
import type { Store } from '../store/store.ts';
import { importAccount } from './import.ts';
import { said } from './said.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-test-'));
after(() => rmSync(folder, { recursive: true }));

let number = 0;
const fresh = () => join(folder, `data-${number++}`);

function write(name: string, ...contents: (object | string)[]): string {
  const file = join(folder, name);
  writeFileSync(file, contents.map((c) => (typeof c === 'string' ? c : JSON.stringify(c, null, 4))).join('\n'));
  return file;
}

const run = (data: string, ...args: string[]) => said(importAccount, 'account', '--data', data, ...args);

async function look<T>(data: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openShadow(data);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const namesIn = (data: string) =>
  look(data, async (store) => {
    const names: string[] = [];
    for await (const row of everyRow(store, users)) names.push(row.name);
    for await (const row of everyRow(store, roles)) names.push(row.name);
    return names;
  });

describe('import account', () => {
  it('loads users, groups, roles and policies, with documents as objects, text or URL-encoded', async () => {
    const data = fresh();
    const document = allow('s3:GetObject');
    const encoded = encodeURIComponent(JSON.stringify(document));
    const file = write(
      'one.json',
      dump({
        users: [user('Alice', { path: '/team/', groups: ['g'], inline: { own: encoded }, tags: { team: 'blue' } })],
        groups: [group('g', { inline: { own: JSON.stringify(document) } })],
        roles: [
          role('app', encodeURIComponent(JSON.stringify(trust({ Service: 'ec2.amazonaws.com' }))), {
            lastUsed: '2024-06-01 10:00:00+00:00',
          }),
        ],
        policies: [policy('p', document, allow('s3:*'))],
      }),
    );
    const { code, text } = await run(data, file);
    assert.deepEqual([code, text], [0, `loaded ${file}: 1 user, 1 group, 1 role, 1 managed policy`]);
    await look(data, (store) =>
      store.transaction(async (tx) => {
        const alice = await tx.get(users, byName(ACCOUNT, 'alice'));
        assert.deepEqual(alice?.inline, { own: JSON.stringify(document) });
        assert.deepEqual(
          [alice?.path, alice?.groups, alice?.tags],
          ['/team/', ['g'], [{ Key: 'team', Value: 'blue' }]],
        );
        assert.equal((await tx.get(roles, byName(ACCOUNT, 'app')))?.lastUsed, '2024-06-01T10:00:00.000Z');
        const loaded = await tx.get(managedPolicies, byName(ACCOUNT, 'p'));
        assert.deepEqual([loaded?.defaultVersion, loaded?.versions.map((v) => v.id)], ['v2', ['v1', 'v2']]);
      }),
    );
  });

  it('takes pages as several files, one after another in a file, or in a list', async () => {
    const [a, b] = [dump({ users: [user('a')] }), dump({ users: [user('b')] })];
    const shapes = [[write('a.json', a), write('b.json', b)], [write('ab.json', a, b)], [write('list.json', [a, b])]];
    for (const files of shapes) {
      const data = fresh();
      assert.equal((await run(data, ...files)).code, 0);
      assert.deepEqual(await namesIn(data), ['a', 'b']);
    }
  });

  it('replaces what an earlier import said of the account, or with --add keeps it', async () => {
    const data = fresh();
    await run(data, write('old.json', dump({ users: [user('old'), user('both')] })));
    const file = write('new.json', dump({ users: [user('both'), user('new')] }));
    await run(data, file);
    assert.deepEqual(await namesIn(data), ['both', 'new']);
    await run(data, '--add', write('old.json', dump({ users: [user('old')] })));
    assert.deepEqual(await namesIn(data), ['both', 'new', 'old']);
  });

  it('reads a file again only when it has changed', async () => {
    const data = fresh();
    const file = write('again.json', dump({ users: [user('a')] }));
    assert.match((await run(data, file)).lines[0] ?? '', /^loaded /);
    assert.match((await run(data, file)).lines[0] ?? '', /^unchanged /);
    utimesSync(file, new Date(0), new Date(0));
    assert.match((await run(data, file)).lines[0] ?? '', /^loaded /);
  });

  it('says when the dump is not complete', async () => {
    const file = write('more.json', { ...dump({ users: [user('a')] }), IsTruncated: true, Marker: 'x' });
    assert.match((await run(fresh(), file)).lines[0] ?? '', /its last page says that there are more/);
  });

  const broken: readonly [title: string, text: string, where: string, message: RegExp][] = [
    ['text that ends', '{\n  "UserDetailList": [', ':2:22', /ends too early/],
    ['something else', '{"Reservations": []}', ':1:20', /Nothing of what can be imported/],
    ['wrong JSON in an entry', '{"UserDetailList": [\n{"UserName": tru}]}', ':2:14', /Expected a value/],
    [
      'a user without a name',
      '{"UserDetailList": [\n {"Arn": "arn:aws:iam::111122223333:user/x"}]}',
      ':2:2',
      /UserDetailList\[0\]: has no UserName/,
    ],
    [
      'another partition',
      JSON.stringify({ UserDetailList: [user('é'), { ...user('x'), Arn: 'arn:aws-cn:iam::111122223333:user/x' }] }),
      ':1:',
      /UserDetailList\[1\]\.Arn: is of partition aws-cn/,
    ],
    [
      'a document that is no policy',
      JSON.stringify(
        dump({ roles: [role('r', { Version: '2012-10-17', Statement: [{ Effect: 'Allow' }] })] }),
        null,
        1,
      ),
      ':13:32',
      /RoleDetailList\[0\]\.AssumeRolePolicyDocument: is not a policy document: A statement has either Action/,
    ],
  ];
  for (const [title, text, where, message] of broken) {
    it(`names file and position of ${title}, and loads nothing of the file`, async () => {
      const data = fresh();
      await run(data, write('before.json', dump({ users: [user('kept')] })));
      const file = write('broken.json', text);
      const good = write('good.json', dump({ users: [user('other', { account: MEMBER })] }));
      const { code, lines } = await run(data, file, good);
      assert.equal(code, 1);
      assert.ok(lines[0]?.startsWith(`FAILED ${file}${where}`), String(lines[0]));
      assert.match(lines[0] ?? '', message);
      assert.deepEqual(await namesIn(data), ['kept', 'other']);
      assert.deepEqual(await look(data, async (store) => (await allLoads(store)).map((load) => load.state)), [
        'done',
        'done',
      ]);
    });
  }

  it('survives damaged files: each is loaded whole or named with its place and not loaded', async () => {
    const whole = Buffer.from(
      JSON.stringify([
        dump({ users: [user('a'), user('b', { inline: { own: allow('s3:*') } })], roles: [role('r', trust('*'))] }),
      ]),
    );
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), async (bytes, length) => {
        const text = Buffer.from(whole.subarray(0, bytes.length === 3 ? length : whole.length));
        for (const [at, byte] of bytes) if (at < text.length) text[at] = byte;
        const data = fresh();
        const file = join(folder, 'damaged.json');
        writeFileSync(file, text);
        const [result] = JSON.parse((await run(data, '--json', file)).lines.join('\n')).files;
        const names = await namesIn(data);
        if (result.state === 'loaded') {
          assert.equal(names.length, (result.counts.user ?? 0) + (result.counts.role ?? 0));
        } else {
          assert.deepEqual(names, []);
          assert.ok(result.error.line >= 1 && result.error.column >= 1 && result.error.offset <= text.length);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('gives line, column and byte as JSON', async () => {
    const file = write('position.json', '{"UserDetailList":\n [{"UserName": 1}]}');
    const { lines } = await run(fresh(), '--json', file);
    const [result] = JSON.parse(lines.join('\n')).files;
    const message = 'UserDetailList[0].UserName: must be a string';
    assert.deepEqual([result.state, result.error], ['failed', { message, line: 2, column: 16, offset: 34 }]);
  });

  it('names a file that is not there', async () => {
    const { code, lines } = await run(fresh(), join(folder, 'missing.json'));
    assert.equal(code, 1);
    assert.match(lines[0] ?? '', /^FAILED .*missing\.json: cannot be read: ENOENT/);
  });

  it('goes on where it was when it is cut short, and shows nothing until then', async () => {
    const data = fresh();
    const all = Array.from({ length: 6000 }, (_, i) => user(`u${i}`, { inline: { own: allow('s3:GetObject') } }));
    const file = write('large.json', dump({ users: all }));
    const cut = new AbortController();
    const interrupted = look(data, (store) =>
      importFiles(store, [file], { signal: cut.signal, progress: (_f, done) => done > 3e6 && cut.abort() }),
    );
    await assert.rejects(interrupted, { name: 'AbortError' });
    assert.deepEqual(await namesIn(data), []);
    const [result] = await look(data, (store) => importFiles(store, [file], {}));
    assert.ok(result?.resumedAt && result.resumedAt > 1e6, String(result?.resumedAt));
    assert.deepEqual(result?.counts, { user: 6000 });
    assert.equal((await namesIn(data)).length, 6000);
  });

  it('finishes publishing what a killed process had begun', async () => {
    const data = fresh();
    const all = Array.from({ length: 4000 }, (_, i) => user(`u${i}`, { inline: { own: allow('s3:GetObject') } }));
    const file = write('killed.json', dump({ users: all }));
    await look(data, async (store) => {
      let left = 6; // Two chunks staged, one of them published; then the disk is gone.
      const dying: Store = {
        ...store,
        transaction: (work) => (left-- > 0 ? store.transaction(work) : Promise.reject(new Error('gone'))),
      };
      await assert.rejects(importFiles(dying, [file], {}));
      const [load] = await allLoads(store);
      assert.equal(load?.state, 'publishing');
    });
    assert.equal((await namesIn(data)).length, 4000);
  });

  it('loads an organization with its policies and what they are attached to', async () => {
    const data = fresh();
    const file = write('org.json', organization(deny('s3:*'), deny('sts:*')));
    const { code, lines } = await run(data, file);
    assert.equal(code, 0, lines.join('\n'));
    await look(data, (store) =>
      store.transaction(async (tx) => {
        const chain = await chainOf(tx, MEMBER);
        assert.deepEqual(
          chain?.units.map((unit) => unit.id),
          ['r-ab12', 'ou-ab12-workload'],
        );
        assert.deepEqual(chain?.units[1]?.attachments.SERVICE_CONTROL_POLICY, ['p-FullAWSAccess', 'p-guard12345']);
        assert.deepEqual(chain?.account.attachments.RESOURCE_CONTROL_POLICY, ['p-RCPFullAWSAccess']);
        assert.equal((await tx.get(organizationPolicies, ['o-example1234', 'p-perimeter1']))?.name, 'Perimeter');
      }),
    );
  });

  it('loads the same organization from its calls', async () => {
    const { Organization, Roots, OrganizationalUnits, Accounts, Policies } = organization(deny('s3:*'));
    const call = (Operation: string, Input: object, Output: object) => ({ Operation, Input, Output });
    const without = ({ ParentId: _, ...rest }: { ParentId?: string }) => rest;
    const calls = [
      call('DescribeOrganization', {}, { Organization }),
      call('ListRoots', {}, { Roots }),
      call(
        'ListOrganizationalUnitsForParent',
        { ParentId: 'r-ab12' },
        { OrganizationalUnits: OrganizationalUnits.map(without) },
      ),
      call('list-accounts', {}, { Accounts: Accounts.map(without) }),
      ...Accounts.map(({ Id, ParentId }) => call('list-parents', { ChildId: Id }, { Parents: [{ Id: ParentId }] })),
      ...Policies.map(({ Targets: _, ...Policy }) =>
        call('DescribePolicy', { PolicyId: Policy.PolicySummary.Id }, { Policy }),
      ),
      ...Policies.map(({ PolicySummary, Targets }) =>
        call('ListTargetsForPolicy', { PolicyId: PolicySummary.Id }, { Targets }),
      ),
    ];
    const chains = [];
    for (const file of [write('calls.json', ...calls), write('whole.json', organization(deny('s3:*')))]) {
      const data = fresh();
      const { code, lines } = await run(data, file);
      assert.equal(code, 0, lines.join('\n'));
      chains.push(await look(data, (store) => store.transaction((tx) => chainOf(tx, MEMBER))));
    }
    assert.deepEqual(chains[0], chains[1]);
  });

  it('refuses half an organization, at the place that shows it', async () => {
    const whole = organization(deny('s3:*'));
    const halves: readonly [object, RegExp][] = [
      [{ Accounts: whole.Accounts }, /parts of an organization but no Organization/],
      [
        { ...whole, Accounts: [{ ...whole.Accounts[0], ParentId: undefined }] },
        /Nothing says under which root or unit/,
      ],
      [{ ...whole, Policies: whole.Policies.slice(1) }, /No service control policy is attached to r-ab12/],
      [{ ...whole, Policies: [{ PolicySummary: {}, Targets: [] }] }, /Policies\[0\]\.PolicySummary: has no Id/],
    ];
    for (const [content, message] of halves) {
      const { code, lines } = await run(fresh(), write('half.json', content));
      assert.equal(code, 1);
      assert.match(lines[0] ?? '', message);
      assert.match(lines[0] ?? '', /half\.json:\d+:\d+: /);
    }
  });

  it('loads policies of resources, and forgets those that are gone', async () => {
    const data = fresh();
    const bucket = 'arn:aws:s3:::data';
    const Policy = JSON.stringify({
      ...trust('*'),
      Statement: [{ ...trust('*').Statement[0], Action: 's3:GetObject', Resource: '*' }],
    });
    await run(
      data,
      write('rp.json', [
        { ResourceArn: bucket, ResourceAccount: ACCOUNT, Policy },
        { ResourceArn: 'arn:aws:s3:::b', Policy },
      ]),
    );
    await run(data, write('rp2.json', [{ ResourceArn: 'arn:aws:s3:::b', Policy: null }]));
    const rows = await look(data, async (store) => {
      const all = [];
      for await (const row of everyRow(store, resourcePolicies)) all.push([row.arn, row.account]);
      return all;
    });
    assert.deepEqual(rows, [[bucket, ACCOUNT]]);
    const { lines } = await run(data, write('rp3.json', [{ ResourceArn: 'x', Policy }]));
    assert.match(lines[0] ?? '', /rp3\.json:3:24: ResourceArn: is not an ARN/);
  });

  it('loads a credential report', async () => {
    const data = fresh();
    const csv = [
      'user,arn,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_used_date',
      `<root_account>,arn:aws:iam::${ACCOUNT}:root,not_supported,no_information,true,false,N/A`,
      `Alice,arn:aws:iam::${ACCOUNT}:user/Alice,true,2024-01-01T00:00:00+00:00,false,true,2024-02-01T00:00:00+00:00`,
    ].join('\n');
    const report = {
      Content: Buffer.from(csv).toString('base64'),
      ReportFormat: 'text/csv',
      GeneratedTime: '2024-06-01T00:00:00Z',
    };
    assert.equal((await run(data, write('report.json', report))).code, 0);
    const alice = await look(data, (store) => store.transaction((tx) => tx.get(credentials, [ACCOUNT, 'alice'])));
    assert.equal(alice?.passwordLastUsed, '2024-01-01T00:00:00.000Z');
    assert.deepEqual(alice?.keys[0], { number: 1, active: true, lastUsed: '2024-02-01T00:00:00.000Z' });
  });

  it('explains its usage', async () => {
    assert.equal((await run(fresh(), '--help')).code, 0);
    const none = await run(fresh());
    assert.deepEqual([none.code, none.err], [2, 'gatehouse: import account takes files; see --help.']);
    const wrong = await said(importAccount, 'acount', 'x');
    assert.deepEqual([wrong.code, wrong.err], [2, 'gatehouse: import takes account and files; see --help.']);
  });
});
