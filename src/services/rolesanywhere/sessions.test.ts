import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ACCOUNT,
  alice,
  anchor,
  cloud,
  eachInItsOwn,
  input,
  issued,
  keyOf,
  profile,
  ROLE,
  records,
  refused,
  session,
  trusting,
} from './anchored.fixture.ts';
import { certificate } from './certificates.fixture.ts';
import { answerTo, signedRequest } from './sessions.fixture.ts';
import type * as t from './types.ts';

eachInItsOwn();

describe('CreateSession', () => {
  test('CreateSession answers as AWS does, with credentials that work', async () => {
    const { status, body } = await session();
    assert.equal(status, 201, JSON.stringify(body));
    const [set] = body.credentialSet;
    const name = alice.serial.toString(16);
    assert.equal(set.assumedRoleUser.arn, `arn:aws:sts::${ACCOUNT}:assumed-role/robot/${name}`);
    assert.match(set.assumedRoleUser.assumedRoleId, new RegExp(`^AROA.*:${name}$`));
    assert.equal(set.roleArn, ROLE);
    assert.equal(set.sourceIdentity, 'CN=Alice');
    assert.ok(set.packedPolicySize > 0);
    assert.equal(set.credentials.expiration, '2030-01-01T01:00:00Z');
    assert.match(body.subjectArn, /:subject\//);
    const clients = cloud.as(keyOf(set.credentials));
    assert.equal((await clients.sts.getCallerIdentity({})).Arn, set.assumedRoleUser.arn);
  });

  for (const key of ['rsa', 'ec', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const) {
    test(`CreateSession takes signatures of ${key} keys`, async () => {
      const { status, body } = await session(issued({ key }));
      assert.equal(status, 201, JSON.stringify(body));
    });
  }

  test('an authority may have an ML-DSA or RSA key itself', async () => {
    for (const key of ['rsa', 'ml-dsa-65'] as const) {
      const root = certificate({ key, subject: [['CN', key]], digest: 'sha384' });
      await cloud.root.rolesanywhere.updateTrustAnchor({
        trustAnchorId: anchor.trustAnchorId!,
        source: { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: root.pem } },
      });
      assert.equal((await session(issued({ by: root, digest: 'sha384' }))).status, 201);
    }
  });

  test('parameters may be in the query', async () => {
    const given = Object.entries(input()).map(([name, value]) => `${name}=${encodeURIComponent(value!)}`);
    const request = signedRequest(alice, undefined, { query: given.toSorted().join('&') });
    const { status, body } = await answerTo(cloud, request);
    assert.equal(status, 201, JSON.stringify(body));
    const [record] = await records('CreateSession');
    assert.equal(record.additionalEventData.postEmptyBody, true);
  });

  test('durations: the shorter one of profile and request; never longer than the role allows', async () => {
    const expiry = async (more: object) => (await session(alice, more)).body.credentialSet[0].credentials.expiration;
    assert.equal(await expiry({ durationSeconds: 900 }), '2030-01-01T00:15:00Z');
    assert.equal(await expiry({ durationSeconds: 7200 }), '2030-01-01T01:00:00Z');
    await cloud.root.rolesanywhere.updateProfile({ profileId: profile.profileId!, durationSeconds: 7200 });
    assert.equal(await expiry({}), '2030-01-01T02:00:00Z');
    await cloud.root.iam.updateRole({ RoleName: 'robot', MaxSessionDuration: 3600 });
    const { status, body } = await session();
    assert.equal(status, 400);
    assert.match(body.message, /MaxSessionDuration/);
  });

  test('session names only where the profile accepts them', async () => {
    await refused(/Not authorized to set roleSessionName/, alice, { roleSessionName: 'mine' });
    await cloud.root.rolesanywhere.updateProfile({ profileId: profile.profileId!, acceptRoleSessionName: true });
    const { body } = await session(alice, { roleSessionName: 'mine' });
    assert.match(body.credentialSet[0].assumedRoleUser.arn, /\/robot\/mine$/);
  });

  test('instance properties where the profile requires them; subjects remember them', async () => {
    const strict = await cloud.root.rolesanywhere.createProfile({
      name: 'strict',
      roleArns: [ROLE],
      enabled: true,
      requireInstanceProperties: true,
    } as t.CreateProfileRequest);
    const { profileArn } = strict.profile!;
    await refused(/Instance properties are required/, alice, { profileArn });
    const { body } = await session(alice, { profileArn, instanceProperties: { host: 'a' } });
    const subjectId = body.subjectArn.split('/')[1];
    const { subject } = await cloud.root.rolesanywhere.getSubject({ subjectId });
    assert.deepEqual(
      subject!.instanceProperties!.map((each) => [each.properties, each.failed]),
      [[{ host: 'a' }, false]],
    );
  });

  test('session policies of the profile bound the session', async () => {
    await cloud.root.rolesanywhere.updateProfile({
      profileId: profile.profileId!,
      managedPolicyArns: ['arn:aws:iam::aws:policy/IAMReadOnlyAccess'],
    });
    const { body } = await session();
    const clients = cloud.as(keyOf(body.credentialSet[0].credentials));
    await clients.iam.listUsers({});
    await assert.rejects(clients.iam.createUser({ UserName: 'x' }), { name: 'AccessDenied' });
    const sessionPolicy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}';
    await cloud.root.rolesanywhere.updateProfile({
      profileId: profile.profileId!,
      sessionPolicy,
      managedPolicyArns: [],
    });
    const second = cloud.as(keyOf((await session()).body.credentialSet[0].credentials));
    await second.sqs.listQueues({});
    await assert.rejects(second.iam.listUsers({}), { name: 'AccessDenied' });
  });
});

describe('what is kept of sessions', () => {
  test('records of CreateSession and AssumeRole, without secrets', async () => {
    const { body } = await session();
    const [{ credentials }] = body.credentialSet;
    const [record] = await records('CreateSession');
    assert.equal(record.eventSource, 'rolesanywhere.amazonaws.com');
    assert.equal(record.recipientAccountId, ACCOUNT);
    assert.equal(record.userIdentity.accountId, ACCOUNT);
    assert.deepEqual(record.requestParameters, { ...input(), cert: alice.der.toString('base64') });
    assert.deepEqual(record.additionalEventData, {
      missingSignedHeaders: [],
      postEmptyBody: false,
      algorithmMismatch: false,
    });
    assert.equal(record.responseElements.credentialSet[0].credentials.accessKeyId, credentials.accessKeyId);
    assert.equal(record.responseElements.subjectArn, body.subjectArn);
    const [assumption] = await records('AssumeRole');
    assert.equal(assumption.userIdentity.invokedBy, 'rolesanywhere.amazonaws.com');
    assert.equal(assumption.requestParameters.sourceIdentity, 'CN=Alice');
    const text = JSON.stringify([record, assumption]);
    assert.ok(!text.includes(credentials.secretAccessKey));
  });

  test('records tell of clients that sign less than they should', async () => {
    const { status } = await session(
      alice,
      {},
      { unsigned: ['host', 'x-amz-date'], algorithm: 'AWS4-X509-RSA-SHA256' },
    );
    assert.equal(status, 201);
    const [record] = await records('CreateSession');
    assert.deepEqual(record.additionalEventData, {
      missingSignedHeaders: ['host', 'x-amz-date'],
      postEmptyBody: false,
      algorithmMismatch: true,
    });
  });

  test('records of refusals have the reason, and no details of an unproven signature', async () => {
    await refused(
      /Invalid signature/,
      alice,
      {},
      { tampered: (r) => ({ ...r, body: Buffer.concat([r.body, Buffer.from(' ')]) }) },
    );
    await trusting({ StringEquals: { 'aws:SourceAccount': '1' } });
    await refused(/Unable to assume role/);
    const [second, first] = (await records('CreateSession')).toSorted((a, b) =>
      a.errorMessage < b.errorMessage ? 1 : -1,
    );
    assert.deepEqual([first.errorCode, first.errorMessage], ['AccessDeniedException', 'Invalid signature.']);
    assert.equal(first.additionalEventData, undefined);
    assert.match(second.errorMessage, /Unable to assume role/);
    assert.equal(second.additionalEventData.postEmptyBody, false);
  });

  test('subjects are kept by name, with their certificates, also of attempts that failed', async () => {
    const { rolesanywhere } = cloud.root;
    const first = (await session()).body.subjectArn;
    cloud.advance('PT1H');
    const renewed = issued();
    assert.equal((await session(renewed)).body.subjectArn, first);
    await session(
      issued({
        subject: [
          ['CN', 'Bob'],
          ['O', 'A, B'],
        ],
      }),
      { roleArn: `${ROLE}2` },
    );
    const { subjects } = await rolesanywhere.listSubjects({});
    assert.deepEqual(subjects!.map(({ x509Subject }) => x509Subject).toSorted(), ['CN=Alice', 'CN=Bob,O=A\\, B']);
    const { subject } = await rolesanywhere.getSubject({ subjectId: first.split('/')[1] });
    assert.deepEqual(subject!.lastSeenAt, cloud.now());
    assert.deepEqual(
      subject!.credentials!.map((each) => [each.serialNumber, each.issuer, each.failed]),
      [renewed, alice].map(({ serial }) => [String(serial), 'C=US,O=Example,CN=Root authority', false]),
    );
    assert.equal(subject!.credentials![0]!.x509CertificateData, renewed.pem);
    const bob = subjects!.find(({ x509Subject }) => x509Subject!.startsWith('CN=Bob'))!;
    const { subject: seen } = await rolesanywhere.getSubject({ subjectId: bob.subjectId! });
    assert.deepEqual(
      seen!.credentials!.map(({ failed }) => failed),
      [true],
    );
  });

  test('CloudWatch counts successes and failures', async () => {
    await session();
    await refused(
      /Invalid signature/,
      alice,
      {},
      { tampered: (r) => ({ ...r, body: Buffer.concat([r.body, Buffer.from(' ')]) }) },
    );
    await cloud.settle();
    const { Metrics } = await cloud.root.cloudwatch.listMetrics({ Namespace: 'AWS/RolesAnywhere' });
    const told = Metrics!.map(({ MetricName, Dimensions }) =>
      [MetricName, ...Dimensions!.map(({ Value }) => Value)].join(' '),
    );
    assert.deepEqual(told.toSorted(), [
      'Failure CreateSession AccessDeniedException',
      `Success CreateSession ${anchor.trustAnchorArn}`,
    ]);
  });
});
