/**
 * IAM Identity Center in a large organization: `node bench/provision.ts [--accounts N] [--sets N] [--groups N]`. Prints
 * each figure beside its limit. Every account gets every permission set, assigned to the groups in turn, by the API's
 * operations and the tasks that they leave; then a policy is added and all are provisioned anew. Then a directory of
 * 100,000 users and 10,000 groups is asked what a directory of a hundredth of that was asked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accounts, organizations } from '../src/identity/organization.ts';
import { type Cloud, testCloud } from '../src/testing/cloud.ts';
import { show } from './figures.ts';
import { fillDirectory, idOf } from './fillDirectory.ts';

const { values } = parseArgs({
  options: { accounts: { type: 'string' }, sets: { type: 'string' }, groups: { type: 'string' } },
});
const ACCOUNTS = Number(values.accounts ?? 1000);
const SETS = Number(values.sets ?? 20);
const GROUPS = Number(values.groups ?? 100);
const SECONDS_MAX = 60;
const RATIO_MAX = 1.5;
const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';

const data = mkdtempSync(join(tmpdir(), 'gatehouse-provision-'));
try {
  const world = await organization(await testCloud({ store: `sqlite:${join(data, 'roles.db')}` }), ACCOUNTS);
  await assigned(world);
  await provisioned(world);
  // A plane of its own: nothing else is behind it.
  await directory(await organization(await testCloud({ store: `sqlite:${join(data, 'people.db')}` }), 0));
} finally {
  rmSync(data, { recursive: true, force: true });
}

type World = Awaited<ReturnType<typeof organization>>;

async function organization(cloud: Cloud, accountCount: number) {
  const { ssoAdmin, organizations: service, identitystore } = cloud.root;
  await service.createOrganization({ FeatureSet: 'ALL' });
  const { InstanceArn } = await ssoAdmin.createInstance({});
  const IdentityStoreId = (await ssoAdmin.listInstances({})).Instances![0]!.IdentityStoreId!;
  const members = Array.from({ length: accountCount }, (_, n) => String(300_000_000_000 + n));
  await cloud.deps.store.transaction(async (tx) => {
    const management = (await tx.get(accounts, [cloud.managementAccount]))!;
    const own = (await tx.get(organizations, [management.organization!]))!;
    for (const id of members) {
      const row = { id, name: `a${id}`, email: `${id}@example.com`, created: management.created, attachments: {} };
      const place = { organization: own.id, parent: management.parent!, joined: management.created };
      await tx.insert(accounts, { ...row, ...place, joinedMethod: 'CREATED', status: 'ACTIVE' });
    }
  });
  const groups: string[] = [];
  for (let n = 0; n < GROUPS; n++) {
    groups.push((await identitystore.createGroup({ IdentityStoreId, DisplayName: `group-${n}` })).GroupId!);
  }
  const sets: string[] = [];
  for (let n = 0; n < SETS; n++) {
    const { PermissionSet } = await ssoAdmin.createPermissionSet({ InstanceArn: InstanceArn!, Name: `Set${n}` });
    sets.push(PermissionSet!.PermissionSetArn!);
  }
  return { cloud, ssoAdmin, InstanceArn: InstanceArn!, IdentityStoreId, members, groups, sets };
}

/** Answers of the API, then the tasks: until no request is in progress. */
async function assigned({ cloud, ssoAdmin, InstanceArn, members, groups, sets }: World): Promise<void> {
  const began = performance.now();
  const wanted = members.flatMap((TargetId, at) =>
    sets.map((PermissionSetArn, n) => ({ TargetId, PermissionSetArn, n: at + n })),
  );
  for (let at = 0; at < wanted.length; at += 100) {
    const some = wanted.slice(at, at + 100).map(({ TargetId, PermissionSetArn, n }) => {
      const principal = { PrincipalType: 'GROUP' as const, PrincipalId: groups[n % groups.length]! };
      const target = { InstanceArn, PermissionSetArn, TargetId, TargetType: 'AWS_ACCOUNT' as const };
      return ssoAdmin.createAccountAssignment({ ...target, ...principal });
    });
    await Promise.all(some);
  }
  const askedSeconds = seconds(began);
  await cloud.settle();
  await requireNone(ssoAdmin, InstanceArn);
  const told = `of them asked in ${askedSeconds.toFixed(1)} s`;
  show(`${wanted.length} assignments`, seconds(began), 's', { atMost: SECONDS_MAX }, told);
}

async function requireNone(ssoAdmin: World['ssoAdmin'], InstanceArn: string): Promise<void> {
  for (const Status of ['IN_PROGRESS', 'FAILED'] as const) {
    const { AccountAssignmentsCreationStatus: left } = await ssoAdmin.listAccountAssignmentCreationStatus({
      ...{ InstanceArn, Filter: { Status } },
    });
    if (left!.length > 0) throw new Error(`Assignments are ${Status}.`);
  }
}

async function provisioned({ cloud, ssoAdmin, InstanceArn, sets }: World): Promise<void> {
  for (const PermissionSetArn of sets) {
    await ssoAdmin.attachManagedPolicyToPermissionSet({ InstanceArn, PermissionSetArn, ManagedPolicyArn: READ_ONLY });
  }
  const began = performance.now();
  const TargetType = 'ALL_PROVISIONED_ACCOUNTS' as const;
  const ids: string[] = [];
  for (const PermissionSetArn of sets) {
    const { PermissionSetProvisioningStatus: status } = await ssoAdmin.provisionPermissionSet({
      ...{ InstanceArn, PermissionSetArn, TargetType },
    });
    ids.push(status!.RequestId!);
  }
  await cloud.settle();
  for (const ProvisionPermissionSetRequestId of ids) {
    const { PermissionSetProvisioningStatus: status } = await ssoAdmin.describePermissionSetProvisioningStatus({
      ...{ InstanceArn, ProvisionPermissionSetRequestId },
    });
    if (status!.Status !== 'SUCCEEDED') throw new Error(`Provisioning is ${status!.Status}.`);
  }
  show(`${ACCOUNTS * SETS} roles provisioned`, seconds(began), 's', { atMost: SECONDS_MAX });
}

async function directory({ cloud, IdentityStoreId }: World): Promise<void> {
  const service = cloud.root.identitystore;
  const found: number[][] = [];
  let [people, groups] = [0, 0];
  for (const scale of [1, 100]) {
    const filling = { identityStore: IdentityStoreId, now: cloud.now() };
    await fillDirectory(cloud.deps.store, {
      ...filling,
      people: [people, (people = scale * 1000)],
      groups: [groups, (groups = scale * 100)],
    });
    await cloud.deps.store.journal.catchUp();
    const UserName = `user-${people >> 1}`;
    const named = { UniqueAttribute: { AttributePath: 'userName', AttributeValue: UserName } };
    const Filters = [{ AttributePath: 'UserName', AttributeValue: UserName }];
    const MemberId = { UserId: idOf('user', people >> 1) };
    found.push([
      await micros(() => service.listUsers({ IdentityStoreId, MaxResults: 50 })),
      await micros(() => service.listUsers({ IdentityStoreId, Filters })),
      await micros(() => service.getUserId({ IdentityStoreId, AlternateIdentifier: named })),
      await micros(() => service.listGroupMembershipsForMember({ IdentityStoreId, MemberId })),
    ]);
  }
  const [few, many] = found;
  for (const [n, title] of ['list', 'search', 'look-up', 'groups of a user'].entries()) {
    const ratio = many![n]! / few![n]!;
    const figures = `${few![n]!.toFixed(0)} → ${many![n]!.toFixed(0)} µs`;
    show(`${title}, 1,000 → 100,000 users`, ratio, 'times', { atMost: RATIO_MAX }, figures);
  }
}

/** Median of a call. */
async function micros(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 100; n++) await call();
  for (let n = 0; n < 300; n++) {
    const began = performance.now();
    await call();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[150]! * 1000;
}

function seconds(began: number): number {
  return (performance.now() - began) / 1000;
}
