import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessControlAttributes } from '../../identity/accessControlAttributes.ts';
import { directoryGroups, directoryMemberships, directoryUsers } from '../../identity/directory.ts';
import { externalSignIns, keepExternalSignIn } from '../../identity/identitySources.ts';
import { personDevices, personPasswords } from '../../identity/personCredentials.ts';
import type { Table } from '../../store/store.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { portalOf, welcome } from '../../testing/people.ts';

const ROWS: Readonly<Record<string, unknown>> = {
  ...{ directoryUsers, directoryGroups, directoryMemberships, personPasswords, personDevices },
  ...{ accessControlAttributes, externalSignIns },
};

/** Of how many kinds of row the store has some. */
const left = ({ deps }: Cloud) =>
  deps.store.transaction(async (tx) => {
    const found: string[] = [];
    for (const [name, rows] of Object.entries(ROWS)) {
      if ((await tx.list(rows as Table<object>, [], { limit: 1 })).rows.length > 0) found.push(name);
    }
    return found;
  });

test('DeleteInstance leaves nothing of its people: neither memberships nor what proves who they are', async () => {
  const cloud = await testCloud();
  const { InstanceArn, IdentityStoreId, person } = await portalOf(cloud);
  const { identitystore, ssoAdmin } = cloud.root;
  const UserId = await person('alice');
  const { GroupId } = await identitystore.createGroup({ IdentityStoreId, DisplayName: 'Admins' });
  await identitystore.createGroupMembership({ IdentityStoreId, GroupId, MemberId: { UserId } });
  await welcome(cloud, 'alice');
  await ssoAdmin.createInstanceAccessControlAttributeConfiguration({
    InstanceArn,
    InstanceAccessControlAttributeConfiguration: { AccessControlAttributes: [] },
  });
  await cloud.deps.store.transaction((store) =>
    keepExternalSignIn(
      { store, random: cloud.deps.random, now: cloud.deps.now() },
      {
        identityStore: IdentityStoreId,
        signIn: 'one',
        attributes: { team: 'blue' },
        expires: cloud.now().getTime() + 1,
      },
    ),
  );
  assert.deepEqual(await left(cloud), Object.keys(ROWS));
  await ssoAdmin.deleteInstance({ InstanceArn });
  assert.deepEqual(await left(cloud), []);
});
