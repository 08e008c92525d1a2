import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instances } from '../../identity/instances.ts';
import { testCloud } from '../../testing/cloud.ts';

const STORE = 'd-1234567890';

async function withStore() {
  const cloud = await testCloud();
  const { managementAccount: account } = cloud;
  const row = { id: 'ssoins-0123456789abcdef', account, region: 'us-east-1', identityStore: STORE };
  await cloud.deps.store.transaction((tx) => tx.insert(instances, { ...row, created: cloud.now().toISOString() }));
  const directory = cloud.root.identitystore;
  const add = (UserName: string, more: object = {}) =>
    directory.createUser({ ...person(UserName), ...more }).then(({ UserId }) => UserId!);
  return { cloud, directory, add };
}

const person = (UserName: string) => ({
  IdentityStoreId: STORE,
  UserName,
  DisplayName: `The ${UserName}`,
  Name: { GivenName: 'The', FamilyName: UserName },
});

test('a user is read back as made, and found by name and address', async () => {
  const { directory, add, cloud } = await withStore();
  const UserId = await add('alice', {
    Emails: [{ Value: 'Alice@example.com', Type: 'work', Primary: true }],
    Title: 'CISO',
  });
  assert.match(UserId, /^1234567890-[0-9a-f-]{36}$/);
  const {
    $metadata: _,
    CreatedBy,
    UpdatedBy,
    ...user
  } = await directory.describeUser({ IdentityStoreId: STORE, UserId });
  assert.deepEqual(user, {
    ...person('alice'),
    UserId,
    Title: 'CISO',
    Emails: [{ Value: 'Alice@example.com', Type: 'work', Primary: true }],
    UserStatus: 'ENABLED',
    CreatedAt: cloud.now(),
    UpdatedAt: cloud.now(),
  });
  assert.equal(CreatedBy, `arn:aws:iam::${cloud.managementAccount}:root`);
  assert.equal(UpdatedBy, CreatedBy);
  for (const [AttributePath, AttributeValue] of [
    ['userName', 'ALICE'],
    ['emails.value', 'alice@EXAMPLE.com'],
  ] as const) {
    const AlternateIdentifier = { UniqueAttribute: { AttributePath, AttributeValue } };
    assert.equal((await directory.getUserId({ IdentityStoreId: STORE, AlternateIdentifier })).UserId, UserId);
  }
  const Filters = [{ AttributePath: 'UserName', AttributeValue: 'alice' }];
  assert.equal((await directory.listUsers({ IdentityStoreId: STORE, Filters })).Users?.length, 1);
});

test('names and addresses belong to one user, also when two ask at once', async () => {
  const { directory, add } = await withStore();
  await add('alice', { Emails: [{ Value: 'a@example.com' }] });
  await assert.rejects(add('Alice'), { name: 'ConflictException', message: 'Duplicate UserName' });
  await assert.rejects(add('bob', { Emails: [{ Value: 'A@example.com' }] }), { message: 'Duplicate Email' });
  const both = await Promise.allSettled([add('carol'), add('carol')]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  for (const name of ['Administrator', 'AWSAdministrators'])
    await assert.rejects(add(name), { name: 'ValidationException' });
  await assert.rejects(directory.createUser({ IdentityStoreId: STORE, UserName: 'x', DisplayName: 'x' }), {
    name: 'ValidationException',
    message: 'name.familyName is a required attribute.',
  });
});

test('attribute operations set, change and take away', async () => {
  const { directory, add } = await withStore();
  const UserId = await add('alice', { NickName: 'Al' });
  const update = (AttributePath: string, AttributeValue?: string | object) =>
    directory.updateUser({
      IdentityStoreId: STORE,
      UserId,
      Operations: [{ AttributePath, ...(AttributeValue !== undefined && { AttributeValue: AttributeValue as never }) }],
    });
  await update('name.givenName', 'Alicia');
  await update('emails', [{ value: 'alicia@example.com', primary: true, type: null }]);
  await update('nickName');
  await update('userName', 'alicia');
  const user = await directory.describeUser({ IdentityStoreId: STORE, UserId });
  assert.deepEqual(user.Name, { GivenName: 'Alicia', FamilyName: 'alice' });
  assert.deepEqual(user.Emails, [{ Value: 'alicia@example.com', Primary: true }]);
  assert.equal(user.NickName, undefined);
  assert.equal(user.UserName, 'alicia');
  await assert.rejects(update('shoeSize', '42'), { name: 'ValidationException' });
  await assert.rejects(update('displayName'), { message: 'displayName is a required attribute.' });
  await add('alice');
});

test('an update sets nothing that could not have been created so', async () => {
  const { directory, add } = await withStore();
  const store = { IdentityStoreId: STORE };
  const UserId = await add('alice', { Emails: [{ Value: 'alice@example.com', Primary: true }] });
  const { $metadata: _, ...before } = await directory.describeUser({ ...store, UserId });
  const wrong: readonly (readonly [path: string, value: unknown])[] = [
    ['displayName', { a: 1 }],
    ['displayName', 'x'.repeat(1025)],
    ['userName', 7],
    ['userName', ''],
    ['userName', 'x'.repeat(129)],
    ['title', 12],
    ['emails', 'alice@example.com'],
    ['emails', [{ value: 'a@example.com' }, { value: 'b@example.com' }]],
    ['emails', [{ address: 'a@example.com' }]],
    ['name', 'Alice'],
    ['name.formatted.more', 'Alice'],
    ['name', { givenName: 'A', familyName: 'B', shoeSize: '42' }],
    ['extensions', { other: { costCenter: '1' } }],
    ['extensions', { 'aws:identitystore:enterprise': 'x' }],
  ];
  for (const [AttributePath, AttributeValue] of wrong) {
    const Operations = [{ AttributePath, AttributeValue: AttributeValue as never }];
    const asked = directory.updateUser({ ...store, UserId, Operations });
    await assert.rejects(asked, { name: 'ValidationException' }, `${AttributePath} ${JSON.stringify(AttributeValue)}`);
  }
  const { $metadata: __, ...after } = await directory.describeUser({ ...store, UserId });
  assert.deepEqual(after, before);
  const Extensions = { 'aws:identitystore:enterprise': { costCenter: '4130' } };
  const extend = { AttributePath: 'extensions', AttributeValue: Extensions };
  await directory.updateUser({ ...store, UserId, Operations: [extend] });
  const read = await directory.describeUser({ ...store, UserId, Extensions: Object.keys(Extensions) });
  assert.deepEqual(read.Extensions, Extensions);

  const { GroupId } = await directory.createGroup({ ...store, DisplayName: 'Admins' });
  for (const AttributeValue of [{ a: 1 }, 'x'.repeat(1025), 5]) {
    const Operations = [{ AttributePath: 'displayName', AttributeValue: AttributeValue as never }];
    await assert.rejects(directory.updateGroup({ ...store, GroupId, Operations }), { name: 'ValidationException' });
  }
  assert.equal((await directory.describeGroup({ ...store, GroupId })).DisplayName, 'Admins');
});

test('groups have members until either is gone', async () => {
  const { directory, add } = await withStore();
  const UserId = await add('alice');
  const store = { IdentityStoreId: STORE };
  const { GroupId } = await directory.createGroup({ ...store, DisplayName: 'Admins', Description: 'They may.' });
  await assert.rejects(directory.createGroup({ ...store, DisplayName: 'admins' }), {
    message: 'Duplicate GroupDisplayName',
  });
  const MemberId = { UserId };
  const { MembershipId } = await directory.createGroupMembership({ ...store, GroupId, MemberId });
  await assert.rejects(directory.createGroupMembership({ ...store, GroupId, MemberId }), { name: 'ConflictException' });
  assert.equal((await directory.getGroupMembershipId({ ...store, GroupId, MemberId })).MembershipId, MembershipId);
  const { Results } = await directory.isMemberInGroups({ ...store, MemberId, GroupIds: [GroupId!] });
  assert.deepEqual(Results, [{ GroupId, MemberId, MembershipExists: true }]);
  const { GroupMemberships } = await directory.listGroupMembershipsForMember({ ...store, MemberId });
  assert.deepEqual(
    GroupMemberships?.map((row) => row.GroupId),
    [GroupId],
  );

  await directory.updateGroup({
    ...store,
    GroupId,
    Operations: [{ AttributePath: 'displayName', AttributeValue: 'Root' }],
  });
  const group = await directory.describeGroup({ ...store, GroupId });
  assert.deepEqual([group.DisplayName, group.Description], ['Root', 'They may.']);
  await directory.deleteUser({ ...store, UserId });
  assert.deepEqual((await directory.listGroupMemberships({ ...store, GroupId })).GroupMemberships, []);
  await assert.rejects(directory.describeUser({ ...store, UserId }), {
    name: 'ResourceNotFoundException',
    message: 'USER not found.',
  });
});

test('lists come in pages', async () => {
  const { directory, add } = await withStore();
  for (let i = 0; i < 5; i++) await add(`user-${i}`);
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await directory.listUsers({ IdentityStoreId: STORE, MaxResults: 2, NextToken });
    names.push(...page.Users!.map(({ UserName }) => UserName!));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(names.toSorted(), ['user-0', 'user-1', 'user-2', 'user-3', 'user-4']);
  await assert.rejects(directory.listUsers({ IdentityStoreId: STORE, NextToken: 'abc' }), {
    name: 'ValidationException',
  });
});

test('a store is its account’s, in its Region; policies name stores, users and groups', async () => {
  const { cloud, add } = await withStore();
  const UserId = await add('alice');
  const other = await cloud.memberAccount('other');
  const foreign = { name: 'ResourceNotFoundException', message: 'IDENTITYSTORE not found.' };
  await assert.rejects(other.root.identitystore.listUsers({ IdentityStoreId: STORE }), foreign);
  const one = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'identitystore:DescribeUser',
        Resource: [`arn:aws:identitystore:::user/${UserId}`, '*:identitystore/*'],
      },
    ],
  };
  const reader = await cloud.user(
    'reader',
    JSON.stringify(one).replace(
      '*:identitystore/*',
      `arn:aws:identitystore::${cloud.managementAccount}:identitystore/${STORE}`,
    ),
  );
  await reader.identitystore.describeUser({ IdentityStoreId: STORE, UserId });
  const bob = await add('bob');
  await assert.rejects(reader.identitystore.describeUser({ IdentityStoreId: STORE, UserId: bob }), {
    name: 'AccessDeniedException',
  });
});
