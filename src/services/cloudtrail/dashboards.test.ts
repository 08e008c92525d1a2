import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { storeIn } from './fixtures.ts';

const View = { Height: '2', Width: '4', Title: 'Events', View: 'Table' };

test('a dashboard is made, told, changed, tagged and deleted', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { id } = await storeIn(cloud);
  const widget = { QueryStatement: `SELECT eventName FROM ${id}`, ViewProperties: View };
  const made = await cloudtrail.createDashboard({
    Name: 'activity',
    Widgets: [widget],
    TerminationProtectionEnabled: true,
    TagsList: [{ Key: 'team', Value: 'red' }],
  });
  const arn = `arn:aws:cloudtrail:us-east-1:${cloud.managementAccount}:dashboard/activity`;
  assert.deepEqual([made.DashboardArn, made.Name, made.Type], [arn, 'activity', 'CUSTOM']);
  assert.deepEqual(made.TagsList, [{ Key: 'team', Value: 'red' }]);
  const [first] = made.Widgets ?? [];
  assert.match(first?.QueryAlias ?? '', /^[a-zA-Z][a-zA-Z0-9._-]*$/);
  assert.deepEqual([first?.QueryStatement, first?.ViewProperties], [widget.QueryStatement, View]);
  const told = await cloudtrail.getDashboard({ DashboardId: 'activity' });
  assert.deepEqual([told.DashboardArn, told.Status, told.TerminationProtectionEnabled], [arn, 'CREATED', true]);
  await rejected(cloudtrail.createDashboard({ Name: 'activity' }), 'ConflictException', /already exists/);
  await rejected(cloudtrail.deleteDashboard({ DashboardId: arn }), 'ConflictException', /termination protection/);
  const second = { QueryStatement: `SELECT eventID FROM ${id}`, ViewProperties: { ...View, Title: 'Ids' } };
  const changed = await cloudtrail.updateDashboard({
    DashboardId: arn,
    Widgets: [widget, second],
    TerminationProtectionEnabled: false,
  });
  assert.equal(changed.Widgets?.[0]?.QueryAlias, first?.QueryAlias);
  assert.deepEqual((await cloudtrail.getDashboard({ DashboardId: arn })).Status, 'UPDATED');
  await cloudtrail.removeTags({ ResourceId: arn, TagsList: [{ Key: 'team' }] });
  assert.deepEqual((await cloudtrail.listTags({ ResourceIdList: [arn] })).ResourceTagList?.[0]?.TagsList, []);
  await cloudtrail.deleteDashboard({ DashboardId: 'activity' });
  await rejected(cloudtrail.getDashboard({ DashboardId: arn }), 'ResourceNotFound', /could not be found/);
});

test('widgets are queries of stores that are there, shown as AWS shows them', async () => {
  const cloud = await testCloud({ quotas: { DashboardsPerRegion: 1 } });
  const { cloudtrail } = cloud.root;
  const { id } = await storeIn(cloud);
  const from = `SELECT eventName FROM ${id}`;
  const widgetCases: readonly (readonly [statement: string, view: object, parameters: string[], error: string])[] = [
    ['DROP TABLE x', View, [], 'InvalidQueryStatement'],
    ['SELECT 1', View, [], 'InvalidQueryStatement'],
    [`SELECT 1 FROM ${id.replace(/^.{8}/, '00000000')}`, View, [], 'EventDataStoreNotFound'],
    [`${from} WHERE eventTime > '?'`, View, [], 'InvalidQueryStatement'],
    [from, View, ['$StartTime$'], 'InvalidQueryStatement'],
    [`${from} WHERE eventName = '?'`, View, ['$Name$'], 'InvalidParameter'],
    [from, { ...View, View: 'Carpet' }, [], 'InvalidParameter'],
    [from, { ...View, View: 'PieChart' }, [], 'InvalidParameter'],
    [from, { ...View, Colour: 'red' }, [], 'InvalidParameter'],
    [from, { Title: 'x', View: 'Table' }, [], 'InvalidParameter'],
  ];
  for (const [QueryStatement, view, parameters, error] of widgetCases) {
    const ViewProperties = view as Record<string, string>;
    const more = parameters.length > 0 ? { QueryParameters: parameters } : {};
    const Widgets = [{ QueryStatement, ViewProperties, ...more }];
    await rejected(cloudtrail.createDashboard({ Name: 'wrong', Widgets }), error, /./);
  }
  const eleven = Array.from({ length: 11 }, () => ({ QueryStatement: from, ViewProperties: View }));
  await rejected(cloudtrail.createDashboard({ Name: 'wrong', Widgets: eleven }), 'ServiceQuotaExceeded', /10 widgets/);
  await rejected(cloudtrail.createDashboard({ Name: 'AWSCloudTrail-Highlights' }), 'NotImplemented', /Highlights/);
  const schedule = (Value: number, Unit: 'HOURS' | 'DAYS', TimeOfDay = '00:00') =>
    cloudtrail.createDashboard({
      Name: 'wrong',
      RefreshSchedule: { Frequency: { Value, Unit }, TimeOfDay, Status: 'ENABLED' },
    });
  await rejected(schedule(7, 'HOURS'), 'InvalidParameter', /frequency/);
  await rejected(schedule(2, 'DAYS'), 'InvalidParameter', /frequency/);
  await rejected(schedule(1, 'DAYS', '24:00'), 'InvalidParameter', /24:00/);
  await cloudtrail.createDashboard({ Name: 'one' });
  await rejected(cloudtrail.createDashboard({ Name: 'two' }), 'ServiceQuotaExceeded', /maximum of 1/);
});

test('a dashboard needs the permissions of what it does', async () => {
  const cloud = await testCloud();
  const { id, arn } = await storeIn(cloud);
  const statement = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
  const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const create = statement('cloudtrail:CreateDashboard', '*');
  const maker = await cloud.user('maker', policy(create));
  const Widgets = [{ QueryStatement: `SELECT eventName FROM ${id}`, ViewProperties: View }];
  const asked = (clients: typeof maker, more: object = {}) =>
    clients.cloudtrail.createDashboard({ Name: 'mine', ...more });
  await rejected(asked(maker, { Widgets }), 'AccessDenied', /cloudtrail:StartQuery on resource: arn/);
  const RefreshSchedule = { Frequency: { Unit: 'HOURS', Value: 1 }, Status: 'ENABLED' };
  await rejected(asked(maker, { RefreshSchedule }), 'AccessDenied', /cloudtrail:StartDashboardRefresh/);
  const asker = await cloud.user('asker', policy(create, statement('cloudtrail:StartQuery', arn)));
  assert.equal((await asked(asker, { Widgets })).Name, 'mine');
});

test('lists tell dashboards of the account, then managed ones, in pages', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  for (const Name of ['alpha', 'alpine', 'beta']) await cloudtrail.createDashboard({ Name });
  const names = async (input: object) => {
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await cloudtrail.listDashboards({ ...input, ...(NextToken && { NextToken }) });
      found.push(...(page.Dashboards ?? []).map(({ DashboardArn = '' }) => DashboardArn.split('/')[1] ?? ''));
      NextToken = page.NextToken;
    } while (NextToken);
    return found;
  };
  assert.deepEqual(await names({ Type: 'CUSTOM', MaxResults: 2 }), ['alpha', 'alpine', 'beta']);
  assert.deepEqual(await names({ NamePrefix: 'alp' }), ['alpha', 'alpine']);
  const managed = await names({ Type: 'MANAGED', MaxResults: 2 });
  assert.equal(managed.includes('AWSCloudTrail-IAMActivity'), true);
  for (const MaxResults of [1, 3, 100]) {
    assert.deepEqual(await names({ MaxResults }), ['alpha', 'alpine', 'beta', ...managed]);
  }
  await rejected(cloudtrail.listDashboards({ NextToken: 'abcd' }), 'InvalidNextToken', /NextToken/);
  const { Type, Widgets = [] } = await cloudtrail.getDashboard({ DashboardId: 'AWSCloudTrail-IAMActivity' });
  assert.deepEqual([Type, Widgets[0]?.ViewProperties?.Title], ['MANAGED', 'Top IAM APIs']);
  const deletion = cloudtrail.deleteDashboard({ DashboardId: 'AWSCloudTrail-IAMActivity' });
  await rejected(deletion, 'InvalidParameter', /managed by CloudTrail/);
});
