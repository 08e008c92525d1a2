/** What CloudWatch is told of external key stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { XKS_CREDENTIAL, XKS_HOST } from '../../testing/xksProxy.ts';
import { asked, cloudWith, ENDPOINT, keyIn, Plaintext } from './externalKeyStores.fixture.ts';
import { lastRecord } from './records.fixture.ts';

/** Sum and number of a metric's samples so far, over all that have these dimensions. */
async function measured(cloud: Cloud, MetricName: string, wanted: Readonly<Record<string, string>>) {
  await cloud.settle();
  const cloudwatch = cloud.root.cloudwatch;
  const filter = Object.entries(wanted).map(([Name, Value]) => ({ Name, Value }));
  const { Metrics } = await cloudwatch.listMetrics({ Namespace: 'AWS/KMS', MetricName, Dimensions: filter });
  let [sum, count, minimum] = [0, 0, Number.POSITIVE_INFINITY];
  for (const { Dimensions } of Metrics ?? []) {
    const { Datapoints } = await cloudwatch.getMetricStatistics({
      ...{
        Namespace: 'AWS/KMS',
        MetricName,
        Dimensions,
        Period: 86_400,
        Statistics: ['Sum', 'SampleCount', 'Minimum'],
      },
      StartTime: new Date('2030-01-01T00:00:00Z'),
      EndTime: new Date('2030-02-01T00:00:00Z'),
    });
    for (const point of Datapoints!) {
      sum += point.Sum!;
      count += point.SampleCount!;
      minimum = Math.min(minimum, point.Minimum!);
    }
  }
  return { sum, count, minimum };
}

const requests = async (cloud: Cloud, wanted: Readonly<Record<string, string>>) =>
  (await measured(cloud, 'XksProxyErrors', wanted)).sum;

test('each request to a proxy counts, with its error or with none, and with its latency', async (t) => {
  const { kms, cloud, proxy, proxies, address, KeyId, CustomKeyStoreId } = await keyIn(t);
  const own = { CustomKeyStoreId, KeySpec: 'SYMMETRIC_DEFAULT' };
  const none = { ErrorType: 'N/A', ExceptionName: 'None' };
  const health = { ...own, XksOperation: 'GetHealthStatus', ...none };
  assert.equal(await requests(cloud, { ...health, KmsOperation: 'CreateCustomKeyStore' }), 1);
  assert.equal(await requests(cloud, { ...health, KmsOperation: 'ConnectCustomKeyStore' }), 1);
  assert.equal(
    await requests(cloud, { ...own, ...none, KmsOperation: 'CreateKey', XksOperation: 'GetKeyMetadata' }),
    1,
  );

  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
  await kms.generateDataKey({ KeyId, KeySpec: 'AES_256' });
  const use = (KmsOperation: string, XksOperation: string) => ({ ...own, KmsOperation, XksOperation });
  assert.equal(await requests(cloud, { ...use('Encrypt', 'Encrypt'), ...none }), 1);
  assert.equal(await requests(cloud, { ...use('Decrypt', 'Decrypt'), ...none }), 1);
  assert.equal(await requests(cloud, { ...use('GenerateDataKey', 'Encrypt'), ...none }), 1);
  assert.equal((await measured(cloud, 'XksProxyLatency', use('Encrypt', 'Encrypt'))).count, 1);

  const failing = async (answer: unknown, ErrorType: string, ExceptionName: string) => {
    proxy.meddle = () => answer as never;
    await refusal(kms.encrypt({ KeyId, Plaintext }), 'KMSInvalidStateException');
    const wanted = { ...use('Encrypt', 'Encrypt'), ErrorType, ExceptionName };
    assert.equal(await requests(cloud, wanted), 1, ExceptionName);
  };
  const error = (status: number, errorName: string) => ({ status, body: { errorName } });
  await failing(error(429, 'ThrottlingException'), 'Retryable', 'ThrottlingException');
  await failing(error(500, 'InternalException'), 'Retryable', 'InternalException');
  await failing(error(403, 'AccessDeniedException'), 'Non-retryable', 'AccessDeniedException');
  await failing('garbage', 'Non-retryable', 'XksProxyInvalidResponseException');
  proxies[ENDPOINT] = { ...address, timeoutMs: 30 };
  await failing(undefined, 'Retryable', 'XksProxyUnreachableException');
  const latency = await measured(cloud, 'XksProxyLatency', use('Encrypt', 'Encrypt'));
  assert.equal(latency.count, 6);
  assert.ok(latency.sum >= 30, 'what timed out took the time that it had');
});

test('a request through another service counts too, and so does one that fails there', async (t) => {
  const { cloud, kms, KeyId, CustomKeyStoreId, proxy, asked: questions } = await keyIn(t);
  const { sqs } = cloud.root;
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'work', Attributes: { KmsMasterKeyId: KeyId } });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
  const Entries = [{ Id: 'a', MessageBody: 'x' }];
  assert.equal((await sqs.sendMessageBatch({ QueueUrl, Entries })).Successful!.length, 1);
  assert.equal((await sqs.receiveMessage({ QueueUrl })).Messages![0]!.Body, 'x');
  assert.ok(questions.length >= 2);
  cloud.advance('PT10M');
  proxy.meddle = () => 'garbage';
  await refusal(sqs.sendMessage({ QueueUrl, MessageBody: 'x' }), 'KmsInvalidState');
  const wanted = { CustomKeyStoreId, KmsOperation: 'GenerateDataKey' };
  assert.equal(await requests(cloud, wanted), 2);
  assert.equal(await requests(cloud, { ...wanted, ErrorType: 'Non-retryable' }), 1);
  const { KeyLastUsage } = await kms.getKeyLastUsage({ KeyId });
  assert.ok(['Decrypt', 'GenerateDataKey'].includes(KeyLastUsage!.Operation!));
});

test('a connected store is asked every minute how it is, until it is disconnected', async (t) => {
  const { kms, cloud, proxy, CustomKeyStoreId, asked: questions } = await keyIn(t);
  const checks = () =>
    questions.filter(({ question }) => question.requestMetadata.kmsOperation === 'KmsHealthCheck').length;
  const minute = async () => {
    cloud.advance('PT1M');
    await cloud.settle();
    return checks();
  };
  const before = checks();
  assert.equal(await minute(), before + 1);
  const states = async (state: string) =>
    measured(cloud, 'XksExternalKeyManagerStates', { CustomKeyStoreId, XksExternalKeyManagerState: state });
  assert.deepEqual([(await states('Active')).sum, (await states('Degraded')).sum], [2, 0]);
  proxy.health = 'DEGRADED';
  assert.equal(await minute(), before + 2);
  assert.deepEqual([(await states('Active')).sum, (await states('Degraded')).sum], [2, 1]);

  const certificate = await measured(cloud, 'XksProxyCertificateDaysToExpire', {
    ...{ CustomKeyStoreId, CertificateName: XKS_HOST },
  });
  assert.ok(certificate.minimum > 365, 'the certificate lasts for years');
  cloud.advance('P9D');
  await cloud.settle();
  const age = () => measured(cloud, 'XksProxyCredentialAge', { CustomKeyStoreId });
  assert.equal((await age()).sum, 9);
  await kms.updateCustomKeyStore({ CustomKeyStoreId, XksProxyAuthenticationCredential: XKS_CREDENTIAL });
  await minute();
  assert.equal((await age()).sum, 9, 'new credentials are new');

  proxy.meddle = () => 'garbage';
  await minute();
  assert.equal((await kms.describeCustomKeyStores({})).CustomKeyStores![0]!.ConnectionState, 'CONNECTED');
  const failed = { CustomKeyStoreId, KmsOperation: 'KmsHealthCheck', ErrorType: 'Non-retryable' };
  assert.equal(await requests(cloud, failed), 1);
  await kms.disconnectCustomKeyStore({ CustomKeyStoreId });
  await cloud.settle();
  const last = checks();
  assert.equal(await minute(), last);
});

test('a store that could not be made, or was ended, is asked no more and told of no more', async (t) => {
  const { kms, cloud, proxy, asked: questions } = await cloudWith(t);
  proxy.meddle = () => 'garbage';
  await refusal(kms.createCustomKeyStore(asked()), 'XksProxyInvalidResponseException');
  await cloud.settle();
  assert.deepEqual((await cloud.root.cloudwatch.listMetrics({ Namespace: 'AWS/KMS' })).Metrics, []);
  cloud.advance('PT5M');
  await cloud.settle();
  assert.equal(questions.length, 1);
});

test('a store is asked no more often in a second than its quota, and CloudWatch is told', async (t) => {
  const {
    kms,
    cloud,
    KeyId,
    KeyMetadata,
    CustomKeyStoreId,
    asked: reached,
  } = await keyIn(t, {
    CustomKeyStoreRequestsPerSecond: 3,
  });
  const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext });
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
  const { QueueUrl } = await cloud.root.sqs.createQueue({
    ...{ QueueName: 'work', Attributes: { KmsMasterKeyId: KeyMetadata.Arn! } },
  });
  await kms.encrypt({ KeyId, Plaintext });
  await assert.rejects(kms.encrypt({ KeyId, Plaintext }), {
    name: 'ThrottlingException',
    message: 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  });
  await refusal(kms.decrypt({ CiphertextBlob: CiphertextBlob! }), 'ThrottlingException');
  await refusal(cloud.root.sqs.sendMessage({ QueueUrl, MessageBody: 'x' }), 'KmsThrottled');
  assert.equal(reached.length, 3);
  const own = { CustomKeyStoreId, KeySpec: 'SYMMETRIC_DEFAULT' };
  const throttled = (KmsOperation: string) =>
    measured(cloud, 'ExternalKeyStoreThrottle', { ...own, KmsOperation }).then(({ sum }) => sum);
  assert.equal(await throttled('Encrypt'), 1);
  assert.equal(await throttled('Decrypt'), 1);
  assert.equal(await throttled('GenerateDataKey'), 1);
  assert.equal((await lastRecord(cloud, 'Encrypt')).errorCode, 'ThrottlingException');
  cloud.advance('PT1S');
  await kms.decrypt({ CiphertextBlob: CiphertextBlob! });
});
