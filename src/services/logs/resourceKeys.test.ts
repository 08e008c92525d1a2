import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

/** A key for things of the service whose ARNs end so, and the account. */
async function keyFor(cloud: Cloud, resource: string): Promise<string> {
  const account = cloud.managementAccount;
  const arn = `arn:aws:logs:us-east-1:${account}:${resource}`;
  const Statement = [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { Service: 'logs.us-east-1.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Resource: '*',
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        StringLike: { 'kms:EncryptionContext:aws:logs:arn': arn },
        ArnLike: { 'aws:SourceArn': arn },
      },
    },
  ];
  const { KeyMetadata } = await cloud.root.kms.createKey({
    Policy: JSON.stringify({ Version: '2012-10-17', Statement }),
  });
  return KeyMetadata!.Arn!;
}

const may = (Action: string | string[]) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action, Resource: '*' },
});

/** All bytes and rows of a cloud that hold a text. */
async function lieOpen(cloud: Cloud, text: string, ...ids: string[]): Promise<boolean> {
  const bytes = await cloud.deps.store.transaction((tx) => Promise.all(ids.map((id) => tx.bytes(id))));
  return bytes.some((found) => found && Buffer.from(found).includes(text));
}

test('A lookup table under a KMS key is read by who may use both; the key goes and comes with updates', async () => {
  const cloud = await testCloud();
  const { logs, kms } = cloud.root;
  const kmsKeyId = await keyFor(cloud, 'lookup-table:people');
  const made = { lookupTableName: 'people', tableBody: 'id,name\n1,Very Secret', kmsKeyId };
  const { lookupTableArn } = await logs.createLookupTable(made);
  const read = await logs.getLookupTable({ lookupTableArn });
  assert.deepEqual([read.tableBody, read.kmsKeyId], [made.tableBody, kmsKeyId]);
  assert.equal((await logs.describeLookupTables({})).lookupTables![0]!.kmsKeyId, kmsKeyId);
  const { lookupTables } = await import('./lookups/rows.ts');
  const place = [cloud.managementAccount, 'us-east-1', 'people'];
  const dataOf = async () => (await cloud.deps.store.transaction((tx) => tx.get(lookupTables, place)))!.data;
  assert.equal(await lieOpen(cloud, 'Secret', `logs-lookup/${await dataOf()}/0`), false);
  const reader = await cloud.user('reader', may('logs:*'));
  await rejected(reader.logs.getLookupTable({ lookupTableArn }), 'AccessDeniedException', /kms:Decrypt/);
  await rejected(
    reader.logs.updateLookupTable({ lookupTableArn, tableBody: 'id\n1' }),
    'AccessDeniedException',
    /kms:GenerateDataKey/,
  );
  const both = await cloud.user('both', may(['logs:*', 'kms:Decrypt', 'kms:GenerateDataKey']));
  const query = {
    ...{ logGroupName: 'app', startTime: 0, endTime: 1 },
    queryString: 'fields @message | lookup people id as x OUTPUT name',
  };
  await logs.createLogGroup({ logGroupName: 'app' });
  await rejected(reader.logs.startQuery(query), 'AccessDeniedException', /kms:Decrypt/);
  await both.logs.startQuery(query);
  await both.logs.updateLookupTable({ lookupTableArn, tableBody: 'id,name\n2,Other' });
  assert.equal((await both.logs.getLookupTable({ lookupTableArn })).kmsKeyId, kmsKeyId);
  await kms.disableKey({ KeyId: kmsKeyId });
  await rejected(logs.getLookupTable({ lookupTableArn }), 'AccessDeniedException', /is not allowed to be used with/);
  await kms.enableKey({ KeyId: kmsKeyId });
  await logs.updateLookupTable({ lookupTableArn, tableBody: 'id,name\n3,Plain', kmsKeyId: '' });
  assert.equal((await reader.logs.getLookupTable({ lookupTableArn })).kmsKeyId, undefined);
});

test('A key that the service may not use is refused', async () => {
  const cloud = await testCloud();
  const kmsKeyId = await keyFor(cloud, 'lookup-table:others');
  const asked = { lookupTableName: 'people', tableBody: 'id\n1', kmsKeyId };
  await rejected(cloud.root.logs.createLookupTable(asked), 'AccessDeniedException', /is not allowed to be used with/);
  await refusal(cloud.root.logs.createLookupTable({ ...asked, kmsKeyId: 'alias/mine' }), 'InvalidParameterException');
});

test('What a detector under a KMS key finds is told to who may use the key, and lies sealed', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const put = async (...messages: string[]) => {
    const timestamp = cloud.now().getTime();
    const logEvents = messages.map((message) => ({ timestamp, message }));
    await logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
    cloud.advance('PT5M');
  };
  for (let i = 0; i < 24; i++) await put(...[...Array(10)].map((_, j) => `[INFO] GET /item/${i}${j} status=200`));
  const kmsKeyId = await keyFor(cloud, 'anomaly-detector:*');
  const logGroupArnList = [`arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:app`];
  const wanted = { logGroupArnList, detectorName: 'watch', evaluationFrequency: 'FIVE_MIN' as const, kmsKeyId };
  const { anomalyDetectorArn } = await logs.createLogAnomalyDetector(wanted);
  await cloud.settle();
  assert.equal((await logs.getLogAnomalyDetector({ anomalyDetectorArn })).kmsKeyId, kmsKeyId);
  await put('FATAL the vault of Verysecret is open', '[INFO] GET /item/1 status=200');
  await cloud.settle();
  const { anomalies } = await logs.listAnomalies({ anomalyDetectorArn });
  assert.ok(anomalies!.some(({ logSamples }) => JSON.stringify(logSamples).includes('Verysecret')));
  const { foundAnomalies } = await import('./anomalies/detectorRows.ts');
  const { rows } = await cloud.deps.store.transaction((tx) => tx.list(foundAnomalies, [], { limit: 10 }));
  assert.ok(rows.length > 0 && !JSON.stringify(rows).includes('ecret'));
  const reader = await cloud.user('reader', may('logs:*'));
  await rejected(reader.logs.listAnomalies({ anomalyDetectorArn }), 'AccessDeniedException', /kms:Decrypt/);
  assert.deepEqual((await reader.logs.listAnomalies({})).anomalies, []);
  assert.equal((await logs.listAnomalies({})).anomalies!.length, anomalies!.length);
});
