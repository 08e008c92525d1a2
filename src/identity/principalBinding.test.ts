import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testCloud } from '../testing/cloud.ts';
import { bindPrincipals, InvalidPrincipal, showPrincipals } from './principalBinding.ts';

const statement = (Principal: unknown) => ({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
const policy = (Principal: unknown) => JSON.stringify({ Version: '2012-10-17', Statement: [statement(Principal)] });

async function plane() {
  const cloud = await testCloud();
  const account = cloud.managementAccount;
  await cloud.root.iam.createUser({ UserName: 'alice', Path: '/team/' });
  const trust = policy({ Service: 'ec2.amazonaws.com' });
  await cloud.root.iam.createRole({ RoleName: 'worker', AssumeRolePolicyDocument: trust });
  const { store } = cloud.deps;
  return {
    account,
    bind: (document: string) => store.transaction((tx) => bindPrincipals(tx, document)),
    show: (document: string) => store.transaction((tx) => showPrincipals(tx, document)),
  };
}

test('bindPrincipals puts ids for users, roles and sessions of this plane, and leaves all others', async () => {
  const { account, bind } = await plane();
  const kept = [
    '*',
    account,
    `arn:aws:iam::${account}:root`,
    'arn:aws:iam::999988887777:root',
    'arn:aws:iam::999988887777:role/somebody/elses',
    `arn:aws:sts::${account}:federated-user/x`,
  ];
  for (const name of kept) assert.equal(await bind(policy({ AWS: name })), policy({ AWS: name }));
  const bound: [string, RegExp][] = [
    [`arn:aws:iam::${account}:user/team/alice`, /"AWS":"AIDA[A-Z2-7]{17}"/],
    [`arn:aws:iam::${account}:role/worker`, /"AWS":"AROA[A-Z2-7]{17}"/],
    [`arn:aws:sts::${account}:assumed-role/worker/s1`, /"AWS":"AROA[A-Z2-7]{17}:s1"/],
  ];
  for (const [name, expected] of bound) assert.match(String(await bind(policy({ AWS: name }))), expected);
});

test('bindPrincipals names what cannot be a principal', async () => {
  const { account, bind } = await plane();
  const wrong: [object, string][] = [
    [{ AWS: `arn:aws:iam::${account}:user/alice` }, `"AWS":"arn:aws:iam::${account}:user/alice"`],
    [{ AWS: `arn:aws:iam::${account}:role/*` }, `"AWS":"arn:aws:iam::${account}:role/*"`],
    [{ AWS: [account, `arn:aws:iam::${account}:group/g`] }, `"AWS":"arn:aws:iam::${account}:group/g"`],
    [{ AWS: `arn:aws:sts::${account}:assumed-role/none/s1` }, `"AWS":"arn:aws:sts::${account}:assumed-role/none/s1"`],
    [{ AWS: 'AROAAAAAAAAAAAAAAAAAA' }, '"AWS":"AROAAAAAAAAAAAAAAAAAA"'],
    [{ Service: ['ec2.amazonaws.com', 'evil.example.com'] }, '"SERVICE":"evil.example.com"'],
  ];
  for (const [principal, named] of wrong) {
    const result = await bind(policy(principal));
    assert.ok(result instanceof InvalidPrincipal);
    assert.equal(result.message, `Invalid principal in policy: ${named}`);
  }
});

test('What is bound is shown as it was written, byte for byte', async () => {
  const { account, bind, show } = await plane();
  const names = fc.constantFrom(
    '*',
    account,
    `arn:aws:iam::${account}:root`,
    `arn:aws:iam::${account}:user/team/alice`,
    `arn:aws:iam::${account}:role/worker`,
    `arn:aws:sts::${account}:assumed-role/worker/session`,
    'arn:aws:iam::999988887777:user/other',
  );
  const principal = fc.oneof(
    fc.constant<unknown>('*'),
    fc.record({ AWS: fc.oneof(names, fc.array(names)), Service: fc.constant('ec2.amazonaws.com') }),
  );
  const indent = fc.constantFrom(0, 1, 4, '\t');
  const documents = fc
    .tuple(fc.array(principal, { minLength: 1 }), fc.string(), indent)
    .map(([all, Sid, space]) =>
      JSON.stringify({ Version: '2012-10-17', Statement: all.map((one) => ({ Sid, ...statement(one) })) }, null, space),
    );
  await fc.assert(
    fc.asyncProperty(documents, async (document) => {
      const bound = await bind(document);
      assert.ok(typeof bound === 'string');
      assert.equal(await show(bound), document);
    }),
    { numRuns: 100 },
  );
});

test('showPrincipals keeps ids of the dead, and text that only looks like an id', async () => {
  const { show } = await plane();
  for (const text of [policy({ AWS: 'AIDAAAAAAAAAAAAAAAAAA' }), '"AIDAAAAAAAAAAAAAAAAAA" {', 'no JSON']) {
    assert.equal(await show(text), text);
  }
});
