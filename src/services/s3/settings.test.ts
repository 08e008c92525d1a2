/** What buckets are set to is read back as it was put, and refused in AWS's words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LifecycleRule, S3, WebsiteConfiguration } from '@aws-sdk/client-s3';
import { testCloud } from '../../testing/cloud.ts';

const Bucket = 'a-bucket';

async function withBucket() {
  const cloud = await testCloud();
  const { s3 } = cloud.root;
  await s3.createBucket({ Bucket });
  return { cloud, s3 };
}

type Refusal = readonly [input: object, name: string, message?: string];

async function refuses<In extends object>(call: (input: In) => Promise<unknown>, rows: readonly Refusal[]) {
  for (const [input, name, message] of rows) {
    await assert.rejects(call(input as In), { name, ...(message && { message }) }, JSON.stringify(input));
  }
}

const kept = (output: object) => {
  const { $metadata: _, ...rest } = output as { $metadata?: unknown };
  return JSON.parse(JSON.stringify(rest)) as unknown;
};

test('What was never set answers as AWS does', async () => {
  const { s3 } = await withBucket();
  await refuses(
    (input: { Bucket: string }) => s3.getBucketCors(input),
    [[{ Bucket }, 'NoSuchCORSConfiguration', 'The CORS configuration does not exist']],
  );
  await refuses(
    (input: { Bucket: string }) => s3.getBucketWebsite(input),
    [[{ Bucket }, 'NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration']],
  );
  await refuses(
    (input: { Bucket: string }) => s3.getBucketLifecycleConfiguration(input),
    [[{ Bucket }, 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist']],
  );
  await refuses(
    (input: { Bucket: string }) => s3.getObjectLockConfiguration(input),
    [[{ Bucket }, 'ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket']],
  );
  assert.deepEqual(kept(await s3.getBucketLogging({ Bucket })), {});
  assert.deepEqual(kept(await s3.getBucketAccelerateConfiguration({ Bucket })), {});
  assert.deepEqual(kept(await s3.getBucketRequestPayment({ Bucket })), { Payer: 'BucketOwner' });
  assert.deepEqual(kept(await s3.getBucketEncryption({ Bucket })), {
    ServerSideEncryptionConfiguration: {
      Rules: [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
          BucketKeyEnabled: false,
          BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
        },
      ],
    },
  });
  for (const kind of ['Analytics', 'Metrics', 'IntelligentTiering', 'Inventory'] as const) {
    const call = s3[`getBucket${kind}Configuration`] as (input: object) => Promise<unknown>;
    await assert.rejects(call.call(s3, { Bucket, Id: 'x' }), {
      name: 'NoSuchConfiguration',
      message: 'The specified configuration does not exist.',
    });
  }
});

test('PutBucketEncryption is read back; what goes not together is refused', async () => {
  const { s3 } = await withBucket();
  const put = (...Rules: object[]) =>
    s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: Rules as never } });
  const KMSMasterKeyID = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const rule = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID },
    BucketKeyEnabled: true,
  };
  await put(rule);
  const rules = async () => (await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules;
  const blocked = { BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } };
  assert.deepEqual(await rules(), [{ ...rule, ...blocked }]);
  await put({ BlockedEncryptionTypes: { EncryptionType: ['NONE'] } });
  assert.deepEqual(await rules(), [{ ...rule, BlockedEncryptionTypes: { EncryptionType: ['NONE'] } }]);
  const wrong = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256', KMSMasterKeyID } };
  await assert.rejects(put(wrong), {
    name: 'InvalidArgument',
    message: 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
  });
  await assert.rejects(put({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'rot13' } }), {
    name: 'MalformedXML',
  });
  await assert.rejects(put(rule, rule), { name: 'MalformedXML' });
  await s3.deleteBucketEncryption({ Bucket });
  assert.deepEqual(await rules(), [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false, ...blocked },
  ]);
});

test('PutBucketCors is read back, and refused in AWS’s words', async () => {
  const { s3 } = await withBucket();
  const CORSRules = [
    {
      ID: 'one',
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 3000,
    },
    { AllowedOrigins: ['*'], AllowedMethods: ['HEAD'] },
  ];
  await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
  assert.deepEqual((await s3.getBucketCors({ Bucket })).CORSRules, CORSRules);
  const put = (rule: object) => s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [rule as never] } });
  await refuses(put, [
    [
      { AllowedOrigins: ['*'], AllowedMethods: ['MYMETHOD'] },
      'InvalidRequest',
      'Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD',
    ],
    [
      { AllowedOrigins: ['*.*'], AllowedMethods: ['GET'] },
      'InvalidRequest',
      'AllowedOrigin "*.*" can not have more than one wildcard.',
    ],
    [{ AllowedMethods: ['GET'] }, 'MalformedXML'],
  ]);
  await s3.deleteBucketCors({ Bucket });
  await assert.rejects(s3.getBucketCors({ Bucket }), { name: 'NoSuchCORSConfiguration' });
});

test('PutBucketWebsite is read back, and refused in AWS’s words', async () => {
  const { s3 } = await withBucket();
  const site: WebsiteConfiguration = {
    IndexDocument: { Suffix: 'index.html' },
    ErrorDocument: { Key: 'error.html' },
    RoutingRules: [
      {
        Condition: { KeyPrefixEquals: 'docs/' },
        Redirect: { ReplaceKeyPrefixWith: 'documents/', HttpRedirectCode: '302' },
      },
    ],
  };
  const put = (WebsiteConfiguration: WebsiteConfiguration) => s3.putBucketWebsite({ Bucket, WebsiteConfiguration });
  await put(site);
  assert.deepEqual(kept(await s3.getBucketWebsite({ Bucket })), site);
  await put({ RedirectAllRequestsTo: { HostName: 'example.com', Protocol: 'https' } });
  assert.deepEqual(kept(await s3.getBucketWebsite({ Bucket })), {
    RedirectAllRequestsTo: { HostName: 'example.com', Protocol: 'https' },
  });
  await refuses(put, [
    [{}, 'InvalidArgument', 'A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty'],
    [{ IndexDocument: { Suffix: 'a/b' } }, 'InvalidArgument', 'The IndexDocument Suffix is not well formed'],
    [{ ...site, RoutingRules: [{ Redirect: { HttpRedirectCode: '200' } }] }, 'InvalidRequest'],
    [{ ...site, RedirectAllRequestsTo: { HostName: 'x' } }, 'InvalidRequest'],
  ]);
  await s3.deleteBucketWebsite({ Bucket });
  await assert.rejects(s3.getBucketWebsite({ Bucket }), { name: 'NoSuchWebsiteConfiguration' });
});

test('PutBucketLifecycleConfiguration is read back, with the defaults that AWS fills in', async () => {
  const { s3 } = await withBucket();
  const Rules: LifecycleRule[] = [
    {
      ID: 'logs',
      Status: 'Enabled',
      Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'class', Value: 'blue' }] } },
      Expiration: { Days: 3650 },
      Transitions: [{ Days: 90, StorageClass: 'GLACIER' }],
      NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 3 },
    },
    {
      ID: 'uploads',
      Status: 'Disabled',
      Filter: { Prefix: '' },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
    { ID: 'once', Status: 'Enabled', Prefix: 'tmp/', Expiration: { Date: new Date('2031-01-01T00:00:00Z') } },
  ];
  const put = (...rules: object[]) =>
    s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: rules as LifecycleRule[] } });
  const answer = await put(...Rules);
  assert.equal(answer.TransitionDefaultMinimumObjectSize, 'all_storage_classes_128K');
  const found = await s3.getBucketLifecycleConfiguration({ Bucket });
  assert.deepEqual(found.Rules, Rules);
  assert.equal(found.TransitionDefaultMinimumObjectSize, 'all_storage_classes_128K');
  const rule = { Status: 'Enabled', Filter: { Prefix: '' } };
  await refuses(put, [
    [{ ...rule }, 'InvalidRequest', 'At least one action needs to be specified in a rule'],
    [
      { ...rule, Expiration: { Days: 0 } },
      'InvalidArgument',
      "'Days' for Expiration action must be a positive integer",
    ],
    [
      { ...rule, Expiration: { Date: new Date('2031-01-01T10:00:00Z') } },
      'InvalidArgument',
      "'Date' must be at midnight GMT",
    ],
    [{ ...rule, Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }, 'MalformedXML'],
    [{ ...rule, Status: 'On', Expiration: { Days: 1 } }, 'MalformedXML'],
    [
      { ...rule, Transitions: [{ Days: 1, StorageClass: 'STANDARD_IA' }] },
      'InvalidArgument',
      "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
    ],
    [
      {
        ...rule,
        Filter: { Tag: { Key: 'a', Value: 'b' } },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
      'InvalidRequest',
      'AbortIncompleteMultipartUpload cannot be specified with Tags',
    ],
  ]);
  await assert.rejects(
    put({ ...rule, ID: 'x', Expiration: { Days: 1 } }, { ...rule, ID: 'x', Expiration: { Days: 1 } }),
    {
      name: 'InvalidArgument',
      message: 'Rule ID must be unique. Found same ID for more than one rule',
    },
  );
  await s3.deleteBucketLifecycle({ Bucket });
  await assert.rejects(s3.getBucketLifecycleConfiguration({ Bucket }), { name: 'NoSuchLifecycleConfiguration' });
});

test('PutObjectLockConfiguration needs versioning and is read back', async () => {
  const { s3 } = await withBucket();
  const put = (ObjectLockConfiguration: object, name = Bucket) =>
    s3.putObjectLockConfiguration({ Bucket: name, ObjectLockConfiguration });
  await assert.rejects(put({ ObjectLockEnabled: 'Enabled' }), {
    name: 'InvalidBucketState',
    message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
  });
  await s3.createBucket({ Bucket: 'locked', ObjectLockEnabledForBucket: true });
  const read = async () => (await s3.getObjectLockConfiguration({ Bucket: 'locked' })).ObjectLockConfiguration;
  assert.deepEqual(await read(), { ObjectLockEnabled: 'Enabled' });
  const configuration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 5 } } };
  await put(configuration, 'locked');
  assert.deepEqual(await read(), configuration);
  const rule = (DefaultRetention: object) =>
    put({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention } }, 'locked');
  await assert.rejects(rule({ Mode: 'GOVERNANCE', Days: 1, Years: 1 }), { name: 'MalformedXML' });
  await assert.rejects(rule({ Mode: 'FOREVER', Days: 1 }), { name: 'MalformedXML' });
  await assert.rejects(rule({ Mode: 'COMPLIANCE', Days: 0 }), { name: 'InvalidArgument' });
});

test('PutBucketLogging wants a target of the same account and Region', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  await other.root.s3.createBucket({ Bucket: 'theirs' });
  await s3.createBucket({ Bucket: 'logs' });
  const put = (LoggingEnabled: object) =>
    s3.putBucketLogging({ Bucket, BucketLoggingStatus: { LoggingEnabled: LoggingEnabled as never } });
  await refuses(put, [
    [
      { TargetBucket: 'nowhere', TargetPrefix: '' },
      'InvalidTargetBucketForLogging',
      'The target bucket for logging does not exist',
    ],
    [
      { TargetBucket: 'theirs', TargetPrefix: '' },
      'InvalidTargetBucketForLogging',
      'The owner for the bucket to be logged and the target bucket must be the same.',
    ],
  ]);
  const logging = {
    TargetBucket: 'logs',
    TargetPrefix: 'access/',
    TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } },
  };
  await put(logging);
  assert.deepEqual((await s3.getBucketLogging({ Bucket })).LoggingEnabled, logging);
  await s3.putBucketLogging({ Bucket, BucketLoggingStatus: {} });
  assert.deepEqual(kept(await s3.getBucketLogging({ Bucket })), {});
});

test('Who pays is read back', async () => {
  const { s3 } = await withBucket();
  await s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } });
  assert.equal((await s3.getBucketRequestPayment({ Bucket })).Payer, 'Requester');
});

test('An accelerated bucket answers by its accelerated name, another says why not', async () => {
  const { cloud, s3 } = await withBucket();
  const put = (Status: string) =>
    s3.putBucketAccelerateConfiguration({ Bucket, AccelerateConfiguration: { Status: Status as never } });
  const asked = async () => {
    const host = `${Bucket}.s3-accelerate.dualstack.amazonaws.com`;
    const { body } = await cloud.send({ method: 'GET', path: '/k', headers: { host } });
    return /<Message>(.*)<\/Message>/.exec(String(body))?.[1];
  };
  assert.equal(await asked(), 'S3 Transfer Acceleration is not configured on this bucket');
  await assert.rejects(put('Faster'), { name: 'MalformedXML' });
  await put('Enabled');
  assert.equal((await s3.getBucketAccelerateConfiguration({ Bucket })).Status, 'Enabled');
  assert.equal(await asked(), 'Access Denied'); // The bucket is found; nobody signed.
  await put('Suspended');
  assert.equal((await s3.getBucketAccelerateConfiguration({ Bucket })).Status, 'Suspended');
  assert.equal(await asked(), 'S3 Transfer Acceleration is disabled on this bucket');
});

test('Where the requester pays, others say that they know; nobody is let in unsigned', async () => {
  const { cloud, s3 } = await withBucket();
  const other = await cloud.memberAccount('other');
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  const Statement = {
    Effect: 'Allow',
    Principal: { AWS: other.id },
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${Bucket}/*`,
  };
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
  assert.equal((await other.root.s3.getObject({ Bucket, Key: 'k' })).RequestCharged, undefined);
  await s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } });
  await assert.rejects(other.root.s3.getObject({ Bucket, Key: 'k' }), { name: 'AccessDenied' });
  const paid = await other.root.s3.getObject({ Bucket, Key: 'k', RequestPayer: 'requester' });
  assert.equal(paid.RequestCharged, 'requester');
  assert.equal((await s3.getObject({ Bucket, Key: 'k' })).RequestCharged, undefined);
});

test('PutBucketInventoryConfiguration is read back, listed and removed', async () => {
  const { s3 } = await withBucket();
  const InventoryConfiguration = {
    Id: 'daily',
    IsEnabled: true,
    IncludedObjectVersions: 'Current' as const,
    Schedule: { Frequency: 'Daily' as const },
    OptionalFields: ['Size' as const, 'ETag' as const],
    Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::reports', Format: 'CSV' as const, Prefix: 'all' } },
  };
  const put = (change: object, Id = 'daily') =>
    s3.putBucketInventoryConfiguration({
      Bucket,
      Id,
      InventoryConfiguration: { ...InventoryConfiguration, ...change },
    });
  await put({});
  assert.deepEqual(
    (await s3.getBucketInventoryConfiguration({ Bucket, Id: 'daily' })).InventoryConfiguration,
    InventoryConfiguration,
  );
  const listed = await s3.listBucketInventoryConfigurations({ Bucket });
  assert.deepEqual(listed.InventoryConfigurationList, [InventoryConfiguration]);
  assert.equal(listed.IsTruncated, false);
  await assert.rejects(put({}, 'other'), {
    name: 'IdMismatch',
    message: 'Document ID does not match the specified configuration ID.',
  });
  await assert.rejects(put({ Destination: { S3BucketDestination: { Bucket: 'reports', Format: 'CSV' } } }), {
    name: 'InvalidS3DestinationBucket',
    message: 'Invalid bucket ARN.',
  });
  await assert.rejects(put({ Schedule: { Frequency: 'Hourly' } }), { name: 'MalformedXML' });
  await s3.deleteBucketInventoryConfiguration({ Bucket, Id: 'daily' });
  await assert.rejects(s3.deleteBucketInventoryConfiguration({ Bucket, Id: 'daily' }), { name: 'NoSuchConfiguration' });
});

test('Settings need permission on the bucket', async () => {
  const { cloud } = await withBucket();
  const alice = await cloud.user('alice');
  const calls: ((s3: S3) => Promise<unknown>)[] = [
    (s3) => s3.getBucketLifecycleConfiguration({ Bucket }),
    (s3) => s3.putBucketRequestPayment({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } }),
    (s3) => s3.deleteBucketCors({ Bucket }),
    (s3) => s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [{}] } }),
  ];
  for (const call of calls) await assert.rejects(call(alice.s3), { name: 'AccessDenied' });
});
