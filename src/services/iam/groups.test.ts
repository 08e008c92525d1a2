import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, testCloud } from '../../testing/cloud.ts';

test('CreateGroup makes a group that GetGroup and ListGroups tell the same', async () => {
  const { root } = await testCloud({ quotas: { GroupsQuota: 2 } });
  const { iam } = root;
  const { Group } = await iam.createGroup({ GroupName: 'Admins', Path: '/ops/' });
  assert.equal(Group?.Arn, 'arn:aws:iam::111122223333:group/ops/Admins');
  assert.match(Group?.GroupId ?? '', /^AGPA[A-Z2-7]{17}$/);
  const read = await iam.getGroup({ GroupName: 'admins' });
  assert.deepEqual(read.Group, Group);
  assert.deepEqual(read.Users, []);
  assert.deepEqual((await iam.listGroups({ PathPrefix: '/ops/' })).Groups, [Group]);
  assert.deepEqual((await iam.listGroups({ PathPrefix: '/dev/' })).Groups, []);
  await assert.rejects(iam.createGroup({ GroupName: 'ADMINS' }), {
    name: 'EntityAlreadyExistsException',
    message: 'Group with name ADMINS already exists.',
  });
  await iam.createGroup({ GroupName: 'second' });
  await assert.rejects(iam.createGroup({ GroupName: 'third' }), {
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for GroupsPerAccount: 2',
  });
  await assert.rejects(iam.getGroup({ GroupName: 'none' }), {
    name: 'NoSuchEntityException',
    message: 'The group with name none cannot be found.',
  });
});

test('AddUserToGroup gives a member what the group may, and RemoveUserFromGroup takes it away', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const alice = await cloud.user('alice');
  await iam.createGroup({ GroupName: 'admins' });
  await iam.putGroupPolicy({ GroupName: 'admins', PolicyName: 'all', PolicyDocument: ADMIN });
  await assert.rejects(alice.iam.listGroups({}), { name: 'AccessDenied' });
  const member = { GroupName: 'admins', UserName: 'Alice' };
  await iam.addUserToGroup(member);
  await iam.addUserToGroup(member);
  assert.equal((await alice.iam.listGroups({})).Groups?.length, 1);
  const { Groups } = await iam.listGroupsForUser({ UserName: 'alice' });
  assert.deepEqual(
    Groups?.map((group) => group.GroupName),
    ['admins'],
  );
  await iam.removeUserFromGroup(member);
  await iam.removeUserFromGroup(member);
  await assert.rejects(alice.iam.listGroups({}), { name: 'AccessDenied' });
  await assert.rejects(iam.addUserToGroup({ GroupName: 'admins', UserName: 'bob' }), {
    message: 'The user with name bob cannot be found.',
  });
  await assert.rejects(iam.addUserToGroup({ GroupName: 'none', UserName: 'alice' }), {
    message: 'The group with name none cannot be found.',
  });
});

test('a user is in ten groups at most', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'alice' });
  for (let i = 0; i <= 10; i++) await iam.createGroup({ GroupName: `g${i}` });
  for (let i = 0; i < 10; i++) await iam.addUserToGroup({ GroupName: `g${i}`, UserName: 'alice' });
  await assert.rejects(iam.addUserToGroup({ GroupName: 'g10', UserName: 'alice' }), {
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for GroupsPerUser: 10',
  });
  const first = await iam.listGroupsForUser({ UserName: 'alice', MaxItems: 6 });
  assert.equal(first.IsTruncated, true);
  const second = await iam.listGroupsForUser({ UserName: 'alice', MaxItems: 6, Marker: first.Marker });
  assert.equal(second.IsTruncated, false);
  assert.equal((first.Groups?.length ?? 0) + (second.Groups?.length ?? 0), 10);
});

test('UpdateGroup renames, and the members stay members', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const alice = await cloud.user('alice');
  await iam.createGroup({ GroupName: 'admins' });
  await iam.putGroupPolicy({ GroupName: 'admins', PolicyName: 'all', PolicyDocument: ADMIN });
  await iam.addUserToGroup({ GroupName: 'admins', UserName: 'alice' });
  await iam.updateGroup({ GroupName: 'admins', NewGroupName: 'operators', NewPath: '/ops/' });
  const { Group, Users } = await alice.iam.getGroup({ GroupName: 'operators' });
  assert.equal(Group?.Arn, 'arn:aws:iam::111122223333:group/ops/operators');
  assert.deepEqual(
    Users?.map((user) => user.UserName),
    ['alice'],
  );
  await assert.rejects(iam.getGroup({ GroupName: 'admins' }), { name: 'NoSuchEntityException' });
});

test('DeleteGroup names what must go first', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const GroupName = 'admins';
  const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
  await iam.createUser({ UserName: 'alice' });
  await iam.createGroup({ GroupName });
  await iam.addUserToGroup({ GroupName, UserName: 'alice' });
  await iam.attachGroupPolicy({ GroupName, PolicyArn });
  await iam.putGroupPolicy({ GroupName, PolicyName: 'p', PolicyDocument: ADMIN });
  const conflict = (what: string) => ({
    name: 'DeleteConflictException',
    message: `Cannot delete entity, must ${what} first.`,
  });
  await assert.rejects(iam.deleteGroup({ GroupName }), conflict('remove users from group'));
  await iam.removeUserFromGroup({ GroupName, UserName: 'alice' });
  await assert.rejects(iam.deleteGroup({ GroupName }), conflict('detach all policies'));
  await iam.detachGroupPolicy({ GroupName, PolicyArn });
  await assert.rejects(iam.deleteGroup({ GroupName }), conflict('delete policies'));
  await iam.deleteGroupPolicy({ GroupName, PolicyName: 'p' });
  await iam.deleteGroup({ GroupName });
  await assert.rejects(iam.deleteGroup({ GroupName }), { name: 'NoSuchEntityException' });
});
