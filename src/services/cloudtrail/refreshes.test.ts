import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { answerTo, asked, later, storeIn } from './fixtures.ts';
import { MANAGED } from './managedDashboards.ts';
import { queryOf } from './widgets.ts';

const View = { Height: '2', Width: '4', Title: 'Events', View: 'Table' };

const letIn = (Action: string, dashboard: string, account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudtrail.amazonaws.com' },
        Action,
        Condition: { StringEquals: { 'AWS:SourceArn': dashboard, 'AWS:SourceAccount': account } },
      },
    ],
  });

/** A store with some events in it, and a dashboard of one widget that looks at it. */
async function dashboardIn(cloud: Cloud) {
  const { cloudtrail, iam } = cloud.root;
  const store = await storeIn(cloud);
  await iam.createUser({ UserName: 'alice' });
  await later(cloud, 'PT5M');
  const { DashboardArn = '', Widgets = [] } = await cloudtrail.createDashboard({
    Name: 'activity',
    Widgets: [
      {
        QueryStatement: `SELECT DATE_TRUNC('?', eventTime) AS h, REPLACE(eventSource, '.amazonaws.com') AS s,
          IF(readOnly, 'read', 'write') AS kind FROM ${store.id}
          WHERE eventTime > '?' AND eventTime < '?' AND eventName = 'CreateUser' /* really? */`,
        QueryParameters: ['$Period$', '$StartTime$', '$EndTime$'],
        ViewProperties: View,
      },
    ],
  });
  return { store, arn: DashboardArn, alias: Widgets[0]?.QueryAlias ?? '' };
}

test('a refresh runs the queries of all widgets, where the store lets CloudTrail in', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { store, arn, alias } = await dashboardIn(cloud);
  const refresh = (QueryParameterValues: Record<string, string> = {}) =>
    cloudtrail.startDashboardRefresh({ DashboardId: arn, QueryParameterValues });
  await rejected(refresh(), 'AccessDenied', /cloudtrail.amazonaws.com is not authorized.*StartQuery/);
  const ResourcePolicy = letIn('cloudtrail:StartQuery', arn, cloud.managementAccount);
  await cloudtrail.putResourcePolicy({ ResourceArn: store.arn, ResourcePolicy });
  assert.equal((await cloudtrail.getResourcePolicy({ ResourceArn: store.arn })).ResourcePolicy, ResourcePolicy);
  const { RefreshId } = await refresh();
  await rejected(refresh(), 'ServiceQuotaExceeded', /already in progress/);
  await cloud.settle();
  const found = await cloudtrail.describeQuery({ QueryAlias: alias, RefreshId: RefreshId! });
  assert.equal(found.QueryStatus, 'FINISHED', found.ErrorMessage ?? '');
  const { rows } = await answerTo(cloud.root, found.QueryId!);
  assert.deepEqual(rows, [{ h: '2030-01-01 00:00:00.000', s: 'iam', kind: 'write' }]);
  assert.equal((await cloudtrail.getDashboard({ DashboardId: arn })).LastRefreshId, RefreshId);
  cloud.advance('PT1S');
  const earlier = await refresh({ $EndTime$: '2029-12-31T00:00:00.00Z', $StartTime$: '2029-12-01T00:00:00Z' });
  await cloud.settle();
  const latest = await cloudtrail.describeQuery({ QueryAlias: alias });
  assert.deepEqual((await answerTo(cloud.root, latest.QueryId!)).rows, []);
  assert.notEqual(earlier.RefreshId, RefreshId);
  await rejected(refresh({ $Period$: 'century' }), 'InvalidParameter', /Period/);
  await rejected(refresh({ $EndTime$: 'noon' }), 'InvalidParameter', /EndTime/);
  await rejected(refresh({ $Other$: 'x' }), 'InvalidParameter', /Other/);
});

test('StartQuery runs the template of an alias with values', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { alias } = await dashboardIn(cloud);
  const QueryParameters = ['hour', '2029-12-31 00:00:00', '2030-01-02 00:00:00'];
  const { QueryId } = await cloudtrail.startQuery({ QueryAlias: alias, QueryParameters });
  await cloud.settle();
  assert.equal((await answerTo(cloud.root, QueryId!)).rows.length, 1);
  const tricky = ['hour', "2029-12-31' OR '1'='1", '2030-01-02 00:00:00'];
  const second = await cloudtrail.startQuery({ QueryAlias: alias, QueryParameters: tricky });
  await cloud.settle();
  assert.equal((await answerTo(cloud.root, second.QueryId!)).QueryStatus, 'FAILED');
  const few = cloudtrail.startQuery({ QueryAlias: alias, QueryParameters: ['hour'] });
  await rejected(few, 'InvalidQueryStatement', /3 placeholders for 1/);
  await rejected(cloudtrail.startQuery({ QueryAlias: 'nothing' }), 'InvalidParameter', /nothing/);
  await rejected(cloudtrail.startQuery({}), 'InvalidParameter', /QueryAlias/);
});

test('a schedule refreshes, as far as the dashboard lets CloudTrail', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { store, arn, alias } = await dashboardIn(cloud);
  const ResourcePolicy = letIn('cloudtrail:StartQuery', arn, cloud.managementAccount);
  await cloudtrail.putResourcePolicy({ ResourceArn: store.arn, ResourcePolicy });
  const RefreshSchedule = { Frequency: { Unit: 'HOURS', Value: 6 }, Status: 'ENABLED', TimeOfDay: '00:30' } as const;
  const { RefreshSchedule: told } = await cloudtrail.updateDashboard({ DashboardId: arn, RefreshSchedule });
  assert.deepEqual(told, RefreshSchedule);
  await later(cloud, 'PT26M');
  const failed = await cloudtrail.getDashboard({ DashboardId: arn });
  assert.match(failed.LastRefreshFailureReason ?? '', /StartDashboardRefresh/);
  const dashboardPolicy = letIn('cloudtrail:StartDashboardRefresh', arn, cloud.managementAccount);
  await rejected(
    cloudtrail.putResourcePolicy({ ResourceArn: arn, ResourcePolicy }),
    'ResourcePolicyNotValid',
    /StartQuery is not supported/,
  );
  await cloudtrail.putResourcePolicy({ ResourceArn: arn, ResourcePolicy: dashboardPolicy });
  await later(cloud, 'PT5H30M');
  assert.equal((await cloudtrail.getDashboard({ DashboardId: arn })).LastRefreshId, undefined);
  await later(cloud, 'PT30M');
  const first = await cloudtrail.getDashboard({ DashboardId: arn });
  assert.deepEqual([first.LastRefreshFailureReason, first.LastRefreshId !== undefined], [undefined, true]);
  const query = await cloudtrail.describeQuery({ QueryAlias: alias, RefreshId: first.LastRefreshId! });
  assert.equal((await answerTo(cloud.root, query.QueryId!)).rows.length, 1);
  await later(cloud, 'PT6H');
  const second = await cloudtrail.getDashboard({ DashboardId: arn });
  assert.notEqual(second.LastRefreshId, first.LastRefreshId);
  await cloudtrail.updateDashboard({ DashboardId: arn, RefreshSchedule: { Status: 'DISABLED' } });
  await later(cloud, 'P1D');
  const last = await cloudtrail.getDashboard({ DashboardId: arn });
  assert.deepEqual([last.LastRefreshId, last.RefreshSchedule?.Status], [second.LastRefreshId, 'DISABLED']);
});

test('a managed dashboard looks at the store that the refresh names', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { store } = await dashboardIn(cloud);
  const DashboardId = 'AWSCloudTrail-IAMActivity';
  await rejected(cloudtrail.startDashboardRefresh({ DashboardId }), 'InvalidParameter', /EventDataStoreId/);
  const QueryParameterValues = { $EventDataStoreId$: store.id };
  const refresh = () => cloudtrail.startDashboardRefresh({ DashboardId, QueryParameterValues });
  const { RefreshId } = await refresh();
  await rejected(refresh(), 'ServiceQuotaExceeded', /already in progress/);
  await cloud.settle();
  const QueryAlias = `${DashboardId}-RecentIAMuserchanges`;
  const users = await cloudtrail.describeQuery({ QueryAlias, RefreshId: RefreshId! });
  assert.equal((await answerTo(cloud.root, users.QueryId!)).rows[0]?.userName, 'alice');
});

test('every query of the managed dashboards runs', async () => {
  const cloud = await testCloud();
  const { store } = await dashboardIn(cloud);
  const given = { $EventDataStoreId$: store.id };
  for (const [name, widgets] of MANAGED) {
    // All in one: it is the engine's start that takes time.
    const counts = widgets.map((widget) => `(SELECT count(*) FROM (${queryOf(widget, given, cloud.now())}))`);
    const { QueryStatus, ErrorMessage } = await asked(cloud, `SELECT ${counts.join(', ')}`);
    assert.equal(QueryStatus, 'FINISHED', `${name}: ${ErrorMessage}`);
  }
});
