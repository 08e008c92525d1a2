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

const listStreams = (config: Config) => new CloudWatch(config).listMetricStreams({ MaxResults: 5 });
const putStream = (config: Config) =>
  new CloudWatch(config).putMetricStream({
    Name: 's',
    FirehoseArn: 'arn:aws:firehose:us-east-1:111122223333:deliverystream/s',
    RoleArn: 'arn:aws:iam::111122223333:role/s',
    OutputFormat: 'json',
  });
const queueUrl = (config: Config) => new SQS(config).getQueueUrl({ QueueName: 'orders' });
const sendMessage = (config: Config, endpoint: string) =>
  new SQS(config).sendMessage({ QueueUrl: `${endpoint}/111122223333/orders`, MessageBody: 'ä & <b>' });

const streams = {
  service: 'CloudWatch',
  call: listStreams,
  message: 'monitoring:ListMetricStreams is not implemented.',
};
const stream = { service: 'CloudWatch', call: putStream, message: 'monitoring:PutMetricStream is not implemented.' };
const noQueue = { service: 'SQS', message: 'The specified queue does not exist.', name: 'QueueDoesNotExist' };
const queues = { ...noQueue, call: queueUrl };
const sending = { ...noQueue, call: sendMessage };

const CASES: readonly Case[] = [
  streams,
  { ...streams, protocol: 'cbor' },
  { ...streams, protocol: 'json' },
  { ...streams, protocol: 'query' },
  stream,
  { ...stream, protocol: 'cbor' },
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
