import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { HttpEndpointDestinationConfiguration } from '@aws-sdk/client-firehose';
import { withManners } from '../../core/slowness.ts';
import { certificate } from '../../testing/certificates.ts';
import { rejected } from '../../testing/rejected.ts';
import { deliveries } from './firehose.fixture.ts';

const authority = certificate({ name: 'authority' });
const server = certificate({ name: 'localhost', by: authority, hosts: ['localhost'] });
setDefaultCACertificates([...getCACertificates('default'), authority.pem]);

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An endpoint that keeps what it gets, and answers as it was told last. */
async function endpoint(t: TestContext) {
  const requests: Request[] = [];
  const answer = { status: 200, text: undefined as string | undefined };
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const listening = createServer({ cert: server.pem, key }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ headers: request.headers, body: Buffer.concat(chunks) });
    const requestId = request.headers['x-amz-firehose-request-id'];
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.text ?? JSON.stringify({ requestId, timestamp: 1 }));
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  t.after(() => listening.close());
  const { port } = listening.address() as { port: number };
  return { requests, answer, url: `https://localhost:${port}/in?a=b` };
}

async function posted(t: TestContext, more: Partial<HttpEndpointDestinationConfiguration> = {}) {
  const all = await deliveries();
  const hook = await endpoint(t);
  await all.create('posts', {
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url: hook.url, Name: 'hook', AccessKey: 'a secret key' },
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
      RoleARN: all.role,
      S3Configuration: all.s3Config({ Prefix: 'backup/' }),
      ...more,
    },
  });
  return { ...all, hook };
}

const recordsIn = (body: Buffer): string[] =>
  JSON.parse(body.toString()).records.map(({ data }: { data: string }) => Buffer.from(data, 'base64').toString());

test('Records are posted to an HTTP endpoint in the format of Firehose', async (t) => {
  const { cloud, firehose, put, after, hook, objects } = await posted(t, {
    RequestConfiguration: {
      ContentEncoding: 'GZIP',
      CommonAttributes: [{ AttributeName: 'stage', AttributeValue: 'Zürich ✓' }],
    },
  });
  await put('posts', 'a', 'b');
  await after('PT1M');
  const [request, ...rest] = hook.requests;
  assert.deepEqual(rest, []);
  const body = gunzipSync(request!.body);
  assert.deepEqual(recordsIn(body), ['a', 'b']);
  const { requestId, timestamp } = JSON.parse(body.toString());
  assert.equal(timestamp, cloud.now().getTime());
  const { headers } = request!;
  assert.equal(headers['x-amz-firehose-request-id'], requestId);
  assert.equal(headers['x-amz-firehose-protocol-version'], '1.0');
  assert.equal(headers['x-amz-firehose-access-key'], 'a secret key');
  assert.equal(headers['x-amz-firehose-common-attributes'], '{"commonAttributes":{"stage":"Z\\u00fcrich \\u2713"}}');
  assert.match(String(headers['x-amz-firehose-source-arn']), /deliverystream\/posts$/);
  assert.equal(headers['content-encoding'], 'gzip');
  assert.equal(headers['content-type'], 'application/json');
  assert.deepEqual(await objects(), []);
  const { DeliveryStreamDescription } = await firehose.describeDeliveryStream({ DeliveryStreamName: 'posts' });
  const shown = DeliveryStreamDescription?.Destinations?.[0]?.HttpEndpointDestinationDescription;
  assert.deepEqual(shown?.EndpointConfiguration, { Url: hook.url, Name: 'hook' });
  assert.equal(shown?.RetryOptions?.DurationInSeconds, 300);
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateDeliveryStream' }],
  });
  assert.equal(Events.length, 1);
  assert.ok(!Events[0]?.CloudTrailEvent?.includes('a secret key'));
});

test('A request that fails is repeated under its id, and set aside when the time for that is over', async (t) => {
  const { put, after, hook, objects, cloud } = await posted(t, { RetryOptions: { DurationInSeconds: 60 } });
  hook.answer.status = 503;
  hook.answer.text = '{"errorMessage":"later"}';
  await put('posts', 'x');
  await after('PT1M');
  assert.equal(hook.requests.length, 1);
  await after('PT2S');
  assert.equal(hook.requests.length, 2);
  const ids = new Set(hook.requests.map(({ headers }) => headers['x-amz-firehose-request-id']));
  assert.equal(ids.size, 1);
  for (let turn = 0; turn < 30; turn++) {
    cloud.advance('PT3S');
    await cloud.settle();
  }
  const [object] = await objects();
  assert.match(object?.key ?? '', /^backup\/http-endpoint-failed\/2030\/01\/01\/00\/posts-1-/);
  const failed = JSON.parse(object!.bytes.toString());
  assert.equal(failed.errorCode, 'HttpEndpoint.DestinationException');
  assert.match(failed.errorMessage, /503: \{"errorMessage":"later"\}/);
  assert.equal(failed.attemptsMade, hook.requests.length);
  assert.equal(Buffer.from(failed.rawData, 'base64').toString(), 'x');
});

test('An endpoint that is silent has few requests at once; the others wait, and are set aside in time', async (t) => {
  const { put, after, hook, objects } = await posted(t, { RetryOptions: { DurationInSeconds: 60 } });
  const { origin } = new URL(hook.url);
  const silent = Promise.withResolvers<{ silent: boolean }>();
  await withManners(origin, async () => ({ silent: true }));
  const waiting = [1, 2, 3, 4].map(() => withManners(origin, () => silent.promise));
  await put('posts', 'x');
  for (let turn = 0; turn < 6; turn++) await after('PT15S');
  assert.deepEqual([hook.requests.length, (await objects()).length], [0, 0]);
  await after('PT1M');
  const [object] = await objects();
  assert.match(object?.key ?? '', /^backup\/http-endpoint-failed\//);
  assert.equal(JSON.parse(object!.bytes.toString()).errorCode, 'HttpEndpoint.RequestTimeout');
  assert.equal(hook.requests.length, 0);
  silent.resolve({ silent: false });
  await Promise.all(waiting);
  await put('posts', 'y');
  await after('PT1M');
  assert.equal(hook.requests.length, 1);
});

test('An answer without the id of the request is none', async (t) => {
  const { put, after, hook, objects } = await posted(t, { RetryOptions: { DurationInSeconds: 0 } });
  hook.answer.text = '{}';
  await put('posts', 'x');
  await after('PT1M');
  const failed = JSON.parse((await objects())[0]!.bytes.toString());
  assert.equal(failed.errorCode, 'HttpEndpoint.InvalidResponseFromDestination');
});

test('All data is backed up where that is asked for', async (t) => {
  const { put, after, hook, objects } = await posted(t, { S3BackupMode: 'AllData' });
  await put('posts', 'x');
  await after('PT5M');
  assert.deepEqual(recordsIn(hook.requests[0]!.body), ['x']);
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.toString()),
    ['x'],
  );
});

test('An endpoint that the operator does not allow is not called', async (t) => {
  const { firehose, put, after, objects } = await posted(t, { RetryOptions: { DurationInSeconds: 0 } });
  const update = (Url: string) =>
    firehose.updateDestination({
      ...{
        DeliveryStreamName: 'posts',
        CurrentDeliveryStreamVersionId: '1',
        DestinationId: 'destinationId-000000000001',
      },
      HttpEndpointDestinationUpdate: { EndpointConfiguration: { Url } },
    });
  await rejected(update('http://localhost/'), 'Validation', /https/);
  await rejected(update('https://example.com:8443/'), 'InvalidArgument', /443/);
  await update('https://example.com/');
  await put('posts', 'x');
  await after('PT1M');
  const failed = JSON.parse((await objects())[0]!.bytes.toString());
  assert.match(failed.errorMessage, /operator of this plane has not allowed calls to example.com/);
});

test('The access key of an endpoint is not told to another one', async (t) => {
  const { firehose, put, after, hook } = await posted(t);
  const update = (version: string, Url: string, Name = 'hook') =>
    firehose.updateDestination({
      DeliveryStreamName: 'posts',
      CurrentDeliveryStreamVersionId: version,
      DestinationId: 'destinationId-000000000001',
      HttpEndpointDestinationUpdate: { EndpointConfiguration: { Url, Name } },
    });
  const told = async () => {
    await put('posts', 'x');
    await after('PT1M');
    return hook.requests.at(-1)?.headers['x-amz-firehose-access-key'];
  };
  await update('1', hook.url, 'renamed');
  assert.equal(await told(), 'a secret key');
  await update('2', `${hook.url}&elsewhere`);
  assert.equal(await told(), undefined);
});

test('What unpacks to much goes in several requests', async (t) => {
  const { firehose, after, hook } = await posted(t, {
    ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'Decompression', Parameters: [] }] },
  });
  const Records = new Array(3).fill({ Data: gzipSync(Buffer.alloc(15 * 1024 * 1024)) });
  await firehose.putRecordBatch({ DeliveryStreamName: 'posts', Records });
  await after('PT1M');
  assert.deepEqual(
    hook.requests.map(({ body }) => JSON.parse(body.toString()).records.length),
    [2, 1],
  );
});
