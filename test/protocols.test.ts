/**
 * Services that speak several protocols answer each client in the one it chose, over a real socket. Once the signature
 * holds, what comes back is an error of the service or NotImplemented, in the shape that the protocol's own reader
 * understands.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { SQS } from '@aws-sdk/client-sqs';
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { planeOnSocket } from './socket.ts';

const PROTOCOLS = { json: AwsJson1_0Protocol, query: AwsQueryProtocol, cbor: AwsSmithyRpcV2CborProtocol };

/** Of either client: their configurations have most in common, but are types of their own. */
type Config = object;

interface Case {
  readonly service: string;
  /** The SDK's own choice when absent. */
  readonly protocol?: keyof typeof PROTOCOLS;
  readonly call: (config: Config, endpoint: string) => Promise<unknown>;
  readonly message: string;
  /** The error; NotImplemented, which is answered 501, when absent. */
  readonly name?: string;
}

const getEnrichment = (config: Config) => new CloudWatch(config).getOTelEnrichment({});
const associateKey = (config: Config) =>
  new CloudWatch(config).associateDatasetKmsKey({
    DatasetIdentifier: 'default',
    KmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  });
const queueUrl = (config: Config) => new SQS(config).getQueueUrl({ QueueName: 'orders' });
const sendMessage = (config: Config, endpoint: string) =>
  new SQS(config).sendMessage({ QueueUrl: `${endpoint}/111122223333/orders`, MessageBody: 'ä & <b>' });

const enrichment = {
  service: 'CloudWatch',
  call: getEnrichment,
  message: 'monitoring:GetOTelEnrichment is not implemented.',
};
const dataset = {
  service: 'CloudWatch',
  call: associateKey,
  message: 'monitoring:AssociateDatasetKmsKey is not implemented.',
};
const noQueue = { service: 'SQS', message: 'The specified queue does not exist.', name: 'QueueDoesNotExist' };
const queues = { ...noQueue, call: queueUrl };
const sending = { ...noQueue, call: sendMessage };

const CASES: readonly Case[] = [
  enrichment,
  { ...enrichment, protocol: 'cbor' },
  { ...enrichment, protocol: 'json' },
  { ...enrichment, protocol: 'query' },
  dataset,
  { ...dataset, protocol: 'cbor' },
  queues,
  { ...queues, protocol: 'json' },
  { ...queues, protocol: 'query' },
  sending,
  { ...sending, protocol: 'query' },
];

interface Answer {
  readonly name: string;
  readonly message: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

const answerTo = (call: Promise<unknown>): Promise<Answer> =>
  call.then(
    () => assert.fail('the call was answered'),
    (error) => error as Answer,
  );

for (const [i, { service, protocol, call, message, name = 'NotImplemented' }] of CASES.entries()) {
  test(`${i}: ${service} in ${protocol ?? 'the protocol the SDK chooses'}: ${message}`, async (t) => {
    const { endpoint, credentials, cloud } = await planeOnSocket(t);
    const config = {
      region: 'eu-central-1',
      endpoint,
      credentials,
      maxAttempts: 1,
      ...(protocol && { protocol: PROTOCOLS[protocol] }),
    };
    const answer = await answerTo(call(config, endpoint));
    assert.equal(answer.name, name);
    assert.equal(answer.message, message);
    assert.equal(answer.$metadata?.httpStatusCode, name === 'NotImplemented' ? 501 : 400);
    assert.ok(answer.$metadata?.requestId);

    const stranger = { ...credentials, secretAccessKey: 'not-the-secret' };
    const refusal = await answerTo(call({ ...config, credentials: stranger }, endpoint));
    assert.match(refusal.name, /^(SignatureDoesNotMatch|InvalidSignatureException)$/);
    assert.equal(refusal.$metadata?.httpStatusCode, protocol === 'query' || protocol === 'cbor' ? 403 : 400);
    assert.equal((await cloud.root.cloudtrail.lookupEvents({})).Events?.length, 0);
  });
}
