import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, type Clients, testCloud } from '../../testing/cloud.ts';

const arn = (name: string) => `arn:aws:iam::111122223333:user/${name}`;
const refusal = (name: string, message?: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name);
  if (message instanceof RegExp) assert.match(error.message, message);
  else if (message !== undefined) assert.equal(error.message, message);
  return true;
};

test('CreateUser makes a user that reads back the same, in any case of its name', async () => {
  const { root } = await testCloud();
  const Tags = [{ Key: 'team', Value: 'blue' }];
  const PermissionsBoundary = 'arn:aws:iam::aws:policy/PowerUserAccess';
  const { User } = await root.iam.createUser({ UserName: 'Alice', Path: '/dev/', Tags, PermissionsBoundary });
  assert.equal(User?.Arn, arn('dev/Alice'));
  assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
  assert.deepEqual(User?.PermissionsBoundary, {
    PermissionsBoundaryArn: PermissionsBoundary,
    PermissionsBoundaryType: 'Policy',
  });
  assert.deepEqual((await root.iam.getUser({ UserName: 'ALICE' })).User, User);
});

test('CreateUser refuses what AWS refuses', async () => {
  const { root } = await testCloud({ quotas: { UsersQuota: 2 } });
  const { iam } = root;
  await iam.createUser({ UserName: 'alice' });
  await assert.rejects(
    iam.createUser({ UserName: 'ALICE' }),
    refusal('EntityAlreadyExistsException', 'User with name ALICE already exists.'),
  );
  await assert.rejects(
    iam.createUser({ UserName: 'bob', PermissionsBoundary: 'arn:aws:iam::111122223333:policy/none' }),
    refusal('NoSuchEntityException'),
  );
  const twice = [
    { Key: 'a', Value: '1' },
    { Key: 'A', Value: '2' },
  ];
  await assert.rejects(
    iam.createUser({ UserName: 'bob', Tags: twice }),
    refusal('InvalidInputException', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.'),
  );
  await assert.rejects(
    iam.createUser({ UserName: 'b b' }),
    refusal('ValidationError', /^The specified value for userName is invalid\./),
  );
  await iam.createUser({ UserName: 'bob' });
  await assert.rejects(
    iam.createUser({ UserName: 'carol' }),
    refusal('LimitExceededException', 'Cannot exceed quota for UsersPerAccount: 2'),
  );
});

test('CreateUser can be allowed for one path, one tag and one boundary', async () => {
  const cloud = await testCloud();
  const boundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  const maker = await cloud.user('maker', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'iam:CreateUser',
      Resource: arn('dev/*'),
      Condition: { StringEquals: { 'aws:RequestTag/team': 'blue', 'iam:PermissionsBoundary': boundary } },
    },
  });
  const right = {
    UserName: 'x',
    Path: '/dev/',
    Tags: [{ Key: 'team', Value: 'blue' }],
    PermissionsBoundary: boundary,
  };
  const wrongs = [
    { ...right, Path: '/ops/' },
    { ...right, Tags: [{ Key: 'team', Value: 'red' }] },
    { UserName: 'x', Path: '/dev/', Tags: right.Tags },
  ];
  for (const wrong of wrongs) await assert.rejects(maker.iam.createUser(wrong), refusal('AccessDenied'));
  await maker.iam.createUser(right);
});

test('GetUser without a name tells about the caller', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  assert.equal((await alice.iam.getUser({})).User?.UserName, 'alice');
  const { User } = await cloud.root.iam.getUser({});
  assert.equal(User?.Arn, 'arn:aws:iam::111122223333:root');
  assert.equal(User?.UserId, '111122223333');
});

test('GetUser of nobody tells a stranger nothing', async () => {
  const cloud = await testCloud();
  const stranger = await cloud.user('stranger');
  await assert.rejects(
    stranger.iam.getUser({ UserName: 'nobody' }),
    refusal(
      'AccessDenied',
      `User: ${arn('stranger')} is not authorized to perform: iam:GetUser on resource: ${arn('nobody')} ` +
        'because no identity-based policy allows the iam:GetUser action',
    ),
  );
  await assert.rejects(
    cloud.root.iam.getUser({ UserName: 'nobody' }),
    refusal('NoSuchEntityException', 'The user with name nobody cannot be found.'),
  );
});

test('ListUsers pages through paths and refuses markers that are not its own', async () => {
  const { root } = await testCloud();
  const { iam } = root;
  for (const name of ['ann', 'bob', 'cid']) await iam.createUser({ UserName: name, Path: '/dev/' });
  for (const name of ['dev', 'dora']) await iam.createUser({ UserName: name });
  assert.deepEqual(await names(root, '/dev/'), ['ann', 'bob', 'cid']);
  assert.deepEqual(await names(root, '/d'), ['ann', 'bob', 'cid']);
  assert.deepEqual((await names(root)).sort(), ['ann', 'bob', 'cid', 'dev', 'dora']);
  const { Users } = await iam.listUsers({ PathPrefix: '/none/' });
  assert.deepEqual(Users, []);
  await assert.rejects(iam.listUsers({ Marker: 'no marker' }), refusal('InvalidInputException', 'Invalid Marker.'));
});

test('ListUsers pages through the longest paths', async () => {
  const { root } = await testCloud();
  for (const name of ['ann', 'bob', 'cid']) {
    await root.iam.createUser({ UserName: name, Path: `/${'x'.repeat(510)}/` });
  }
  assert.deepEqual(await names(root), ['ann', 'bob', 'cid']);
});

async function names(clients: Clients, PathPrefix?: string): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await clients.iam.listUsers({ MaxItems: 2, Marker, PathPrefix });
    found.push(...(page.Users ?? []).map((user) => user.UserName));
    Marker = page.Marker;
    assert.equal(page.IsTruncated, Marker !== undefined);
  } while (Marker);
  return found;
}

test('UpdateUser renames: keys, groups and MFA follow, the id stays', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const before = (await iam.createUser({ UserName: 'alice' })).User;
  const { AccessKey } = await iam.createAccessKey({ UserName: 'alice' });
  await iam.createGroup({ GroupName: 'admins' });
  await iam.addUserToGroup({ GroupName: 'admins', UserName: 'alice' });
  await iam.putGroupPolicy({ GroupName: 'admins', PolicyName: 'all', PolicyDocument: ADMIN });
  await iam.updateUser({ UserName: 'alice', NewUserName: 'alicia', NewPath: '/dev/' });
  const alicia = cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
  const { User } = await alicia.iam.getUser({});
  assert.deepEqual(User, { ...before, UserName: 'alicia', Path: '/dev/', Arn: arn('dev/alicia') });
  assert.deepEqual(
    (await iam.getGroup({ GroupName: 'admins' })).Users?.map((user) => user.UserName),
    ['alicia'],
  );
  assert.equal((await iam.listAccessKeys({ UserName: 'alicia' })).AccessKeyMetadata?.[0]?.UserName, 'alicia');
  await assert.rejects(iam.getUser({ UserName: 'alice' }), refusal('NoSuchEntityException'));
  await iam.createUser({ UserName: 'bob' });
  await assert.rejects(
    iam.updateUser({ UserName: 'bob', NewUserName: 'ALICIA' }),
    refusal('EntityAlreadyExistsException', 'User with name ALICIA already exists.'),
  );
  await iam.updateUser({ UserName: 'bob', NewUserName: 'BOB' });
  assert.equal((await iam.getUser({ UserName: 'bob' })).User?.UserName, 'BOB');
});

test('UpdateUser needs permission on the old name and on the new one', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createUser({ UserName: 'alice' });
  const statement = { Effect: 'Allow', Action: 'iam:UpdateUser', Resource: arn('alice') };
  const mover = await cloud.user('mover', { Version: '2012-10-17', Statement: statement });
  await assert.rejects(
    mover.iam.updateUser({ UserName: 'alice', NewUserName: 'root-like' }),
    refusal('AccessDenied', new RegExp(`on resource: ${arn('root-like')}`)),
  );
});

test('DeleteUser names what must go first', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const UserName = 'alice';
  await iam.createUser({ UserName });
  const sentence = (what: string) => refusal('DeleteConflictException', `Cannot delete entity, must ${what} first.`);
  await iam.createGroup({ GroupName: 'g' });
  await iam.addUserToGroup({ GroupName: 'g', UserName });
  await assert.rejects(iam.deleteUser({ UserName }), sentence('remove users from group'));
  await iam.removeUserFromGroup({ GroupName: 'g', UserName });

  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  await iam.attachUserPolicy({ UserName, PolicyArn });
  await assert.rejects(iam.deleteUser({ UserName }), sentence('detach all policies'));
  await iam.detachUserPolicy({ UserName, PolicyArn });

  await iam.putUserPolicy({ UserName, PolicyName: 'p', PolicyDocument: ADMIN });
  await assert.rejects(iam.deleteUser({ UserName }), sentence('delete policies'));
  await iam.deleteUserPolicy({ UserName, PolicyName: 'p' });

  await iam.createLoginProfile({ UserName, Password: 'Correct-horse-1' });
  await assert.rejects(iam.deleteUser({ UserName }), sentence('delete login profile'));
  await iam.deleteLoginProfile({ UserName });

  const { AccessKey } = await iam.createAccessKey({ UserName });
  await assert.rejects(iam.deleteUser({ UserName }), sentence('delete access keys'));
  await iam.deleteAccessKey({ UserName, AccessKeyId: AccessKey?.AccessKeyId });

  const made = await iam.createServiceSpecificCredential({ UserName, ServiceName: 'codecommit.amazonaws.com' });
  await assert.rejects(iam.deleteUser({ UserName }), sentence('remove referenced objects'));
  const id = made.ServiceSpecificCredential?.ServiceSpecificCredentialId;
  await iam.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId: id });

  await iam.deleteUser({ UserName });
  await assert.rejects(iam.getUser({ UserName }), refusal('NoSuchEntityException'));
});

test('TagUser replaces a tag whatever its case, and UntagUser removes it', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const UserName = 'alice';
  await iam.createUser({ UserName, Tags: [{ Key: 'Team', Value: 'blue' }] });
  await iam.tagUser({
    UserName,
    Tags: [
      { Key: 'team', Value: 'red' },
      { Key: 'cost', Value: '' },
    ],
  });
  const { Tags } = await iam.listUserTags({ UserName });
  assert.deepEqual(Tags, [
    { Key: 'cost', Value: '' },
    { Key: 'team', Value: 'red' },
  ]);
  const reader = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'iam:GetUser',
      Resource: '*',
      Condition: { StringEquals: { 'iam:ResourceTag/team': 'red' } },
    },
  });
  await reader.iam.getUser({ UserName });
  await iam.untagUser({ UserName, TagKeys: ['TEAM'] });
  await assert.rejects(reader.iam.getUser({ UserName }), refusal('AccessDenied'));
  const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: 'v' }));
  await assert.rejects(
    iam.tagUser({ UserName, Tags: many }),
    refusal('LimitExceededException', 'Cannot exceed quota for TagsPerUser: 50'),
  );
});
