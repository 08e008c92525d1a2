import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { asked, later, loggingTrail, storeIn } from './fixtures.ts';
import { askLake } from './lakeEngine.ts';
import { statementOf } from './lakeSql.ts';

const ID = '0a1b2c3d-0000-4000-8000-0123456789ab';
const NOW = '2030-01-01T00:00:00.000Z';
const nothing = async function* () {};

test('statements are one SELECT, and bare ids in them are tables', () => {
  assert.deepEqual(statementOf(`SELECT eventName FROM ${ID} WHERE eventID = '${ID}' -- ${ID}\n;`), {
    text: `SELECT eventName FROM "${ID}" WHERE eventID = '${ID}' -- ${ID}\n`,
    stores: [ID],
  });
  assert.deepEqual(statementOf(`with t as (select * from "${ID}") select * from t`)?.stores, [ID]);
  for (const sql of [
    '',
    'drop table x',
    `select 1 from ${ID}; select 2`,
    `copy ${ID} to 'x'`,
    'pragma version -- select',
  ]) {
    assert.equal(statementOf(sql), undefined, sql);
  }
  assert.deepEqual(statementOf("select ';' as semicolon")?.stores, []);
});

test('an event data store keeps what it is given, and is protected', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { arn, id, made } = await storeIn(cloud, { TagsList: [{ Key: 'team', Value: 'security' }] });
  assert.deepEqual(
    [made.Status, made.MultiRegionEnabled, made.OrganizationEnabled, made.RetentionPeriod, made.BillingMode],
    ['CREATED', true, false, 366, 'EXTENDABLE_RETENTION_PRICING'],
  );
  assert.equal((await cloudtrail.getEventDataStore({ EventDataStore: id })).Status, 'ENABLED');
  await rejected(cloudtrail.createEventDataStore({ Name: 'events' }), 'EventDataStoreAlreadyExists', /already exists/);
  const deletion = () => cloudtrail.deleteEventDataStore({ EventDataStore: arn });
  await rejected(deletion(), 'EventDataStoreTerminationProtected', /termination protection/);
  const updated = await cloudtrail.updateEventDataStore({
    EventDataStore: arn,
    Name: 'renamed',
    RetentionPeriod: 30,
    TerminationProtectionEnabled: false,
  });
  assert.deepEqual([updated.Name, updated.RetentionPeriod], ['renamed', 30]);
  await deletion();
  await rejected(cloudtrail.startQuery({ QueryStatement: `select 1 from ${id}` }), 'InactiveEventDataStore', /pending/);
  assert.equal((await cloudtrail.getEventDataStore({ EventDataStore: arn })).Status, 'PENDING_DELETION');
  await cloudtrail.restoreEventDataStore({ EventDataStore: arn });
  assert.equal((await cloudtrail.getEventDataStore({ EventDataStore: arn })).Status, 'ENABLED');
  await deletion();
  await later(cloud, 'P8D');
  const gone = cloudtrail.getEventDataStore({ EventDataStore: arn });
  await rejected(gone, 'EventDataStoreNotFound', /could not be found/);
  assert.deepEqual((await cloudtrail.listEventDataStores({})).EventDataStores, []);
});

test('queries read what the store took in, and nothing else', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createGroup({ GroupName: 'before' });
  cloud.advance('PT1S');
  const { id } = await storeIn(cloud);
  await cloud.root.iam.createUser({ UserName: 'alice' });
  await cloud.root.iam.createUser({ UserName: 'bob' });
  const eve = await cloud.user('eve');
  await rejected(eve.iam.listUsers({}), 'AccessDenied', /not authorized/);
  await later(cloud, 'PT5M');
  const names = await asked(cloud, `SELECT eventName, count(*) AS n FROM ${id} GROUP BY eventName ORDER BY eventName`);
  assert.equal(names.ErrorMessage, undefined);
  assert.deepEqual(names.rows, [
    { eventName: 'CreateEventDataStore', n: '1' },
    { eventName: 'CreateUser', n: '2' },
    { eventName: 'ListUsers', n: '1' },
  ]);
  const users = await asked(
    cloud,
    `SELECT element_at(requestParameters, 'userName') AS made, userIdentity.type AS type, eventTime
     FROM ${id} WHERE eventName = 'CreateUser' AND eventTime > '2029-12-31 00:00:00' ORDER BY made`,
  );
  assert.deepEqual(users.rows, [
    { made: 'alice', type: 'Root', eventTime: '2030-01-01 00:00:01.000' },
    { made: 'bob', type: 'Root', eventTime: '2030-01-01 00:00:01.000' },
  ]);
  const denied = await asked(cloud, `SELECT userIdentity.userName AS who FROM ${id} WHERE errorCode = 'AccessDenied'`);
  assert.deepEqual(denied.rows, [{ who: 'eve' }]);
  const described = await cloud.root.cloudtrail.describeQuery({ QueryId: denied.QueryId });
  assert.deepEqual([described.QueryStatus, described.QueryStatistics?.EventsScanned], ['FINISHED', 4]);
  const { Queries } = await cloud.root.cloudtrail.listQueries({ EventDataStore: id });
  assert.equal(Queries?.length, 3);
});

test('queries touch neither files nor settings, and what is wrong with them is told', async () => {
  const cloud = await testCloud();
  const { id } = await storeIn(cloud);
  await later(cloud, 'PT5M');
  for (const [sql, sentence] of [
    [`select * from ${id}, read_csv('/etc/passwd')`, /disabled/],
    [`select * from ${id}, glob('/etc/*')`, /disabled/],
    [`select * from ${id}, '/etc/passwd'`, /disabled|Permission|not found|does not exist/],
    [`select nothing from ${id}`, /nothing/],
    [`select list(range) from range(1000000000), ${id}`, /[Mm]emory|Allocation/],
  ] as const) {
    const { QueryStatus, ErrorMessage } = await asked(cloud, sql);
    assert.equal(QueryStatus, 'FAILED', sql);
    assert.match(ErrorMessage ?? '', sentence);
  }
  const { cloudtrail } = cloud.root;
  const query = (QueryStatement: string) => cloudtrail.startQuery({ QueryStatement });
  await rejected(query(`drop table ${id}`), 'InvalidQueryStatement', /SELECT/);
  await rejected(query('select 1'), 'InvalidQueryStatement', /event data store/);
  await rejected(query(`select 1 from ${ID}`), 'EventDataStoreNotFound', /could not be found/);
  const other = await cloud.memberAccount('other');
  const foreign = other.root.cloudtrail.startQuery({ QueryStatement: `select 1 from ${id}` });
  await rejected(foreign, 'EventDataStoreNotFound', /could not be found/);
});

test('a query that takes too long is ended, and others wait their turn meanwhile', async () => {
  const limits = { stores: [], memoryMegabytes: 128, timeoutMs: 300, rowsMax: 10, now: NOW };
  const slow = async () => ({ ...limits, statement: 'select count(*) from range(1000000000000)' });
  const quick = async () => ({ ...limits, timeoutMs: 20_000, statement: 'select 1 as one' });
  const answers = await Promise.all([slow, slow, quick].map((question) => askLake({ question, events: nothing })));
  assert.deepEqual(
    answers.map((answer) => ('error' in answer ? answer.timedOut : answer.rowsOfPages)),
    [true, true, [1]],
  );
});

test('results come in pages, and a query can be cancelled', async () => {
  const cloud = await testCloud();
  const { id } = await storeIn(cloud);
  await later(cloud, 'PT5M');
  const { cloudtrail } = cloud.root;
  const { QueryId } = await cloudtrail.startQuery({
    QueryStatement: `select r.range as n from range(2500) r, ${id} order by n`,
  });
  await cloud.settle();
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await cloudtrail.getQueryResults({
      QueryId: QueryId!,
      MaxQueryResults: 700,
      ...(NextToken && { NextToken }),
    });
    seen.push(...(page.QueryResultRows ?? []).map((row) => row[0]!.n!));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(
    seen,
    Array.from({ length: 2500 }, (_, n) => String(n)),
  );
  const waiting = await cloudtrail.startQuery({ QueryStatement: `select 1 from ${id}` });
  const cancelled = await cloudtrail.cancelQuery({ QueryId: waiting.QueryId! });
  assert.equal(cancelled.QueryStatus, 'CANCELLED');
  await rejected(cloudtrail.cancelQuery({ QueryId: waiting.QueryId! }), 'InactiveQuery', /not active/);
});

test('events older than the retention period go', async () => {
  const cloud = await testCloud();
  const { id } = await storeIn(cloud, { RetentionPeriod: 7 });
  await cloud.root.iam.createUser({ UserName: 'alice' });
  await later(cloud, 'PT5M');
  await later(cloud, 'P9D');
  const { rows } = await asked(cloud, `select eventName from ${id} where eventName = 'CreateUser'`);
  assert.deepEqual(rows, []);
});

test('StartImport brings a trail’s folder into an event data store, and tells what it could not read', async () => {
  const cloud = await testCloud();
  const { cloudtrail, iam, s3 } = cloud.root;
  const bucket = await loggingTrail(cloud, 'old');
  await iam.createUser({ UserName: 'alice' });
  await later(cloud, 'PT5M');
  await iam.createUser({ UserName: 'bob' });
  await later(cloud, 'PT5M');
  const folder = `AWSLogs/${cloud.managementAccount}/CloudTrail/`;
  const broken = `${folder}us-east-1/2030/01/01/broken_CloudTrail.json.gz`;
  await s3.putObject({ Bucket: bucket, Key: broken, Body: 'no gzip' });
  await s3.putObject({ Bucket: bucket, Key: `${folder}notes.txt`, Body: 'notes' });
  const { id, arn } = await storeIn(cloud, { StartIngestion: false });
  const role = `arn:aws:iam::${cloud.managementAccount}:role/import`;
  await iam.createRole({
    RoleName: 'import',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    }),
  });
  const S3 = { S3LocationUri: `s3://${bucket}/${folder}`, S3BucketRegion: 'us-east-1', S3BucketAccessRoleArn: role };
  const { ImportId = '' } = await cloudtrail.startImport({ Destinations: [arn], ImportSource: { S3 } });
  const second = cloudtrail.startImport({ Destinations: [arn], ImportSource: { S3 } });
  await rejected(second, 'AccountHasOngoingImport', /in progress/);
  const get = async () => {
    await cloud.settle();
    const { ImportStatus, ImportStatistics } = await cloudtrail.getImport({ ImportId });
    return [ImportStatus, ImportStatistics?.FilesCompleted, ImportStatistics?.FailedEntries];
  };
  const failures = async () =>
    ((await cloudtrail.listImportFailures({ ImportId })).Failures ?? []).map((each) => [each.Location, each.ErrorType]);
  assert.deepEqual(await get(), ['FAILED', 0, 1]);
  assert.deepEqual(await failures(), [[S3.S3LocationUri, 'AccessDenied']]);
  await iam.putRolePolicy({
    RoleName: 'import',
    PolicyName: 'read',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetObject'], Resource: '*' }],
    }),
  });
  await cloudtrail.startImport({ ImportId });
  assert.deepEqual(await get(), ['FAILED', 2, 1]);
  assert.equal((await failures())[0]?.[0], broken);
  await s3.putObject({ Bucket: bucket, Key: broken, Body: gzipSync('{"Records":[]}') });
  await cloudtrail.startImport({ ImportId });
  assert.deepEqual(await get(), ['COMPLETED', 3, 0]);
  assert.equal((await cloudtrail.listImports({ Destination: arn })).Imports?.[0]?.ImportStatus, 'COMPLETED');
  const sql = `select element_at(requestParameters, 'userName') as n from ${id} where eventName = 'CreateUser' order by n`;
  assert.deepEqual((await asked(cloud, sql)).rows, [{ n: 'alice' }, { n: 'bob' }]);
});

test('a store of all Regions counts in each of them', async () => {
  const cloud = await testCloud({ quotas: { EventDataStoresPerRegion: 2 } });
  const made = async (Name: string, region: string, MultiRegionEnabled: boolean) => {
    const { cloudtrail } = cloud.as(await cloud.keyFor(cloud.managementAccount), region);
    return cloudtrail.createEventDataStore({ Name, MultiRegionEnabled });
  };
  await made('first', 'us-east-1', true);
  await made('second', 'eu-west-1', false);
  await rejected(made('third', 'eu-west-1', false), 'EventDataStoreMaxLimitExceeded', /maximum of 2/);
  await rejected(made('fourth', 'us-east-1', true), 'EventDataStoreMaxLimitExceeded', /maximum of 2/);
  await made('fifth', 'us-east-1', false);
});

test('a store takes in what happened until it stopped, and from when it began again', async () => {
  const cloud = await testCloud();
  const { arn, id } = await storeIn(cloud);
  const { cloudtrail, iam } = cloud.root;
  const stop = () => cloudtrail.stopEventDataStoreIngestion({ EventDataStore: arn });
  const start = () => cloudtrail.startEventDataStoreIngestion({ EventDataStore: arn });
  await rejected(start(), 'InvalidEventDataStoreStatus', /already ingesting/);
  await iam.createUser({ UserName: 'before' });
  await stop();
  await rejected(stop(), 'InvalidEventDataStoreStatus', /not ingesting/);
  assert.equal((await cloudtrail.getEventDataStore({ EventDataStore: arn })).Status, 'STOPPED_INGESTION');
  cloud.advance('PT2S');
  await iam.createUser({ UserName: 'between' });
  await later(cloud, 'PT5M');
  await iam.createUser({ UserName: 'long-after' });
  await later(cloud, 'PT5M');
  await start();
  await iam.createUser({ UserName: 'again' });
  await later(cloud, 'PT5M');
  const sql = `select element_at(requestParameters, 'userName') as name from ${id} where eventName = 'CreateUser' order by 1`;
  assert.deepEqual((await asked(cloud, sql)).rows, [{ name: 'again' }, { name: 'before' }]);
});

test('another account queries a store that a policy opens to it', async () => {
  const cloud = await testCloud();
  const { arn, id } = await storeIn(cloud);
  await later(cloud, 'PT5M');
  const { cloudtrail } = cloud.root;
  const other = await cloud.memberAccount('other');
  const reader = await other.user('reader', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'cloudtrail:*', Resource: '*' }],
  });
  const query = () => reader.cloudtrail.startQuery({ QueryStatement: `select eventName from ${id}` });
  await rejected(query(), 'EventDataStoreNotFound', /could not be found/);
  await rejected(cloudtrail.getResourcePolicy({ ResourceArn: arn }), 'ResourcePolicyNotFound', /No resource policy/);
  await rejected(
    cloudtrail.putResourcePolicy({ ResourceArn: arn, ResourcePolicy: '{"Statement":' }),
    'ResourcePolicyNotValid',
    /./,
  );
  const policy = (Action: string[]) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: other.id }, Action, Resource: arn }],
    });
  await cloudtrail.putResourcePolicy({ ResourceArn: arn, ResourcePolicy: policy(['cloudtrail:GetEventDataStore']) });
  await rejected(query(), 'AccessDenied', /not authorized to perform: cloudtrail:StartQuery/);
  const ResourcePolicy = policy(['cloudtrail:StartQuery', 'cloudtrail:GetQueryResults']);
  await cloudtrail.putResourcePolicy({ ResourceArn: arn, ResourcePolicy });
  assert.equal((await cloudtrail.getResourcePolicy({ ResourceArn: arn })).ResourcePolicy, ResourcePolicy);
  const { QueryId } = await query();
  await cloud.settle();
  const { QueryStatus } = await reader.cloudtrail.getQueryResults({ QueryId: QueryId! });
  assert.equal(QueryStatus, 'FINISHED');
  await rejected(
    reader.cloudtrail.deleteEventDataStore({ EventDataStore: arn }),
    'AccessDenied',
    /DeleteEventDataStore/,
  );
  const tags = { ResourceId: arn, TagsList: [{ Key: 'team', Value: 'theirs' }] };
  await rejected(other.root.cloudtrail.addTags(tags), 'AccessDenied', /cloudtrail:AddTags/);
  await rejected(other.root.cloudtrail.removeTags(tags), 'AccessDenied', /cloudtrail:RemoveTags/);
  await rejected(other.root.cloudtrail.listTags({ ResourceIdList: [arn] }), 'AccessDenied', /cloudtrail:ListTags/);
  const S3 = { S3LocationUri: 's3://their-logs/AWSLogs/', S3BucketRegion: 'us-east-1' };
  const role = `arn:aws:iam::${other.id}:role/import`;
  const ImportSource = { S3: { ...S3, S3BucketAccessRoleArn: role } };
  const brought = other.root.cloudtrail.startImport({ Destinations: [arn], ImportSource });
  await rejected(brought, 'EventDataStoreNotFound', /in your account/);
  await cloudtrail.deleteResourcePolicy({ ResourceArn: arn });
  await rejected(query(), 'EventDataStoreNotFound', /could not be found/);
});
