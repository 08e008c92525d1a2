import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../testing/cloud.ts';
import { signed } from '../../testing/signed.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const DENIED = { name: 'AccessDeniedException' };

async function granting() {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const KeyId = (await kms.createKey({})).KeyMetadata!.KeyId!;
  const user = async (name: string) => {
    const clients = await cloud.user(name);
    return { kms: clients.kms, arn: `arn:aws:iam::${cloud.managementAccount}:user/${name}` };
  };
  return { cloud, kms, KeyId, user, alice: await user('alice') };
}

test('CreateGrant permits at once, until the grant is revoked', async () => {
  const { kms, KeyId, alice } = await granting();
  const Plaintext = bytes('x');
  await assert.rejects(alice.kms.encrypt({ KeyId, Plaintext }), DENIED);
  const { GrantId, GrantToken } = await kms.createGrant({
    KeyId,
    GranteePrincipal: alice.arn,
    Operations: ['Encrypt', 'DescribeKey'],
    Name: 'for-alice',
  });
  assert.match(GrantId!, /^[0-9a-f]{64}$/);
  const { CiphertextBlob } = await alice.kms.encrypt({ KeyId, Plaintext, GrantTokens: [GrantToken!] });
  await alice.kms.encrypt({ KeyId, Plaintext });
  await alice.kms.describeKey({ KeyId });
  await assert.rejects(alice.kms.decrypt({ CiphertextBlob: CiphertextBlob! }), DENIED);
  await assert.rejects(alice.kms.encrypt({ KeyId, Plaintext, GrantTokens: ['made-up'] }), {
    name: 'InvalidGrantTokenException',
  });
  const { Grants } = await kms.listGrants({ KeyId });
  assert.deepEqual(
    Grants!.map((grant) => [grant.GrantId, grant.Name, grant.GranteePrincipal, grant.Operations]),
    [[GrantId, 'for-alice', alice.arn, ['Encrypt', 'DescribeKey']]],
  );
  await kms.revokeGrant({ KeyId, GrantId: GrantId! });
  await assert.rejects(alice.kms.encrypt({ KeyId, Plaintext }), DENIED);
  await assert.rejects(kms.revokeGrant({ KeyId, GrantId: GrantId! }), { name: 'NotFoundException' });
});

test('CreateGrant of the same name and content is the same grant', async () => {
  const { kms, KeyId, alice } = await granting();
  const asked = { KeyId, GranteePrincipal: alice.arn, Operations: ['Encrypt' as const], Name: 'once' };
  const first = await kms.createGrant(asked);
  const second = await kms.createGrant(asked);
  assert.equal(second.GrantId, first.GrantId);
  assert.notEqual(second.GrantToken, first.GrantToken);
  const other = await kms.createGrant({ ...asked, Operations: ['Decrypt'] });
  assert.notEqual(other.GrantId, first.GrantId);
});

test('constraints of a grant hold the encryption context', async () => {
  const { kms, KeyId, alice } = await granting();
  const Plaintext = bytes('x');
  await kms.createGrant({
    KeyId,
    GranteePrincipal: alice.arn,
    Operations: ['Encrypt'],
    Constraints: { EncryptionContextEquals: { app: 'shop' } },
  });
  await kms.createGrant({
    KeyId,
    GranteePrincipal: alice.arn,
    Operations: ['GenerateDataKey'],
    Constraints: { EncryptionContextSubset: { app: 'shop' } },
  });
  const more = { app: 'shop', more: '1' };
  await alice.kms.encrypt({ KeyId, Plaintext, EncryptionContext: { app: 'shop' } });
  await assert.rejects(alice.kms.encrypt({ KeyId, Plaintext, EncryptionContext: more }), DENIED);
  await assert.rejects(alice.kms.encrypt({ KeyId, Plaintext }), DENIED);
  await alice.kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: more });
  await assert.rejects(
    alice.kms.generateDataKey({ KeyId, KeySpec: 'AES_256', EncryptionContext: { App: 'shop' } }),
    DENIED,
  );
});

test('a grantee grants no more than it was granted', async () => {
  const { kms, KeyId, alice, user } = await granting();
  const bob = await user('bob');
  await kms.createGrant({
    KeyId,
    GranteePrincipal: alice.arn,
    Operations: ['CreateGrant', 'Encrypt'],
    Constraints: { EncryptionContextEquals: { a: '1' } },
  });
  const grant = (Operations: ('Encrypt' | 'Decrypt')[], Constraints?: object) =>
    alice.kms.createGrant({ KeyId, GranteePrincipal: bob.arn, Operations, ...(Constraints && { Constraints }) });
  await assert.rejects(grant(['Encrypt']), DENIED);
  await assert.rejects(grant(['Encrypt'], { EncryptionContextSubset: { a: '1' } }), DENIED);
  await assert.rejects(grant(['Decrypt'], { EncryptionContextEquals: { a: '1' } }), DENIED);
  await grant(['Encrypt'], { EncryptionContextEquals: { a: '1' } });
  await bob.kms.encrypt({ KeyId, Plaintext: bytes('x'), EncryptionContext: { a: '1' } });
});

test('RetireGrant is for the retiring principal, by token or by id', async () => {
  const { cloud, kms, KeyId, alice, user } = await granting();
  const [bob, carol] = [await user('bob'), await user('carol')];
  const make = async () =>
    kms.createGrant({ KeyId, GranteePrincipal: alice.arn, RetiringPrincipal: bob.arn, Operations: ['Encrypt'] });
  const first = await make();
  const list = await kms.listRetirableGrants({ RetiringPrincipal: bob.arn });
  assert.deepEqual(
    list.Grants!.map((grant) => grant.GrantId),
    [first.GrantId],
  );
  for (const stranger of [alice, carol]) {
    await assert.rejects(stranger.kms.retireGrant({ GrantToken: first.GrantToken! }), DENIED);
  }
  await bob.kms.retireGrant({ GrantToken: first.GrantToken! });
  const second = await make();
  const KeyArn = `arn:aws:kms:us-east-1:${cloud.managementAccount}:key/${KeyId}`;
  await bob.kms.retireGrant({ KeyId: KeyArn, GrantId: second.GrantId! });
  assert.deepEqual((await kms.listGrants({ KeyId })).Grants, []);
  await assert.rejects(kms.retireGrant({ GrantToken: 'made-up' }), { name: 'InvalidGrantTokenException' });
  await assert.rejects(kms.retireGrant({ KeyId: KeyArn, GrantId: second.GrantId! }), { name: 'NotFoundException' });
});

test('CreateGrant refuses what the key cannot do, and whom nobody knows', async () => {
  const { cloud, kms, KeyId, alice } = await granting();
  await assert.rejects(kms.createGrant({ KeyId, GranteePrincipal: alice.arn, Operations: ['Sign'] }), {
    name: 'ValidationException',
  });
  await assert.rejects(kms.createGrant({ KeyId, GranteePrincipal: alice.arn, Operations: ['Fly' as 'Sign'] }), {
    name: 'ValidationException',
  });
  const nobody = `arn:aws:iam::${cloud.managementAccount}:user/nobody`;
  await assert.rejects(kms.createGrant({ KeyId, GranteePrincipal: nobody, Operations: ['Encrypt'] }), {
    name: 'InvalidArnException',
  });
  const unknown = { EncryptionContextNever: { a: 'b' } } as object;
  await assert.rejects(
    kms.createGrant({ KeyId, GranteePrincipal: alice.arn, Operations: ['Encrypt'], Constraints: unknown }),
    { name: 'ValidationException' },
  );
  assert.deepEqual((await kms.listGrants({ KeyId })).Grants, []);
  const tooLong = { EncryptionContextEquals: { a: 'x'.repeat(400) } };
  await assert.rejects(
    kms.createGrant({ KeyId, GranteePrincipal: alice.arn, Operations: ['Encrypt'], Constraints: tooLong }),
    { name: 'ValidationException' },
  );
});

test('a grant is for who was named: somebody made anew under that name has no part in it', async () => {
  const { cloud, kms, KeyId, user } = await granting();
  const { iam } = cloud.root;
  const Plaintext = bytes('x');
  const bob = await user('bob');
  await kms.createGrant({ KeyId, GranteePrincipal: bob.arn, RetiringPrincipal: bob.arn, Operations: ['Encrypt'] });
  await bob.kms.encrypt({ KeyId, Plaintext });
  const { UserId } = (await iam.getUser({ UserName: 'bob' })).User!;
  const { AccessKeyMetadata } = await iam.listAccessKeys({ UserName: 'bob' });
  for (const { AccessKeyId } of AccessKeyMetadata!) {
    await iam.deleteAccessKey({ UserName: 'bob', AccessKeyId: AccessKeyId! });
  }
  await iam.deleteUser({ UserName: 'bob' });
  const { GrantId, GranteePrincipal, RetiringPrincipal } = (await kms.listGrants({ KeyId })).Grants![0]!;
  assert.deepEqual([GranteePrincipal, RetiringPrincipal], [UserId, UserId]);
  const other = await user('bob');
  await assert.rejects(other.kms.encrypt({ KeyId, Plaintext }), DENIED);
  const KeyArn = `arn:aws:kms:us-east-1:${cloud.managementAccount}:key/${KeyId}`;
  await assert.rejects(other.kms.retireGrant({ KeyId: KeyArn, GrantId: GrantId! }), DENIED);
  assert.deepEqual((await kms.listGrants({ KeyId, GranteePrincipal: other.arn })).Grants, []);
  assert.deepEqual((await kms.listRetirableGrants({ RetiringPrincipal: other.arn })).Grants, []);
});

test('a grant to a role is for its sessions, one to a session for that one; it follows a user who is renamed', async () => {
  const { cloud, kms, KeyId, user } = await granting();
  const Plaintext = bytes('x');
  const account = cloud.managementAccount;
  const bob = await user('bob');
  await kms.createGrant({ KeyId, GranteePrincipal: bob.arn, Operations: ['Encrypt'] });
  await cloud.root.iam.updateUser({ UserName: 'bob', NewUserName: 'robert', NewPath: '/staff/' });
  await bob.kms.encrypt({ KeyId, Plaintext });
  const { Grants } = await kms.listGrants({ KeyId });
  assert.equal(Grants![0]!.GranteePrincipal, `arn:aws:iam::${account}:user/staff/robert`);
  const RoleArn = `arn:aws:iam::${account}:role/worker`;
  const opener = await cloud.user('opener', ADMIN);
  const Statement = { Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await cloud.root.iam.createRole({ RoleName: 'worker', AssumeRolePolicyDocument });
  const sessionOf = async (RoleSessionName: string) => {
    const { Credentials: made } = await opener.sts.assumeRole({ RoleArn, RoleSessionName });
    const { AccessKeyId, SecretAccessKey, SessionToken } = made!;
    const secret = { secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
    return cloud.as({ accessKeyId: AccessKeyId!, ...secret });
  };
  const [one, two] = [await sessionOf('one'), await sessionOf('two')];
  const session = `arn:aws:sts::${account}:assumed-role/worker/one`;
  await kms.createGrant({ KeyId, GranteePrincipal: session, Operations: ['Encrypt'] });
  await one.kms.encrypt({ KeyId, Plaintext });
  await assert.rejects(two.kms.encrypt({ KeyId, Plaintext }), DENIED);
  await kms.createGrant({ KeyId, GranteePrincipal: RoleArn, Operations: ['Encrypt'] });
  await two.kms.encrypt({ KeyId, Plaintext });
});

test('a service is no GranteePrincipal, but where a service makes the grant', async () => {
  const { kms, KeyId, alice } = await granting();
  const service = 'logs.us-east-1.amazonaws.com';
  const Operations: ['Encrypt'] = ['Encrypt'];
  const refused = { name: 'InvalidArnException' };
  await assert.rejects(kms.createGrant({ KeyId, GranteePrincipal: service, Operations }), refused);
  const retiring = { GranteePrincipal: alice.arn, RetiringPrincipal: service, Operations };
  await assert.rejects(kms.createGrant({ KeyId, ...retiring }), refused);
});

test('a constraint that is not known is refused, also beside one that is', async () => {
  const { cloud, kms, KeyId, alice } = await granting();
  const by = { ...(await cloud.keyFor(cloud.managementAccount)), service: 'kms' };
  const granted = async (Constraints: object) => {
    const input = { KeyId, GranteePrincipal: alice.arn, Operations: ['Encrypt'], Constraints, Extra: 'passed over' };
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.CreateGrant' };
    return cloud.send(signed({ headers, body: Buffer.from(JSON.stringify(input)) }, by));
  };
  const known = { EncryptionContextEquals: { app: 'shop' } };
  for (const more of [{ EncryptionContextNever: { a: 'b' } }, { encryptionContextSubset: {} }, { Hours: null }]) {
    for (const constraints of [more, { ...known, ...more }]) {
      const { status, body } = await granted(constraints);
      assert.equal(status, 400);
      assert.match(String(body), /"ValidationException".*Unknown member '\w+' of GrantConstraints/);
    }
  }
  assert.deepEqual((await kms.listGrants({ KeyId })).Grants, []);
  assert.equal((await granted(known)).status, 200);
});

test('another account uses a key by its policy and its own, for what AWS lists, and is recorded in both', async () => {
  const { cloud, kms, KeyId } = await granting();
  const other = await cloud.memberAccount('other');
  const KeyArn = `arn:aws:kms:us-east-1:${cloud.managementAccount}:key/${KeyId}`;
  const Plaintext = bytes('x');
  const allowed = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: KeyArn } };
  const dave = await other.user('dave', allowed);
  const erin = await other.user('erin');
  await assert.rejects(dave.kms.encrypt({ KeyId: KeyArn, Plaintext }), DENIED);
  const { Policy } = await kms.getKeyPolicy({ KeyId });
  const document = JSON.parse(Policy!) as { Statement: object[] };
  document.Statement.push({ Effect: 'Allow', Principal: { AWS: other.id }, Action: 'kms:*', Resource: '*' });
  await kms.putKeyPolicy({ KeyId, Policy: JSON.stringify(document) });
  const { CiphertextBlob } = await dave.kms.encrypt({ KeyId: KeyArn, Plaintext });
  await dave.kms.decrypt({ CiphertextBlob: CiphertextBlob! });
  // Whose key the short id is of the ciphertext says, where there is one.
  await dave.kms.decrypt({ KeyId, CiphertextBlob: CiphertextBlob! });
  const again = { SourceKeyId: KeyId, DestinationKeyId: KeyArn, CiphertextBlob: CiphertextBlob! };
  await dave.kms.reEncrypt(again);
  await assert.rejects(erin.kms.decrypt({ KeyId, CiphertextBlob: CiphertextBlob! }), DENIED);
  await assert.rejects(dave.kms.encrypt({ KeyId, Plaintext }), DENIED);
  await assert.rejects(erin.kms.encrypt({ KeyId: KeyArn, Plaintext }), DENIED);
  for (const refused of [
    () => dave.kms.disableKey({ KeyId: KeyArn }),
    () => dave.kms.getKeyPolicy({ KeyId: KeyArn }),
    () => dave.kms.scheduleKeyDeletion({ KeyId: KeyArn }),
    () => dave.kms.tagResource({ KeyId: KeyArn, Tags: [] }),
  ]) {
    await assert.rejects(refused(), DENIED);
  }
  const seen = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'Encrypt' }],
  });
  const record = JSON.parse(seen.Events![0]!.CloudTrailEvent!) as Record<string, unknown>;
  assert.deepEqual(record.resources, [{ accountId: cloud.managementAccount, type: 'AWS::KMS::Key', ARN: KeyArn }]);
  assert.ok(record.sharedEventID);
});

test('a grant for a service names the resource it acts for, and who retires it', async () => {
  const { cloud, kms, KeyId, alice } = await granting();
  const service = 'logs.us-east-1.amazonaws.com';
  const SourceArn = `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:app`;
  const half = { KeyId, GranteeServicePrincipal: service, Operations: ['Encrypt' as const] };
  const refused = (input: object) =>
    assert.rejects(kms.createGrant({ ...half, ...input }), { name: 'ValidationException' });
  await refused({});
  await refused({ RetiringPrincipal: alice.arn });
  await refused({ Constraints: { SourceArn } });
  await refused({ Constraints: { SourceArn }, RetiringPrincipal: alice.arn, GranteePrincipal: alice.arn });
  await kms.createGrant({ ...half, Constraints: { SourceArn }, RetiringServicePrincipal: service });
  const { Grants } = await kms.listGrants({ KeyId, GranteeServicePrincipal: service });
  assert.equal(Grants![0]!.RetiringServicePrincipal, service);
  assert.equal(Grants![0]!.GranteePrincipal, undefined);
  const both = { KeyId, GranteePrincipal: alice.arn, GranteeServicePrincipal: service };
  await assert.rejects(kms.listGrants(both), { name: 'ValidationException' });
  const retiring = { RetiringPrincipal: alice.arn, RetiringServicePrincipal: service };
  await assert.rejects(kms.listRetirableGrants(retiring), { name: 'ValidationException' });
  await assert.rejects(kms.listRetirableGrants({} as typeof retiring), { name: 'ValidationException' });
});
