import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

test('Tags are kept in order, on every kind of resource, within AWS limits', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const root = (await organizations.listRoots()).Roots?.[0]?.Id;
  const unit = await organizations.createOrganizationalUnit({
    ParentId: root,
    Name: 'a',
    Tags: [{ Key: 'stage', Value: 'dev' }],
  });
  const ResourceId = unit.OrganizationalUnit?.Id;
  const tag = (Key: string, Value: string) => organizations.tagResource({ ResourceId, Tags: [{ Key, Value }] });
  await tag('team', 'red');
  await tag('stage', 'prod');
  assert.deepEqual((await organizations.listTagsForResource({ ResourceId })).Tags, [
    { Key: 'stage', Value: 'prod' },
    { Key: 'team', Value: 'red' },
  ]);
  await organizations.untagResource({ ResourceId, TagKeys: ['stage'] });
  assert.deepEqual((await organizations.listTagsForResource({ ResourceId })).Tags, [{ Key: 'team', Value: 'red' }]);
  await assert.rejects(tag('aws:x', 'y'), { name: 'InvalidInputException', Reason: 'INVALID_SYSTEM_TAGS_PARAMETER' });
  const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }));
  await assert.rejects(organizations.tagResource({ ResourceId, Tags: many }), {
    name: 'ConstraintViolationException',
    Reason: 'MAX_TAG_LIMIT_EXCEEDED',
  });
  await assert.rejects(organizations.listTagsForResource({ ResourceId: 'ou-abcd-12345678' }), {
    name: 'TargetNotFoundException',
    message: "You specified a target that doesn't exist.",
  });
});

test('A permission may depend on the tags of the unit', async () => {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const ParentId = (await organizations.listRoots()).Roots?.[0]?.Id;
  const made = async (Name: string, Value: string) => {
    const input = { ParentId, Name, Tags: [{ Key: 'stage', Value }] };
    return (await organizations.createOrganizationalUnit(input)).OrganizationalUnit?.Id;
  };
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'organizations:DeleteOrganizationalUnit',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/stage': 'dev' } },
    },
  });
  await alice.organizations.deleteOrganizationalUnit({ OrganizationalUnitId: await made('a', 'dev') });
  await assert.rejects(
    alice.organizations.deleteOrganizationalUnit({ OrganizationalUnitId: await made('b', 'prod') }),
    { name: 'AccessDeniedException' },
  );
});
