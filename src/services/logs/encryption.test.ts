import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';
const GROUP = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:app`;

const keyPolicy = (arn: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
      {
        Effect: 'Allow',
        Principal: { Service: 'logs.us-east-1.amazonaws.com' },
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:Describe*'],
        Resource: '*',
        Condition: { ArnEquals: { 'kms:EncryptionContext:aws:logs:arn': arn } },
      },
    ],
  });

async function encrypted() {
  const cloud = await testCloud();
  const { logs, kms } = cloud.root;
  const { KeyMetadata } = await kms.createKey({ Policy: keyPolicy(GROUP) });
  const key = KeyMetadata!.Arn!;
  await logs.createLogGroup({ logGroupName: 'app', kmsKeyId: key });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const put = (message: string) =>
    logs.putLogEvents({
      logGroupName: 'app',
      logStreamName: 's',
      logEvents: [{ timestamp: cloud.now().getTime(), message }],
    });
  const read = async () => (await logs.filterLogEvents({ logGroupName: 'app' })).events!.map((e) => e.message);
  return { cloud, logs, kms, key, put, read };
}

test('Events of a group with a KMS key lie encrypted under it', async () => {
  const { cloud, logs, key, put, read } = await encrypted();
  await put('very secret');
  assert.deepEqual(await read(), ['very secret']);
  const { segments, bytesOf } = await import('./segments.ts');
  const { row, bytes } = await cloud.deps.store.transaction(async (tx) => {
    const row = (await tx.list(segments, [], { limit: 1 })).rows[0]!;
    return { row, bytes: await bytesOf(tx, row) };
  });
  assert.ok(!JSON.stringify(row).includes('secret') && !Buffer.from(bytes!).includes('secret'));
  const { Events } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GenerateDataKeyWithoutPlaintext' }],
  });
  const record = JSON.parse(Events![0]!.CloudTrailEvent!);
  assert.deepEqual(record.requestParameters.encryptionContext, { 'aws:logs:arn': GROUP });
  assert.equal(record.userIdentity.invokedBy, 'logs.us-east-1.amazonaws.com');
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.kmsKeyId, key);
});

test('A key that is disabled is felt within five minutes, by readers and writers', async () => {
  const { cloud, kms, key, put, read } = await encrypted();
  await put('a');
  await kms.disableKey({ KeyId: key });
  cloud.advance('PT5M');
  const what = `The specified KMS key does not exist or is not allowed to be used with LogGroup '${GROUP}'`;
  await rejected(read(), 'AccessDeniedException', what);
  await rejected(put('b'), 'AccessDeniedException', what);
  await kms.enableKey({ KeyId: key });
  assert.deepEqual(await read(), ['a']);
});

test('After DisassociateKmsKey old events still need the key, new ones do not', async () => {
  const { cloud, logs, kms, key, put, read } = await encrypted();
  await put('old');
  await logs.disassociateKmsKey({ logGroupName: 'app' });
  await put('new');
  assert.deepEqual(await read(), ['old', 'new']);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.kmsKeyId, undefined);
  await kms.disableKey({ KeyId: key });
  cloud.advance('PT5M');
  await refusal(read(), 'AccessDeniedException');
  await put('newer');
});

test('Only a key that Logs may use can be associated', async () => {
  const { cloud, logs, kms, key } = await encrypted();
  await logs.createLogGroup({ logGroupName: 'other' });
  await refusal(logs.associateKmsKey({ logGroupName: 'other', kmsKeyId: key }), 'AccessDeniedException');
  const missing = key.replace(/[0-9a-f]{12}$/, '000000000000');
  const words = 'The specified KMS Key Id could not be found.';
  await rejected(logs.associateKmsKey({ logGroupName: 'app', kmsKeyId: missing }), 'InvalidParameterException', words);
  const { KeyMetadata } = await kms.createKey({ KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' });
  const asymmetric = logs.associateKmsKey({ logGroupName: 'app', kmsKeyId: KeyMetadata!.Arn! });
  await refusal(asymmetric, 'InvalidParameterException');
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:*', Resource: '*' },
  });
  await rejected(
    alice.logs.associateKmsKey({ logGroupName: 'app', kmsKeyId: key }),
    'AccessDeniedException',
    /kms:DescribeKey/,
  );
});

test('An encrypted group is queried in the service’s own name', async () => {
  const { cloud, logs, put } = await encrypted();
  await put('{"a":1}');
  const range = { startTime: 0, endTime: cloud.now().getTime() / 1000 + 1 };
  const { queryId } = await logs.startQuery({ logGroupName: 'app', queryString: 'stats sum(a) as s', ...range });
  await cloud.settle();
  assert.deepEqual((await logs.getQueryResults({ queryId })).results, [[{ field: 's', value: '1' }]]);
});
