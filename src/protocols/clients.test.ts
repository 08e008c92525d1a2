/** What clients other than the JS SDK send, byte for byte, and what the codecs make of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as iam from '@aws-sdk/client-iam';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import { AccessDenied, CommonError, fail, ValidationFailure } from '../core/errors.ts';
import type { ProtocolName, Service } from '../core/operation.ts';
import type { WireRequest } from '../core/wire.ts';
import { describeError, errorProtocol, matchOperation, protocolNamed } from './index.ts';
import { loopback, type Seen, serve, serviceOf } from './loopback.ts';

const FORM = 'application/x-www-form-urlencoded; charset=utf-8';
const users = serviceOf('iam', iam, {
  protocols: ['awsQuery'],
  version: '2010-05-08',
  xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
});
const tokens = serviceOf('sts', sts, {
  protocols: ['awsQuery'],
  version: '2011-06-15',
  xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
});
const queues = serviceOf('sqs', sqs, {
  protocols: ['awsJson1_0', 'awsQuery'],
  target: 'AmazonSQS',
  version: '2012-11-05',
});
const metrics = serviceOf('monitoring', cloudwatch, {
  protocols: ['rpcV2Cbor', 'awsJson1_0', 'awsQuery'],
  target: 'GraniteServiceVersion20100801',
  version: '2010-08-01',
});
const objects = serviceOf('s3', s3, {
  protocols: ['restXml'],
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
});

function request(body: string, headers: Record<string, string> = { 'content-type': FORM }): WireRequest {
  return { method: 'POST', path: '/', query: '', headers, body: Buffer.from(body) };
}

function decoded(service: Service, wire: WireRequest): unknown {
  const match = matchOperation(wire, service);
  assert.ok(match);
  return match.protocol.decode(wire, service, match.operation);
}

test('awsQuery reads what boto3 sends for CreateRole', () => {
  const body =
    'Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%22a%22%3A+1%7D' +
    '&MaxSessionDuration=3600&Tags.member.1.Key=a&Tags.member.1.Value=b+c&Tags.member.2.Key=d&Tags.member.2.Value=';
  assert.deepEqual(decoded(users, request(body)), {
    RoleName: 'r',
    AssumeRolePolicyDocument: '{"a": 1}',
    MaxSessionDuration: 3600,
    Tags: [
      { Key: 'a', Value: 'b c' },
      { Key: 'd', Value: '' },
    ],
  });
});

test('awsQuery reads an empty list as empty, and closes gaps', () => {
  const empty = request('Action=UntagUser&Version=2010-05-08&UserName=u&TagKeys=');
  assert.deepEqual(decoded(users, empty), { UserName: 'u', TagKeys: [] });
  const gaps = request('Action=UntagUser&Version=2010-05-08&TagKeys.member.10=b&TagKeys.member.2=a');
  assert.deepEqual(decoded(users, gaps), { TagKeys: ['a', 'b'] });
});

test('awsQuery reads a presigned GetCallerIdentity', () => {
  const query = 'Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=60';
  const wire: WireRequest = { method: 'GET', path: '/', query, headers: {}, body: new Uint8Array() };
  assert.deepEqual(decoded(tokens, wire), {});
  assert.equal(errorProtocol(wire, undefined).name, 'awsQuery');
});

test('awsQuery reads what older clients send to SQS', () => {
  const send =
    'Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Fq&MessageBody=hi&MessageAttribute.1.Name=a' +
    '&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=x';
  assert.deepEqual(decoded(queues, request(send)), {
    QueueUrl: 'http://q',
    MessageBody: 'hi',
    MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } },
  });
  const receive = decoded(queues, request('Action=ReceiveMessage&Version=2012-11-05&AttributeName.1=All'));
  assert.deepEqual(receive, { AttributeNames: ['All'], MessageSystemAttributeNames: ['All'] });
});

test('awsQuery reads what older clients send to CloudWatch', () => {
  const body =
    'Action=PutMetricData&Version=2010-08-01&Namespace=n&MetricData.member.1.MetricName=m' +
    '&MetricData.member.1.Value=1.5&MetricData.member.1.Timestamp=2030-01-01T00%3A00%3A00Z' +
    '&MetricData.member.1.Dimensions.member.1.Name=d&MetricData.member.1.Dimensions.member.1.Value=v';
  assert.deepEqual(decoded(metrics, request(body)), {
    Namespace: 'n',
    MetricData: [
      {
        MetricName: 'm',
        Value: 1.5,
        Timestamp: new Date('2030-01-01T00:00:00Z'),
        Dimensions: [{ Name: 'd', Value: 'v' }],
      },
    ],
  });
});

test('awsQuery answers in the shape botocore parses', () => {
  const { response } = serve(users, request('Action=DeleteUser&Version=2010-05-08&UserName=u'), () => undefined);
  assert.equal(
    response.body,
    '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ResponseMetadata>' +
      '<RequestId>8a7f2b1c-0000-4000-8000-000000000001</RequestId></ResponseMetadata></DeleteUserResponse>',
  );
});

test('SQS and CloudWatch send the old code of an error along', () => {
  const target = { 'x-amz-target': 'AmazonSQS.GetQueueUrl', 'content-type': 'application/x-amz-json-1.0' };
  const { response } = serve(queues, request('{"QueueName":"q"}', target), () =>
    fail(sqs.QueueDoesNotExist, 'The specified queue does not exist.'),
  );
  assert.equal(response.status, 400);
  assert.equal(response.headers['x-amzn-query-error'], 'AWS.SimpleQueueService.NonExistentQueue;Sender');
  assert.equal(JSON.parse(response.body as string).__type, 'QueueDoesNotExist');
});

test('S3 object keys keep their slashes, blanks and non-ASCII letters', async () => {
  const seen: Seen[] = [];
  const requestHandler = loopback(objects, () => ({ Metadata: { a: 'b' }, ContentLength: 3, ETag: '"x"' }), seen);
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
  const config = { region: 'us-east-1', credentials, endpoint: 'http://localhost', forcePathStyle: true };
  const client = new s3.S3Client({ ...config, requestHandler });
  const Key = 'a b/ü+%/c//d/';
  const head = await client.send(new s3.HeadObjectCommand({ Bucket: 'bucket', Key, IfMatch: '"e"' }));
  assert.deepEqual(seen[0]?.input, { Bucket: 'bucket', Key, IfMatch: '"e"' });
  assert.equal(seen[0]?.operation, 'HeadObject');
  assert.deepEqual([head.Metadata, head.ContentLength, head.ETag], [{ a: 'b' }, 3, '"x"']);
  const Tagging = { TagSet: [{ Key: 'k', Value: '<&>' }] };
  await client.send(new s3.PutObjectTaggingCommand({ Bucket: 'bucket', Key, Tagging }));
  assert.deepEqual(seen[1]?.input, { ...(seen[1]?.input as object), Bucket: 'bucket', Key, Tagging });
});

test('S3 operations that share a path are told apart by query and headers, x-id or not', () => {
  const s3Request = (method: string, path: string, query: string, headers = {}) =>
    matchOperation({ method, path, query, headers, body: new Uint8Array() }, objects)?.operation;
  assert.equal(s3Request('GET', '/', ''), 'ListBuckets');
  assert.equal(s3Request('PUT', '/b', ''), 'CreateBucket');
  assert.equal(s3Request('GET', '/b', ''), 'ListObjects');
  assert.equal(s3Request('GET', '/b/', 'list-type=2&prefix=x'), 'ListObjectsV2');
  assert.equal(s3Request('GET', '/b', 'versions'), 'ListObjectVersions');
  assert.equal(s3Request('GET', '/b/k', 'x-id=GetObject'), 'GetObject');
  assert.equal(s3Request('GET', '/b/k/l', ''), 'GetObject');
  assert.equal(s3Request('PUT', '/b/k', ''), 'PutObject');
  assert.equal(s3Request('PUT', '/b/k', '', { 'x-amz-copy-source': '/b/j' }), 'CopyObject');
  assert.equal(s3Request('PUT', '/b/k', 'partNumber=1&uploadId=u'), 'UploadPart');
  assert.equal(s3Request('POST', '/b/k', 'uploads'), 'CreateMultipartUpload');
  assert.equal(s3Request('PATCH', '/b/k', ''), undefined);
});

const REFUSALS: readonly [ProtocolName, denied: string, status: number, invalid: string][] = [
  ['awsQuery', 'AccessDenied', 403, 'ValidationError'],
  ['ec2Query', 'UnauthorizedOperation', 403, 'InvalidParameterValue'],
  ['awsJson1_0', 'AccessDeniedException', 400, 'ValidationException'],
  ['awsJson1_1', 'AccessDeniedException', 400, 'ValidationException'],
  ['restJson', 'AccessDeniedException', 403, 'ValidationException'],
  ['restXml', 'AccessDenied', 403, 'ValidationError'],
  ['rpcV2Cbor', 'AccessDeniedException', 403, 'ValidationException'],
];

for (const [protocol, denied, status, invalid] of REFUSALS) {
  test(`describeError names refusals as ${protocol} clients know them`, () => {
    const refusal = describeError(new AccessDenied('no'), undefined, protocol);
    const sent = protocolNamed(protocol).encodeError(refusal, undefined, 'id');
    assert.equal(sent.status, status);
    assert.ok(Buffer.from(sent.body as Uint8Array).includes(denied));
    const wrong = describeError(new ValidationFailure('1 validation error detected'), undefined, protocol);
    assert.ok(
      Buffer.from(protocolNamed(protocol).encodeError(wrong, undefined, 'id').body as Uint8Array).includes(invalid),
    );
  });
}

test('describeError keeps what went wrong inside to itself', () => {
  const told = describeError(new TypeError('secret of the house'), users);
  assert.deepEqual([told.code, told.status, told.senderFault], ['InternalFailure', 500, false]);
  assert.ok(!told.message.includes('secret'));
});

test('errorProtocol answers in what the client speaks, also before the service is known', () => {
  const of = (headers: Record<string, string>, service?: Service) =>
    errorProtocol({ method: 'POST', path: '/', query: '', headers, body: new Uint8Array() }, service).name;
  assert.equal(of({ 'content-type': FORM }), 'awsQuery');
  assert.equal(of({ 'content-type': 'application/x-amz-json-1.0' }), 'awsJson1_0');
  assert.equal(of({ 'content-type': 'application/x-amz-json-1.1' }), 'awsJson1_1');
  assert.equal(of({ 'x-amz-target': 'TrentService.Encrypt' }), 'awsJson1_1');
  assert.equal(
    of({ 'content-type': 'application/x-amz-cbor-1.1', 'x-amz-target': 'Kinesis_20131202.X' }),
    'awsCbor1_1',
  );
  assert.equal(of({ 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }), 'rpcV2Cbor');
  assert.equal(of({ authorization: 'AWS4-HMAC-SHA256 Credential=A/20300101/us-east-1/s3/aws4_request' }), 'restXml');
  assert.equal(of({}, objects), 'restXml');
  assert.equal(of({ 'content-type': FORM }, objects), 'restXml');
  assert.equal(of({ 'content-type': FORM }, users), 'awsQuery');
  assert.equal(of({}), 'restJson');
});

test('an operation that nobody knows is refused in the words of the protocol', () => {
  const unknown = (service: Service, wire: WireRequest) => {
    const match = matchOperation(wire, service);
    assert.ok(match);
    return () => match.protocol.decode(wire, service, match.operation);
  };
  assert.throws(
    unknown(users, request('Action=Nothing&Version=2010-05-08')),
    new CommonError('InvalidAction', 'Could not find operation Nothing for version 2010-05-08'),
  );
  assert.throws(unknown(users, request('Action=GetUser&Version=2009-01-01')), { name: 'InvalidAction' });
  assert.throws(unknown(queues, request('{}', { 'x-amz-target': 'AmazonSQS.constructor' })), {
    name: 'UnknownOperationException',
  });
});
