import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';

async function organized(quotas: Record<string, number> = {}) {
  const cloud = await testCloud({ quotas });
  const { organizations } = cloud.root;
  const { Organization } = await organizations.createOrganization({});
  const root = (await organizations.listRoots()).Roots?.[0]?.Id ?? '';
  const unit = async (ParentId: string, Name: string) =>
    (await organizations.createOrganizationalUnit({ ParentId, Name })).OrganizationalUnit?.Id ?? '';
  return { cloud, organizations, organization: Organization?.Id ?? '', root, unit };
}

test('CreateOrganizationalUnit nests five deep and no deeper', async () => {
  const { organizations, root, unit, organization } = await organized();
  const path = [root];
  for (let level = 1; level <= 5; level++) path.push(await unit(path.at(-1) ?? '', `level ${level}`));
  await assert.rejects(unit(path.at(-1) ?? '', 'level 6'), {
    name: 'ConstraintViolationException',
    Reason: 'OU_DEPTH_LIMIT_EXCEEDED',
  });
  const { OrganizationalUnit } = await organizations.describeOrganizationalUnit({ OrganizationalUnitId: path.at(-1) });
  assert.equal(OrganizationalUnit?.Path, `${[organization, ...path].join('/')}/`);
  assert.equal(OrganizationalUnit?.Name, 'level 5');
  const parents = await organizations.listParents({ ChildId: path[5] });
  assert.deepEqual(parents.Parents, [{ Id: path[4], Type: 'ORGANIZATIONAL_UNIT' }]);
  const top = await organizations.listParents({ ChildId: path[1] });
  assert.deepEqual(top.Parents, [{ Id: root, Type: 'ROOT' }]);
});

test('Names of units are unique among siblings', async () => {
  const { organizations, root, unit } = await organized();
  const a = await unit(root, 'a');
  const b = await unit(root, 'b');
  await unit(a, 'b');
  const duplicate = {
    name: 'DuplicateOrganizationalUnitException',
    message: 'An OU with the same name already exists.',
  };
  await assert.rejects(unit(root, 'a'), duplicate);
  await assert.rejects(organizations.updateOrganizationalUnit({ OrganizationalUnitId: b, Name: 'a' }), duplicate);
  const same = await organizations.updateOrganizationalUnit({ OrganizationalUnitId: b, Name: 'b' });
  assert.equal(same.OrganizationalUnit?.Name, 'b');
  await organizations.updateOrganizationalUnit({ OrganizationalUnitId: b, Name: 'c' });
  const { OrganizationalUnits } = await organizations.listOrganizationalUnitsForParent({ ParentId: root });
  assert.deepEqual(OrganizationalUnits?.map((each) => each.Name).sort(), ['a', 'c']);
});

test('CreateOrganizationalUnit stops at the quota', async () => {
  const { unit, root } = await organized({ OrganizationalUnitsQuota: 2 });
  await unit(root, 'a');
  await unit(root, 'b');
  await assert.rejects(unit(root, 'c'), { name: 'ConstraintViolationException', Reason: 'OU_NUMBER_LIMIT_EXCEEDED' });
});

test('DeleteOrganizationalUnit wants it empty', async () => {
  const { organizations, root, unit } = await organized();
  const a = await unit(root, 'a');
  const b = await unit(a, 'b');
  await assert.rejects(organizations.deleteOrganizationalUnit({ OrganizationalUnitId: a }), {
    name: 'OrganizationalUnitNotEmptyException',
  });
  await organizations.deleteOrganizationalUnit({ OrganizationalUnitId: b });
  await organizations.deleteOrganizationalUnit({ OrganizationalUnitId: a });
  await assert.rejects(organizations.describeOrganizationalUnit({ OrganizationalUnitId: a }), {
    name: 'OrganizationalUnitNotFoundException',
    message: "You specified an organizational unit that doesn't exist.",
  });
});

test('Children are listed page by page', async () => {
  const { organizations, root, unit } = await organized();
  const made: string[] = [];
  for (let i = 0; i < 25; i++) made.push(await unit(root, `unit ${i}`));
  const first = await organizations.listChildren({ ParentId: root, ChildType: 'ORGANIZATIONAL_UNIT' });
  assert.equal(first.Children?.length, 20);
  const rest = await organizations.listChildren({
    ParentId: root,
    ChildType: 'ORGANIZATIONAL_UNIT',
    NextToken: first.NextToken,
  });
  assert.equal(rest.NextToken, undefined);
  const listed = [...(first.Children ?? []), ...(rest.Children ?? [])].map((child) => child.Id);
  assert.deepEqual(listed.sort(), made.sort());
  await assert.rejects(organizations.listChildren({ ParentId: root, ChildType: 'ACCOUNT', NextToken: '?' }), {
    name: 'InvalidInputException',
    Reason: 'INVALID_NEXT_TOKEN',
  });
  await assert.rejects(organizations.listChildren({ ParentId: 'ou-abcd-12345678', ChildType: 'ACCOUNT' }), {
    name: 'ParentNotFoundException',
    message: "You specified a parent that doesn't exist.",
  });
});
