/** CloudTrail Lake with the clients that people use; whatever is not on the machine is skipped and says so. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { signed } from '../src/testing/signed.ts';
import { awsOf, awsSince, environment } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
const aws = awsOf(1);

const eventData = (account: string, eventName: string) =>
  JSON.stringify({
    version: '1.0',
    userIdentity: { type: 'CustomUser', principalId: 'alice' },
    eventSource: 'shop.example.com',
    eventName,
    eventTime: '2029-12-31T23:59:00Z',
    UID: eventName,
    recipientAccountId: account,
  });

test('channels, audit events, queries and dashboards with the AWS CLI, version 1', {
  skip: !aws && 'no AWS CLI 1 here',
}, async (t) => {
  const plane = await planeOnSocket(t);
  const { cloud, endpoint } = plane;
  const call = async (...args: string[]) => {
    const options = ['--endpoint-url', endpoint, '--region', 'us-east-1', '--output', 'json'];
    const { stdout } = await run(aws!, [...options, ...args], { env: environment(plane) });
    return stdout === '' ? undefined : JSON.parse(stdout);
  };
  const selectors = JSON.stringify([{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['ActivityAuditLog'] }] }]);
  const store = await call(
    ...['cloudtrail', 'create-event-data-store', '--name', 'shop', '--advanced-event-selectors', selectors],
  );
  const id = store.EventDataStoreArn.split('/')[1];
  const destinations = JSON.stringify([{ Type: 'EVENT_DATA_STORE', Location: store.EventDataStoreArn }]);
  const { ChannelArn } = await call(
    ...['cloudtrail', 'create-channel', '--name', 'shop', '--source', 'Custom', '--destinations', destinations],
  );
  const data = eventData(cloud.managementAccount, 'Checkout');
  const eventDataChecksum = createHash('sha256').update(data).digest('base64');
  const events = [
    { id: 'one', eventData: data, eventDataChecksum },
    { id: 'two', eventData: '{}' },
  ];
  const put = ['cloudtrail-data', 'put-audit-events', '--channel-arn', ChannelArn];
  const answer = await call(...put, '--external-id', 'any', '--audit-events', JSON.stringify(events));
  assert.deepEqual([answer.successful[0].id, answer.failed[0].id], ['one', 'two']);
  assert.equal(answer.failed[0].errorCode, 'FieldNotFound');
  const twice = call(...put, '--audit-events', JSON.stringify([events[0], events[0]]));
  await assert.rejects(twice, /DuplicatedAuditEventId/);
  cloud.advance('PT5M');
  await cloud.settle();
  const sql = `SELECT eventID, eventData.eventName AS name FROM ${id}`;
  const { QueryId } = await call('cloudtrail', 'start-query', '--query-statement', sql);
  await cloud.settle();
  const { QueryResultRows } = await call('cloudtrail', 'get-query-results', '--query-id', QueryId);
  assert.deepEqual(QueryResultRows, [[{ eventID: answer.successful[0].eventID }, { name: 'Checkout' }]]);
  const widgets = JSON.stringify([
    {
      ViewProperties: { Height: '2', Width: '4', Title: 'Events', View: 'Table' },
      QueryStatement: `SELECT count(*) AS n FROM ${id} WHERE eventTime > '?'`,
      QueryParameters: ['$StartTime$'],
    },
  ]);
  await call('cloudtrail', 'create-dashboard', '--name', 'shop', '--widgets', widgets);
  const dashboard = await call('cloudtrail', 'get-dashboard', '--dashboard-id', 'shop');
  assert.deepEqual([dashboard.Status, dashboard.Widgets[0].QueryParameters], ['CREATED', ['$StartTime$']]);
});

test('PutAuditEvents as it comes over the wire', async (t) => {
  const { cloud, credentials } = await planeOnSocket(t);
  const { cloudtrail } = cloud.root;
  const AdvancedEventSelectors = [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['ActivityAuditLog'] }] }];
  const { EventDataStoreArn } = await cloudtrail.createEventDataStore({ Name: 'shop', AdvancedEventSelectors });
  const Destinations = [{ Type: 'EVENT_DATA_STORE' as const, Location: EventDataStoreArn! }];
  const { ChannelArn = '' } = await cloudtrail.createChannel({ Name: 'shop', Source: 'Custom', Destinations });
  const send = (auditEvents: unknown, channel = ChannelArn) =>
    cloud.send(
      signed(
        {
          path: '/PutAuditEvents',
          query: `channelArn=${encodeURIComponent(channel)}`,
          headers: { host: 'cloudtrail-data.us-east-1.amazonaws.com', 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify({ auditEvents })),
        },
        { ...credentials, service: 'cloudtrail-data' },
      ),
    );
  const answer = await send([{ id: 'one', eventData: eventData(cloud.managementAccount, 'Checkout') }]);
  assert.equal(answer.status, 200);
  const { successful, failed } = JSON.parse(String(answer.body));
  assert.deepEqual([successful.length, successful[0].id, failed], [1, 'one', []]);
  const refused = await send([{ id: 'one', eventData: '{}' }], 'arn:aws:sqs:us-east-1:111122223333:x');
  assert.deepEqual([refused.status, refused.headers['x-amzn-errortype']], [400, 'InvalidChannelARN']);
  for (const hostile of [null, 'text', {}, [null], [{ id: 7, eventData: {} }], [[]]]) {
    const { status } = await send(hostile);
    assert.equal(status, 400, JSON.stringify(hostile));
  }
});

/** Since then it sends all its calls to the endpoint that it is told. */
const verifier = awsSince({ 2: 13 });

test('aws cloudtrail verify-query-results proves saved results, and finds a changed file and a forged sign file', {
  skip: !verifier && 'no AWS CLI 2 here that can be told another endpoint',
}, async (t) => {
  const plane = await planeOnSocket(t);
  const { cloud, endpoint } = plane;
  const { cloudtrail, s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'results' });
  const allowed = {
    ...{ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' } },
    ...{ Action: ['s3:PutObject*', 's3:GetBucketAcl'], Resource: ['arn:aws:s3:::results', 'arn:aws:s3:::results/*'] },
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] });
  await s3.putBucketPolicy({ Bucket: 'results', Policy });
  const { EventDataStoreArn = '' } = await cloudtrail.createEventDataStore({ Name: 'events' });
  const QueryStatement = `SELECT eventName FROM ${EventDataStoreArn.split('/')[1]}`;
  await cloudtrail.startQuery({ QueryStatement, DeliveryS3Uri: 's3://results' });
  await cloud.settle();
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'results' });
  const [results = '', sign = ''] = Contents.map(({ Key }) => Key!);
  const where = ['--s3-bucket', 'results', '--s3-prefix', sign.slice(0, sign.lastIndexOf('/') + 1)];
  const env = environment(plane, { AWS_ENDPOINT_URL: endpoint });
  const verify = () =>
    run(verifier!, ['cloudtrail', 'verify-query-results', ...where, '--region', 'us-east-1'], { env });
  assert.match((await verify()).stdout, /Successfully validated sign and query result files/);
  const contentOf = async (Key: string) =>
    Buffer.from(await (await s3.getObject({ Bucket: 'results', Key })).Body!.transformToByteArray());
  const put = (Key: string, Body: Buffer | string) => s3.putObject({ Bucket: 'results', Key, Body });
  const kept = await contentOf(results);
  await put(results, Buffer.concat([kept.subarray(0, -1), Buffer.from([kept.at(-1)! ^ 1])]));
  await assert.rejects(verify(), /inconsistent hash value/);
  await put(results, kept);
  const text = (await contentOf(sign)).toString();
  const { hashSignature } = JSON.parse(text) as { hashSignature: string };
  await put(
    sign,
    text.replace(
      hashSignature,
      hashSignature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    ),
  );
  await assert.rejects(verify(), /Invalid signature in sign file/);
});
