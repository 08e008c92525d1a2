import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ACCOUNT,
  ALL_S3,
  anchor,
  cloud,
  eachInItsOwn,
  issued,
  keyOf,
  profile,
  refused,
  session,
  trust,
  trusting,
} from './anchored.fixture.ts';
import type { Wanted } from './certificates.fixture.ts';

eachInItsOwn();

describe('the trust policy of the role', () => {
  const SourceArn = (arn: string | undefined) => ({ ArnEquals: { 'aws:SourceArn': arn } });
  test('asks for the trust anchor', async () => {
    await trusting(SourceArn(anchor.trustAnchorArn));
    assert.equal((await session()).status, 201);
    await trusting(SourceArn(anchor.trustAnchorArn!.replace(/.$/, 'x')));
    await refused(/^Unable to assume role for arn:aws:iam::111122223333:role\/robot$/);
  });

  const FULL: Wanted = {
    subject: [
      ['CN', 'alice'],
      ['OU', 'Security'],
      ['OU', 'Engineering'],
    ],
    dns: ['first.example', 'second.example'],
    uri: ['spiffe://example.com/workload/alice'],
    directory: [['CN', 'Alice']],
  };
  const MET: readonly Record<string, string>[] = [
    { 'aws:PrincipalTag/x509Subject/CN': 'alice' },
    { 'aws:PrincipalTag/x509Subject/OU': 'Security/Engineering' },
    { 'aws:PrincipalTag/x509Issuer/O': 'Example' },
    { 'aws:RequestTag/x509Issuer/CN': 'Root authority' },
    { 'aws:PrincipalTag/x509SAN/DNS': 'first.example' },
    { 'aws:PrincipalTag/x509SAN/URI': 'spiffe://example.com/workload/alice' },
    { 'aws:PrincipalTag/x509SAN/Name/CN': 'Alice' },
    { 'sts:SourceIdentity': 'CN=alice' },
    { 'aws:SourceAccount': ACCOUNT },
  ];
  for (const condition of MET) {
    const [[key, value]] = Object.entries(condition) as [[string, string]];
    test(`may ask for ${key}`, async () => {
      const full = issued(FULL);
      await trusting({ StringEquals: condition });
      const { status, body } = await session(full);
      assert.equal(status, 201, JSON.stringify(body));
      await trusting({ StringEquals: { [key]: `not ${value}` } });
      await refused(/Unable to assume role/, full);
    });
  }

  test('must allow all three actions, to this service', async () => {
    for (const without of [
      ['sts:AssumeRole', 'sts:TagSession'],
      ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      ['sts:TagSession'],
    ]) {
      await trusting({}, without);
      await refused(/Unable to assume role/);
    }
    const other = trust().replace('rolesanywhere', 'ec2');
    await cloud.root.iam.updateAssumeRolePolicy({ RoleName: 'robot', PolicyDocument: other });
    await refused(/Unable to assume role/);
  });

  test('gets only the attributes that the profile maps', async () => {
    const { rolesanywhere } = cloud.root;
    await trusting({ StringEquals: { 'aws:PrincipalTag/x509Issuer/CN': 'Root authority' } });
    assert.equal((await session()).status, 201);
    await rolesanywhere.putAttributeMapping({
      profileId: profile.profileId!,
      certificateField: 'x509Issuer',
      mappingRules: [{ specifier: 'O' }],
    });
    await refused(/Unable to assume role/);
    await trusting({ StringNotEquals: { 'aws:PrincipalTag/x509Issuer/CN': 'Root authority' } });
    assert.equal((await session()).status, 201);
  });

  test('attributes that no tag can hold are told', async () => {
    await trusting({ StringEquals: { 'aws:PrincipalTag/x509Subject/OU': 'a' } });
    await refused(
      /Some attributes failed to be mapped into session tags\. Issuer: \[ {2}\]; Subject: \[ OU \]; SAN: \[ {2}\]$/,
      issued({
        subject: [
          ['CN', 'Alice'],
          ['OU', 'a*b'],
        ],
      }),
    );
  });

  test('tags of the session are there for policies of the role', async () => {
    await cloud.root.iam.putRolePolicy({
      RoleName: 'robot',
      PolicyName: 'all',
      PolicyDocument: ALL_S3.replace(
        '"Resource"',
        '"Condition":{"StringEquals":{"aws:PrincipalTag/x509Subject/CN":"Alice"}},"Resource"',
      ),
    });
    await cloud.as(keyOf((await session()).body.credentialSet[0].credentials)).iam.listUsers({});
    const bob = await session(issued({ subject: [['CN', 'Bob']] }));
    await assert.rejects(cloud.as(keyOf(bob.body.credentialSet[0].credentials)).iam.listUsers({}), {
      name: 'AccessDenied',
    });
  });

  test('source identities follow the rules of lengths', async () => {
    const identity = async (subject: Wanted['subject'], serial: number) =>
      (await session(issued({ subject: subject!, serial }))).body.credentialSet[0].sourceIdentity;
    assert.equal(await identity([['O', 'No common name']], 291), 'ID=0123');
    assert.equal(await identity([['CN', 'a'.repeat(61)]], 900), `CN=${'a'.repeat(61)}`);
    assert.equal(await identity([['CN', 'a'.repeat(64)]], 901), 'a'.repeat(64));
    assert.equal(await identity([['CN', 'Zoë van den Büro']], 902), 'CN=Zoë van den Büro', 'names of people');
    assert.equal(await identity([['CN', 'host/app.example']], 903), 'CN=host/app.example');
    await trusting({ StringEquals: { 'sts:SourceIdentity': 'CN=Zoë' } });
    await refused(/^Unable to assume role/, issued({ subject: [['CN', 'Zoë van den Büro']] }));
    assert.equal(await identity([['CN', 'Zoë']], 904), 'CN=Zoë');
  });
});
