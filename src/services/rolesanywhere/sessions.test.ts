import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { type Cloud, type Credentials, testCloud } from '../../testing/cloud.ts';
import { certificate, type Issued, revocationList, type Wanted } from './certificates.fixture.ts';
import { answerTo, type Bad, signedRequest } from './sessions.fixture.ts';
import type * as t from './types.ts';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/robot`;
const ALL_S3 = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
const authority = certificate({
  subject: [
    ['C', 'US'],
    ['O', 'Example'],
    ['CN', 'Root authority'],
  ],
});
const issued = (wanted: Wanted = {}) => certificate({ subject: [['CN', 'Alice']], by: authority, ...wanted });
const alice = issued();

let cloud: Cloud;
let anchor: t.TrustAnchorDetail;
let profile: t.ProfileDetail;

const trust = (Condition: object = {}, Action = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'rolesanywhere.amazonaws.com' }, Action, Condition }],
  });

beforeEach(async () => {
  cloud = await testCloud();
  const { iam, rolesanywhere } = cloud.root;
  await iam.createRole({ RoleName: 'robot', AssumeRolePolicyDocument: trust(), MaxSessionDuration: 43200 });
  await iam.putRolePolicy({ RoleName: 'robot', PolicyName: 'all', PolicyDocument: ALL_S3 });
  anchor = (
    await rolesanywhere.createTrustAnchor({
      name: 'anchor',
      enabled: true,
      source: { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: authority.pem } },
    } as t.CreateTrustAnchorRequest)
  ).trustAnchor!;
  profile = (
    await rolesanywhere.createProfile({
      name: 'profile',
      roleArns: [ROLE],
      enabled: true,
    } as t.CreateProfileRequest)
  ).profile!;
});

const input = () => ({ profileArn: profile.profileArn, roleArn: ROLE, trustAnchorArn: anchor.trustAnchorArn });
const session = (by: Issued = alice, more: object = {}, bad: Bad = {}) =>
  answerTo(cloud, signedRequest(by, { ...input(), ...more }, bad));

const keyOf = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials) => ({
  accessKeyId,
  secretAccessKey,
  sessionToken: sessionToken!,
});

async function refused(message: RegExp, by: Issued = alice, more: object = {}, bad: Bad = {}) {
  const { status, code, body } = await session(by, more, bad);
  assert.deepEqual([status, code], [403, 'AccessDeniedException'], JSON.stringify(body));
  assert.match(body.message, message);
}

const trusting = (Condition: object, Action?: string[]) =>
  cloud.root.iam.updateAssumeRolePolicy({ RoleName: 'robot', PolicyDocument: trust(Condition, Action) });

async function records(name: string) {
  const { Events } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
  });
  return (Events ?? []).map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!));
}

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
  });
});

describe('refused certificates', () => {
  const WRONG: readonly (readonly [string, () => Issued, RegExp])[] = [
    ['expired', () => issued({ until: '20291231235959Z' }), /not valid at this time/],
    ['not yet valid', () => issued({ from: '20300102000000Z' }), /not valid at this time/],
    ['of a foreign authority', () => issued({ by: certificate({}) }), /^Untrusted signing certificate$/],
    [
      'of an authority that only bears the name',
      () =>
        issued({
          by: certificate({
            subject: [
              ['C', 'US'],
              ['O', 'Example'],
              ['CN', 'Root authority'],
            ],
          }),
        }),
      /^Untrusted signing certificate$/,
    ],
    ['self-signed', () => certificate({ authority: false, usage: 0x80 }), /^Untrusted signing certificate$/],
    ['of an authority itself', () => authority, /Basic constraints/],
    ['without key usage', () => issued({ usage: null }), /Key usage/],
    ['for key encipherment', () => issued({ usage: 0x20 }), /Key usage/],
    ['signed with SHA-1', () => issued({ digest: 'sha1' }), /signature algorithm/],
    ['of version 1', () => issued({ version: 1 }), /X.509v3/],
    ['with an unknown critical extension', () => issued({ critical: '2a0304' }), /critical extension/],
    ['without a subject', () => issued({ subject: [] }), /subject/],
  ];
  for (const [what, made, message] of WRONG) {
    test(`a certificate ${what}`, () => refused(message, made()));
  }

  test('a certificate that expires later, and an anchor that does', async () => {
    assert.equal((await session()).status, 201);
    cloud.advance('P400D');
    await refused(/not valid at this time/);
    await refused(/^Untrusted signing certificate$/, issued({ until: '20400101000000Z' }));
  });

  test('chains: intermediates that came along, within what the authorities allow', async () => {
    const middle = certificate({ subject: [['CN', 'Middle']], by: authority, authority: true });
    const leaf = issued({ by: middle });
    assert.equal((await session(leaf, {}, { chain: [middle] })).status, 201);
    await refused(/^Untrusted signing certificate$/, leaf);
    const WRONG_MIDDLES: readonly Wanted[] = [
      { authority: false, usage: 0x80 },
      { authority: true, usage: 0x80 },
      { authority: null },
      { authority: true, until: '20291231000000Z' },
      { authority: true, digest: 'sha1' },
      { authority: true, critical: '2a0304' },
      { authority: true, critical: '551d1e' },
    ];
    for (const wrong of WRONG_MIDDLES) {
      const bad = certificate({ subject: [['CN', 'Bad middle']], by: authority, ...wrong });
      await refused(/^Untrusted signing certificate$/, issued({ by: bad }), {}, { chain: [bad] });
    }
    const shallow = certificate({ subject: [['CN', 'Shallow']], by: authority, authority: true, pathLength: 0 });
    const below = certificate({ subject: [['CN', 'Below']], by: shallow, authority: true });
    assert.equal((await session(issued({ by: shallow }), {}, { chain: [shallow] })).status, 201);
    await refused(/^Untrusted signing certificate$/, issued({ by: below }), {}, { chain: [shallow, below] });
    await refused(/Invalid X.509 certificate chain/, leaf, {}, { chain: Array(6).fill(middle) });
  });

  test('two authorities that sign each other lead nowhere', async () => {
    const one = certificate({ subject: [['CN', 'One']] });
    const two = certificate({ subject: [['CN', 'Two']] });
    const oneByTwo = certificate({ subject: [['CN', 'One']], by: two, authority: true });
    const twoByOne = certificate({ subject: [['CN', 'Two']], by: one, authority: true });
    await refused(
      /^Untrusted signing certificate$/,
      issued({ by: one }),
      {},
      { chain: [oneByTwo, twoByOne, one, two] },
    );
  });

  test('revoked certificates, as long as the list is enabled and its issuer the right one', async () => {
    const { rolesanywhere } = cloud.root;
    const bob = issued({ subject: [['CN', 'Bob']] });
    const { trustAnchorArn } = anchor;
    const imported = await rolesanywhere.importCrl({
      name: 'list',
      crlData: revocationList(authority, [alice]),
      trustAnchorArn,
    } as t.ImportCrlRequest);
    const crlId = imported.crl!.crlId!;
    assert.equal((await session()).status, 201);
    await rolesanywhere.enableCrl({ crlId });
    await refused(/^Certificate revoked$/);
    assert.equal((await session(bob)).status, 201);
    await rolesanywhere.updateCrl({ crlId, crlData: revocationList(authority, [bob]) });
    assert.equal((await session()).status, 201);
    await refused(/^Certificate revoked$/, bob);
    await rolesanywhere.updateCrl({ crlId, crlData: revocationList(authority, [bob], '20291231000000Z') });
    await refused(/^Certificate revoked$/, bob);
    const forger = certificate({
      subject: [
        ['C', 'US'],
        ['O', 'Example'],
        ['CN', 'Root authority'],
      ],
    });
    await rolesanywhere.updateCrl({ crlId, crlData: revocationList(forger, [alice, bob]) });
    assert.equal((await session()).status, 201);
    assert.equal((await session(bob)).status, 201);
  });

  test('a revoked intermediate takes what it issued with it', async () => {
    const middle = certificate({ subject: [['CN', 'Middle']], by: authority, authority: true });
    const leaf = issued({ by: middle });
    await cloud.root.rolesanywhere.importCrl({
      name: 'list',
      enabled: true,
      crlData: revocationList(authority, [middle]),
      trustAnchorArn: anchor.trustAnchorArn,
    } as t.ImportCrlRequest);
    await refused(/^Certificate revoked$/, leaf, {}, { chain: [middle] });
  });
});

describe('refused requests', () => {
  const changedBody = (text: string) => (request: ReturnType<typeof signedRequest>) => ({
    ...request,
    body: Buffer.from(request.body.toString().replace('robot', text)),
  });
  const header = (name: string, change: (value: string) => string) => (request: ReturnType<typeof signedRequest>) => ({
    ...request,
    headers: { ...request.headers, [name]: change(request.headers[name]!) },
  });
  const WRONG: readonly (readonly [string, Bad, RegExp])[] = [
    ['with another body than was signed', { tampered: changedBody('admin') }, /Invalid signature/],
    [
      'with a query that was not signed',
      { tampered: (r) => ({ ...r, query: 'durationSeconds=43200' }) },
      /Invalid signature/,
    ],
    ['sent to another host', { tampered: header('host', () => 'elsewhere.example') }, /Invalid signature/],
    [
      'with another time',
      { tampered: header('x-amz-date', (v) => v.replace(/\dZ$/, (d) => (d === '0Z' ? '1Z' : '0Z'))) },
      /Invalid signature/,
    ],
    ['replayed too late', { skew: -16 * 60_000 }, /Signature expired/],
    ['dated in the future', { skew: 16 * 60_000 }, /Signature not yet current/],
    ["with another certificate's serial number", { serial: '4711' }, /serial number/],
    ['with an unsigned certificate', { unsigned: ['x-amz-x509'] }, /x-amz-x509 must be a signed header/],
    [
      'with an unsigned chain',
      { unsigned: ['x-amz-x509-chain'], chain: [authority] },
      /x-amz-x509-chain must be a signed/,
    ],
    ['in the scope of another service', { service: 'sts' }, /credential scope/],
    [
      'with half a header',
      { tampered: header('authorization', (v) => v.slice(0, 120)) },
      /Invalid Authorization header/,
    ],
    [
      'with a certificate that is none',
      { tampered: header('x-amz-x509', (v) => v.slice(0, 100)) },
      /Invalid X.509 certificate/,
    ],
    [
      "with somebody else's certificate",
      { tampered: header('x-amz-x509', () => issued({ serial: alice.serial }).der.toString('base64')) },
      /Invalid signature/,
    ],
    [
      'with a signature of nothing',
      { tampered: header('authorization', (v) => v.replace(/Signature=.*/, 'Signature=00')) },
      /Invalid signature/,
    ],
  ];
  for (const [what, bad, message] of WRONG) {
    test(`a request ${what}`, () => refused(message, alice, {}, bad));
  }

  test('a request without a signature, and one with a signature of an access key', async () => {
    const { headers, ...rest } = signedRequest(alice, input());
    const { authorization: _, ...unsigned } = headers;
    assert.equal((await cloud.send({ ...rest, headers: unsigned })).status, 403);
    await assert.rejects(cloud.root.rolesanywhere.createSession(input() as t.CreateSessionRequest), {
      name: 'AccessDeniedException',
    });
  });

  test('what is disabled, not there, not in the profile, or elsewhere', async () => {
    const { rolesanywhere } = cloud.root;
    await refused(/Unable to assume role/, alice, { roleArn: `${ROLE}2` });
    const absent = anchor.trustAnchorArn!.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000');
    assert.equal((await session(alice, { trustAnchorArn: absent })).code, 'ResourceNotFoundException');
    assert.equal((await session(alice, {}, { region: 'eu-west-1' })).code, 'ResourceNotFoundException');
    const foreign = profile.profileArn!.replace(ACCOUNT, '444455556666');
    assert.equal((await session(alice, { profileArn: foreign })).code, 'ResourceNotFoundException');
    await rolesanywhere.disableProfile({ profileId: profile.profileId! });
    await refused(/Profile is disabled/);
    await rolesanywhere.disableTrustAnchor({ trustAnchorId: anchor.trustAnchorId! });
    await refused(/Trust anchor is disabled/);
    assert.equal((await session(alice, { profileArn: undefined })).code, 'ValidationException');
  });

  test('a role of another account cannot even be in a profile', async () => {
    const roleArn = 'arn:aws:iam::444455556666:role/robot';
    const { profileId } = profile;
    await assert.rejects(cloud.root.rolesanywhere.updateProfile({ profileId: profileId!, roleArns: [roleArn] }), {
      name: 'AccessDeniedException',
    });
    await refused(/Unable to assume role/, alice, { roleArn });
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
