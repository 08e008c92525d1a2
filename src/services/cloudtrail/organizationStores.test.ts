/** Event data stores of organizations, and who runs them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { activityStore, answerTo, later, storeIn } from './fixtures.ts';

async function member(cloud: Cloud, AccountName: string) {
  const { organizations } = cloud.root;
  const made = await organizations.createAccount({ AccountName, Email: `${AccountName}@example.com` });
  await later(cloud, 'PT1M');
  const CreateAccountRequestId = made.CreateAccountStatus!.Id!;
  const { CreateAccountStatus } = await organizations.describeCreateAccountStatus({ CreateAccountRequestId });
  const id = CreateAccountStatus!.AccountId!;
  return { id, ...cloud.as(await cloud.keyFor(id)), cloudtrail: cloud.as(await cloud.keyFor(id)).cloudtrail };
}

async function organized(cloud: Cloud) {
  await cloud.root.organizations.createOrganization({ FeatureSet: 'ALL' });
  const [audit, workload] = [await member(cloud, 'audit'), await member(cloud, 'workload')];
  await cloud.root.cloudtrail.registerOrganizationDelegatedAdmin({ MemberAccountId: audit.id });
  return { audit, workload };
}

test('a delegated administrator makes and runs a store of the organization, which its management account owns', async () => {
  const cloud = await testCloud();
  const { audit, workload } = await organized(cloud);
  const made = await audit.cloudtrail.createEventDataStore({ Name: 'all', OrganizationEnabled: true });
  const arn = made.EventDataStoreArn!;
  assert.equal(arn.split(':')[4], cloud.managementAccount);
  const id = arn.slice(arn.lastIndexOf('/') + 1);
  await workload.cloudtrail.listTrails({});
  await audit.cloudtrail.listTrails({});
  await later(cloud, 'PT5M');
  const QueryStatement = `SELECT recipientAccountId AS a, count(*) AS n FROM ${id} WHERE eventName = 'ListTrails' GROUP BY a`;
  const { QueryId } = await audit.cloudtrail.startQuery({ QueryStatement });
  await cloud.settle();
  const { rows } = await answerTo(audit, QueryId!);
  assert.deepEqual(new Set(rows.map(({ a }) => a)), new Set([audit.id, workload.id]));
  await rejected(workload.cloudtrail.startQuery({ QueryStatement }), 'EventDataStoreNotFound', /could not be found/);
  await audit.cloudtrail.stopEventDataStoreIngestion({ EventDataStore: arn });
  await audit.cloudtrail.startEventDataStoreIngestion({ EventDataStore: arn });
  const update = { EventDataStore: arn, TerminationProtectionEnabled: false };
  assert.equal((await audit.cloudtrail.updateEventDataStore(update)).TerminationProtectionEnabled, false);
  const back = audit.cloudtrail.updateEventDataStore({ EventDataStore: arn, OrganizationEnabled: false });
  await rejected(back, 'InvalidParameter', /Only the management account/);
  const ViewProperties = { Height: '2', Width: '2', Title: 'Mine', View: 'Table' };
  const dashboard = audit.cloudtrail.createDashboard({ Name: 'mine', Widgets: [{ QueryStatement, ViewProperties }] });
  await rejected(dashboard, 'EventDataStoreNotFound', /in your account/);
  await cloud.root.cloudtrail.deregisterOrganizationDelegatedAdmin({ DelegatedAdminAccountId: audit.id });
  const gone = audit.cloudtrail.getEventDataStore({ EventDataStore: arn });
  await rejected(gone, 'EventDataStoreNotFound', /could not be found/);
  assert.equal((await cloud.root.cloudtrail.getEventDataStore({ EventDataStore: arn })).OrganizationEnabled, true);
});

test('the policy of delegated administrators is told, and follows the organization', async () => {
  const cloud = await testCloud();
  const { audit } = await organized(cloud);
  const { cloudtrail } = cloud.root;
  const { arn } = await storeIn(cloud, { OrganizationEnabled: true });
  const told = await cloudtrail.getResourcePolicy({ ResourceArn: arn });
  assert.equal(told.ResourcePolicy, undefined);
  const [statement] = JSON.parse(told.DelegatedAdminResourcePolicy ?? '').Statement;
  assert.deepEqual(statement.Principal, { AWS: [`arn:aws:iam::${audit.id}:root`] });
  assert.equal(statement.Action.includes('cloudtrail:StartQuery'), true);
  await cloudtrail.deregisterOrganizationDelegatedAdmin({ DelegatedAdminAccountId: audit.id });
  await rejected(cloudtrail.getResourcePolicy({ ResourceArn: arn }), 'ResourcePolicyNotFound', /No resource policy/);
});

test('an organization has no store for events from outside', async () => {
  const cloud = await testCloud();
  await organized(cloud);
  await rejected(activityStore(cloud, { OrganizationEnabled: true }), 'InvalidParameter', /outside of AWS/);
});

test('network activity events can be selected; without VPC endpoints there are none', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const FieldSelectors = [
    { Field: 'eventCategory', Equals: ['NetworkActivity'] },
    { Field: 'eventSource', Equals: ['kms.amazonaws.com'] },
    { Field: 'errorCode', Equals: ['VpceAccessDenied'] },
    { Field: 'vpcEndpointId', StartsWith: ['vpce-'] },
  ];
  const AdvancedEventSelectors = [{ Name: 'endpoints', FieldSelectors }];
  const { arn, id } = await storeIn(cloud, { AdvancedEventSelectors });
  const told = await cloudtrail.getEventDataStore({ EventDataStore: arn });
  assert.deepEqual(told.AdvancedEventSelectors, AdvancedEventSelectors);
  await cloud.root.kms.listKeys({});
  await later(cloud, 'PT5M');
  const { QueryId } = await cloudtrail.startQuery({ QueryStatement: `SELECT eventName FROM ${id}` });
  await cloud.settle();
  assert.deepEqual((await answerTo(cloud.root, QueryId!)).rows, []);
  const wrong = [{ FieldSelectors: [FieldSelectors[0]!] }];
  const without = cloudtrail.updateEventDataStore({ EventDataStore: arn, AdvancedEventSelectors: wrong });
  await rejected(without, 'InvalidEventSelectors', /eventSource is required/);
});
