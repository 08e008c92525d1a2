/**
 * Decode of encode is the identity: the SDK's own serializer against our decoder, our encoder against the SDK's own
 * deserializer, for every operation and every error of each service, in every protocol that some client chooses.
 * A failure prints the seed of its run.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as account from '@aws-sdk/client-account';
import * as cloudtrail from '@aws-sdk/client-cloudtrail';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as ce from '@aws-sdk/client-cost-explorer';
import * as ec2 from '@aws-sdk/client-ec2';
import * as iam from '@aws-sdk/client-iam';
import * as kms from '@aws-sdk/client-kms';
import * as organizations from '@aws-sdk/client-organizations';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import * as fc from 'fast-check';
import { awsError } from '../core/errors.ts';
import type { ProtocolName, Service, Wire } from '../core/operation.ts';
import { loopback, type Made, madeFor, plain, pruned, type Seen, serviceOf } from './loopback.ts';
import { errorShape, inputOf, operationNames, outputOf, type Shape } from './schema.ts';

const ec2Names = ['CreateVpc', 'DescribeInstances', 'RunInstances', 'CreateTags', 'DescribeVpcs', 'CreateFlowLogs'];

interface Case {
  readonly speaks: ProtocolName;
  readonly service: Service;
  readonly client: string;
  readonly config?: object;
  readonly operations?: readonly string[];
  readonly made?: Made;
}

const of = (name: string, sdk: unknown, wire: Wire) => serviceOf(name, sdk, wire);
const watch = of('monitoring', cloudwatch, {
  protocols: ['rpcV2Cbor', 'awsJson1_0', 'awsQuery'],
  target: 'GraniteServiceVersion20100801',
  version: '2010-08-01',
  xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
});
const queues = of('sqs', sqs, {
  protocols: ['awsJson1_0', 'awsQuery'],
  target: 'AmazonSQS',
  version: '2012-11-05',
  xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
});
const json = (name: string, sdk: unknown, target: string) => of(name, sdk, { protocols: ['awsJson1_1'], target });
const query = (name: string, sdk: unknown, version: string) =>
  of(name, sdk, { protocols: ['awsQuery'], version, xmlNamespace: `https://${name}.amazonaws.com/doc/${version}/` });
const sqsConfig = { md5: false, useQueueUrlAsEndpoint: false };
/** What flattened XML cannot tell apart: an empty list from none. */
const filled: Made = { filled: true };

/** All but streams, checksums and what the S3 client itself rewrites on the way. */
const s3Names = [
  'ListBuckets',
  'CreateBucket',
  'DeleteObjectTagging',
  'GetBucketAcl',
  'GetBucketCors',
  'GetBucketLifecycleConfiguration',
  'GetBucketTagging',
  'GetBucketVersioning',
  'ListMultipartUploads',
  'ListObjectVersions',
];

const CASES: readonly Case[] = [
  {
    speaks: 'restXml',
    service: of('s3', s3, { protocols: ['restXml'], xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/' }),
    client: 'S3Client',
    config: {
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      followRegionRedirects: false,
    },
    operations: s3Names,
    made: { filled: true, seconds: true },
  },
  { speaks: 'awsQuery', service: query('iam', iam, '2010-05-08'), client: 'IAMClient' },
  { speaks: 'awsQuery', service: query('sts', sts, '2011-06-15'), client: 'STSClient' },
  {
    speaks: 'awsJson1_1',
    service: json('organizations', organizations, 'AWSOrganizationsV20161128'),
    client: 'OrganizationsClient',
  },
  { speaks: 'awsJson1_1', service: json('ce', ce, 'AWSInsightsIndexService'), client: 'CostExplorerClient' },
  {
    speaks: 'awsJson1_1',
    service: json('cloudtrail', cloudtrail, 'CloudTrail_20131101'),
    client: 'CloudTrailClient',
  },
  { speaks: 'awsJson1_1', service: json('kms', kms, 'TrentService'), client: 'KMSClient' },
  {
    speaks: 'restJson',
    service: of('account', account, { protocols: ['restJson'] }),
    client: 'AccountClient',
  },
  {
    speaks: 'awsJson1_0',
    service: watch,
    client: 'CloudWatchClient',
    config: { protocol: AwsJson1_0Protocol, disableRequestCompression: true },
  },
  {
    speaks: 'rpcV2Cbor',
    service: watch,
    client: 'CloudWatchClient',
    config: { protocol: AwsSmithyRpcV2CborProtocol, disableRequestCompression: true },
  },
  {
    speaks: 'awsQuery',
    service: watch,
    client: 'CloudWatchClient',
    config: { protocol: AwsQueryProtocol, disableRequestCompression: true },
  },
  { speaks: 'awsJson1_0', service: queues, client: 'SQSClient', config: sqsConfig },
  {
    speaks: 'awsQuery',
    service: queues,
    client: 'SQSClient',
    config: { ...sqsConfig, protocol: AwsQueryProtocol },
    made: filled,
    // Two of ReceiveMessage's lists share the parameter AttributeName; messages.test.ts has what then happens.
    operations: operationNames(queues).filter((name) => name !== 'ReceiveMessage'),
  },
  {
    speaks: 'ec2Query',
    service: of('ec2', ec2, {
      protocols: ['ec2Query'],
      version: '2016-11-15',
      xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    }),
    client: 'EC2Client',
    operations: ec2Names,
    made: filled,
  },
];

type Client = { send(command: unknown): Promise<object> };
type Make<T> = new (input: unknown) => T;
const sdkOf = (service: Service) => service.sdk as Record<string, Make<unknown>>;

function clientOf({ service, client, config }: Case, answer: () => unknown, seen: Seen[]): Client {
  const common = { region: 'us-east-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' }, maxAttempts: 1 };
  const requestHandler = loopback(service, answer, seen);
  return new (sdkOf(service)[client] as Make<Client>)({
    ...common,
    endpoint: 'http://localhost',
    ...config,
    requestHandler,
  });
}

for (const c of CASES) {
  describe(`${c.service.name} in ${c.speaks}`, () => {
    for (const operation of c.operations ?? operationNames(c.service)) {
      it(`${operation} arrives as sent and returns as answered`, () => roundTrip(c, operation));
    }
    // Where two errors share their awsQuery code, as CloudWatch's ResourceNotFound, clients cannot tell them apart.
    it('every modelled error is caught as its own class', () => errorsArrive(c));
  });
}

async function roundTrip(c: Case, operation: string): Promise<void> {
  const input = inputOf(c.service, operation) as Shape;
  const output = outputOf(c.service, operation) as Shape;
  const property = fc.asyncProperty(madeFor(input, c.made), madeFor(output, c.made), async (sent, answered) => {
    const seen: Seen[] = [];
    const client = clientOf(c, () => answered, seen);
    const command = new (sdkOf(c.service)[`${operation}Command`] as Make<unknown>)(sent);
    const received = await client.send(command);
    assert.equal(seen[0]?.protocol, c.speaks);
    assert.equal(seen[0]?.operation, operation);
    const told = c.speaks.endsWith('Query') ? (pruned(plain(sent)) ?? {}) : plain(sent);
    assert.deepEqual(plain(seen[0]?.input), told);
    assert.deepEqual(plain(received), plain(answered));
  });
  await fc.assert(property, { numRuns: 5 });
}

async function errorsArrive(c: Case): Promise<void> {
  const [operation = ''] = c.operations ?? operationNames(c.service);
  const names = Object.keys(c.service.sdk as object).filter((name) => name.endsWith('$'));
  for (const name of names.map((n) => n.slice(0, -1))) {
    const shape = errorShape(c.service, name);
    const type = sdkOf(c.service)[name] as (new (o: object) => Error) | undefined;
    if (!shape || !type || name.endsWith('ServiceException')) continue;
    const [fields] = fc.sample(madeFor(shape, { filled: true }), { numRuns: 1 });
    const { message: _m, Message: _M, ...own } = fields as Record<string, unknown>;
    const thrown = awsError(type, 'what went wrong', own);
    const client = clientOf(c, () => raise(thrown), []);
    await assertThrown(client, c, operation, thrown);
  }
}

async function assertThrown(client: Client, c: Case, operation: string, thrown: Error): Promise<void> {
  const command = new (sdkOf(c.service)[`${operation}Command`] as Make<unknown>)({});
  const caught = (await client.send(command).then(
    () => assert.fail('no error came'),
    (error: unknown) => error,
  )) as Error;
  const alike = (name: string) => errorShape(c.service, name)?.traits.awsQueryError?.[0] ?? name;
  const same = caught instanceof (thrown.constructor as never) || alike(caught.name) === alike(thrown.name);
  assert.ok(same, `${thrown.name} came as ${caught.name}`);
  assert.equal(caught.message, 'what went wrong');
}

function raise(error: Error): never {
  throw error;
}
