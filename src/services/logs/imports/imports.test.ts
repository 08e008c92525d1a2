import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { refusal, rejected } from '../../../testing/rejected.ts';

const ROLE_MAY = [
  'cloudtrail:GetEventDataStoreData',
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:PutResourcePolicy',
];

async function roleFor(
  cloud: Cloud,
  RoleName: string,
  actions: readonly string[],
  service = 'cloudtrail.amazonaws.com',
) {
  const policyOf = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  const { iam } = cloud.root;
  const { Role } = await iam.createRole({ RoleName, AssumeRolePolicyDocument: policyOf(trust) });
  const PolicyDocument = policyOf({ Effect: 'Allow', Action: actions, Resource: '*' });
  await iam.putRolePolicy({ RoleName, PolicyName: 'may', PolicyDocument });
  return Role!.Arn!;
}

/** An event data store, and two segments in it that are apart by a day. */
async function lake() {
  const cloud = await testCloud();
  const { cloudtrail, iam, logs } = cloud.root;
  const { EventDataStoreArn } = await cloudtrail.createEventDataStore({
    Name: 'events',
    TerminationProtectionEnabled: false,
  });
  const happen = async (UserName: string) => {
    await iam.createUser({ UserName });
    cloud.advance('PT10M');
    await cloud.settle();
  };
  await happen('first');
  cloud.advance('P30D');
  await happen('second');
  const importRoleArn = await roleFor(cloud, 'importer', ROLE_MAY);
  const id = EventDataStoreArn!.split('/')[1]!;
  return { cloud, logs, cloudtrail, wanted: { importSourceArn: EventDataStoreArn!, importRoleArn }, id };
}

async function usersIn(cloud: Cloud, logGroupName: string): Promise<string[]> {
  const filterPattern = '{ $.eventName = "CreateUser" }';
  const { events } = await cloud.root.logs.filterLogEvents({ logGroupName, filterPattern });
  return events!.map(({ message }) => JSON.parse(message!).requestParameters.userName);
}

test('An import copies the events of an event data store, however old, into a group of its own', async () => {
  const { cloud, logs, wanted, id } = await lake();
  const { importId, importDestinationArn } = await logs.createImportTask(wanted);
  const account = cloud.managementAccount;
  assert.equal(importDestinationArn, `arn:aws:logs:us-east-1:${account}:log-group:aws/cloudtrail/${id}`);
  await cloud.settle();
  const { imports } = await logs.describeImportTasks({ importId });
  const [{ importStatistics, ...told }] = imports as [NonNullable<typeof imports>[0]];
  assert.deepEqual(
    [told.importStatus, told.importSourceArn, told.importDestinationArn, told.errorMessage],
    ['COMPLETED', wanted.importSourceArn, importDestinationArn, undefined],
  );
  assert.ok(importStatistics!.bytesImported! > 0);
  assert.deepEqual(await usersIn(cloud, `aws/cloudtrail/${id}`), ['first', 'second']);
  const { importBatches } = await logs.describeImportTaskBatches({ importId });
  assert.ok(importBatches!.length >= 2 && importBatches!.every(({ status }) => status === 'COMPLETED'));
  const { logStreams } = await logs.describeLogStreams({ logGroupName: `aws/cloudtrail/${id}` });
  assert.deepEqual(
    logStreams!.map(({ logStreamName }) => logStreamName),
    [importId],
  );
  const groupBy = 'DATA_SOURCE_NAME_AND_TYPE' as const;
  const { aggregateLogGroupSummaries } = await logs.listAggregateLogGroupSummaries({ groupBy });
  const values = aggregateLogGroupSummaries![0]!.groupingIdentifiers!.map(({ value }) => value);
  assert.deepEqual(values, ['aws_cloudtrail', 'management']);
});

test('A time range, and cancelling', async () => {
  const { cloud, logs, wanted, id } = await lake();
  const endEventTime = cloud.now().getTime() - 86_400_000;
  const importFilter = { startEventTime: endEventTime - 40 * 86_400_000, endEventTime };
  await logs.createImportTask({ ...wanted, importFilter });
  await cloud.settle();
  assert.deepEqual(await usersIn(cloud, `aws/cloudtrail/${id}`), ['first']);
  const { importId } = await logs.createImportTask(wanted);
  const cancelled = await logs.cancelImportTask({ importId });
  assert.deepEqual([cancelled.importStatus, cancelled.importStatistics], ['CANCELLED', { bytesImported: 0 }]);
  await cloud.settle();
  assert.deepEqual(await usersIn(cloud, `aws/cloudtrail/${id}`), ['first']);
  await rejected(logs.cancelImportTask({ importId }), 'InvalidOperationException', /already finished/);
  const { imports } = await logs.describeImportTasks({ importStatus: 'COMPLETED' });
  assert.deepEqual(
    imports!.map((task) => task.importFilter),
    [importFilter],
  );
  await refusal(logs.describeImportTaskBatches({ importId: 'none' }), 'ResourceNotFoundException');
});

test('CreateImportTask refuses what it may not, or cannot, import', async () => {
  const { cloud, logs, cloudtrail, wanted } = await lake();
  const create = (input: object) => logs.createImportTask({ ...wanted, ...input });
  const importRoleArn = await roleFor(cloud, 'blind', ROLE_MAY.slice(1));
  await rejected(create({ importRoleArn }), 'AccessDeniedException', /GetEventDataStoreData/);
  const mute = await roleFor(cloud, 'mute', ROLE_MAY.slice(0, 1));
  await rejected(create({ importRoleArn: mute }), 'AccessDeniedException', /logs:CreateLogGroup/);
  const strange = await roleFor(cloud, 'strange', ROLE_MAY, 'logs.amazonaws.com');
  await refusal(create({ importRoleArn: strange }), 'AccessDeniedException');
  const may = { Effect: 'Allow', Action: ['logs:*', 'cloudtrail:*'], Resource: '*' };
  const user = await cloud.user('importer', { Version: '2012-10-17', Statement: may });
  await rejected(user.logs.createImportTask(wanted), 'AccessDeniedException', /iam:PassRole/);
  await refusal(create({ importSourceArn: `${wanted.importSourceArn}x` }), 'InvalidParameterException');
  await refusal(create({ importFilter: { startEventTime: 2, endEventTime: 1 } }), 'InvalidParameterException');
  await refusal(create({ importFilter: { startEventTime: 1 } }), 'InvalidParameterException');
  const gone = wanted.importSourceArn.replace(/[0-9a-f]{12}$/, '0'.repeat(12));
  await refusal(create({ importSourceArn: gone }), 'ResourceNotFoundException');
  for (let n = 0; n < 3; n++) await create({});
  await rejected(create({}), 'ThrottlingException', /no more than 3 active imports/);
  await cloud.settle();
  await cloudtrail.deleteEventDataStore({ EventDataStore: wanted.importSourceArn });
  await refusal(create({}), 'InvalidOperationException');
});
