/** Multi-Region Access Points: made and removed by tokens, reached by requests signed for every Region. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { table } from '../../store/store.ts';
import { type Cloud, type Credentials, testCloud } from '../../testing/cloud.ts';
import { basicTime, signed } from '../../testing/signed.ts';
import { derivedKey, signedEverywhere } from '../../testing/signedEverywhere.ts';

const Name = 'everywhere';
const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });

async function withBuckets() {
  const cloud = await testCloud();
  const AccountId = cloud.managementAccount;
  const europe = cloud.as(await cloud.keyFor(AccountId), 'eu-west-1');
  await cloud.root.s3.createBucket({ Bucket: 'in-virginia' });
  await europe.s3.createBucket({
    Bucket: 'in-ireland',
    CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' },
  });
  await cloud.root.s3.putObject({ Bucket: 'in-virginia', Key: 'k', Body: 'virginia' });
  await europe.s3.putObject({ Bucket: 'in-ireland', Key: 'k', Body: 'ireland' });
  const control = cloud.root.s3control;
  const create = (ClientToken = 'a', Regions = [{ Bucket: 'in-virginia' }, { Bucket: 'in-ireland' }], name = Name) =>
    control.createMultiRegionAccessPoint({ AccountId, ClientToken, Details: { Name: name, Regions } });
  const operation = async (RequestTokenARN: string | undefined) => {
    const asked = { AccountId, RequestTokenARN: RequestTokenARN! };
    return (await control.describeMultiRegionAccessPointOperation(asked)).AsyncOperation!;
  };
  const made = async () => {
    await create();
    cloud.advance('PT1M');
    const { AccessPoint } = await control.getMultiRegionAccessPoint({ AccountId, Name });
    return { alias: AccessPoint!.Alias!, arn: `arn:aws:s3::${AccountId}:accesspoint/${AccessPoint!.Alias}` };
  };
  return { cloud, control, AccountId, create, operation, made };
}

/** As the SDKs send it. */
async function through(cloud: Cloud, alias: string, credentials: Credentials | undefined, method = 'GET', body = '') {
  const headers: Record<string, string> = {
    host: `${alias}.accesspoint.s3-global.amazonaws.com`,
    'x-amz-date': basicTime(new Date()),
    'x-amz-region-set': '*',
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    ...(body !== '' && { 'content-length': String(body.length) }),
  };
  const request = { method, path: '/k', query: '', headers, body: Buffer.from(body) };
  if (!credentials) return cloud.send(request);
  const { accessKeyId, secretAccessKey } = credentials;
  const privateKey = derivedKey(accessKeyId, secretAccessKey);
  return cloud.send(signedEverywhere(request, { accessKeyId, privateKey, service: 's3' }));
}

test('CreateMultiRegionAccessPoint answers a token, and makes one behind it', async () => {
  const { cloud, control, AccountId, create, operation } = await withBuckets();
  const { RequestTokenARN } = await create();
  assert.match(RequestTokenARN!, /^arn:aws:s3:us-west-2:111122223333:async-request\/mrap\/create\/[a-z0-9]+$/);
  const first = await operation(RequestTokenARN);
  assert.deepEqual([first.Operation, first.RequestStatus], ['CreateMultiRegionAccessPoint', 'INPROGRESS']);
  assert.equal((await control.getMultiRegionAccessPoint({ AccountId, Name })).AccessPoint?.Status, 'CREATING');
  cloud.advance('PT1M');
  const { RequestStatus, ResponseDetails, RequestParameters } = await operation(RequestTokenARN);
  assert.equal(RequestStatus, 'SUCCEEDED');
  assert.deepEqual(ResponseDetails?.MultiRegionAccessPointDetails?.Regions, [
    { Name: 'us-east-1', RequestStatus: 'SUCCEEDED' },
    { Name: 'eu-west-1', RequestStatus: 'SUCCEEDED' },
  ]);
  assert.equal(RequestParameters?.CreateMultiRegionAccessPointRequest?.Name, Name);
  const { AccessPoint } = await control.getMultiRegionAccessPoint({ AccountId, Name });
  assert.match(AccessPoint!.Alias!, /^[a-z0-9]{13}\.mrap$/);
  assert.deepEqual(
    [AccessPoint!.Status, AccessPoint!.Regions, AccessPoint!.PublicAccessBlock?.BlockPublicPolicy],
    [
      'READY',
      [
        { Bucket: 'in-virginia', Region: 'us-east-1', BucketAccountId: AccountId },
        { Bucket: 'in-ireland', Region: 'eu-west-1', BucketAccountId: AccountId },
      ],
      true,
    ],
  );
  assert.equal((await create()).RequestTokenARN, RequestTokenARN);
  await assert.rejects(create('a', [{ Bucket: 'in-ireland' }]), { name: 'ClientTokenConflict' });
  const listed = await control.listMultiRegionAccessPoints({ AccountId });
  assert.deepEqual(
    listed.AccessPoints?.map((point) => point.Name),
    [Name],
  );
});

test('What fails behind the answer is told with the token', async () => {
  const { cloud, control, AccountId, create, operation, made } = await withBuckets();
  await made();
  await cloud.root.s3.createBucket({ Bucket: 'too-in-virginia' });
  const faults: readonly (readonly [{ Bucket: string }[], string, string])[] = [
    [[{ Bucket: 'in-virginia' }], Name, 'MultiRegionAccessPointAlreadyOwnedByYou'],
    [[{ Bucket: 'no-such-bucket' }], 'another', 'NoSuchBucket'],
    [[{ Bucket: 'in-virginia' }, { Bucket: 'too-in-virginia' }], 'another', 'MultiRegionAccessPointSameBucketRegion'],
  ];
  for (const [i, [regions, name, code]] of faults.entries()) {
    const { RequestTokenARN } = await create(`token-${i}`, regions, name);
    cloud.advance('PT1M');
    const { RequestStatus, ResponseDetails } = await operation(RequestTokenARN);
    assert.deepEqual([RequestStatus, ResponseDetails?.ErrorDetails?.Code], ['FAILED', code]);
  }
  const missing = { name: 'NoSuchMultiRegionAccessPoint' };
  await assert.rejects(control.getMultiRegionAccessPoint({ AccountId, Name: 'another' }), missing);
  const unknown = operation(`arn:aws:s3:us-west-2:${AccountId}:async-request/mrap/create/x`);
  await assert.rejects(unknown, { name: 'NoSuchAsyncRequest' });
});

test('Requests are forgotten after 14 days', async () => {
  const { cloud, AccountId, create, operation } = await withBuckets();
  const requests = table<{ account: string; token: string }>('s3_multi_region_request', {
    key: ({ account, token }) => [account, token],
  });
  const kept = () => cloud.deps.store.transaction((tx) => tx.count(requests, [AccountId]));
  const { RequestTokenARN: first } = await create();
  cloud.advance('P13D');
  assert.equal((await create()).RequestTokenARN, first);
  assert.equal((await operation(first)).RequestStatus, 'SUCCEEDED');
  assert.equal(await kept(), 1);
  cloud.advance('P2D');
  await assert.rejects(operation(first), { name: 'NoSuchAsyncRequest' });
  const { RequestTokenARN: again } = await create('a', [{ Bucket: 'in-ireland' }]);
  assert.notEqual(again, first);
  assert.equal((await operation(again)).RequestStatus, 'INPROGRESS');
  assert.equal(await kept(), 1);
});

test('Requests signed for every Region reach the bucket of an active one', async () => {
  const { cloud, control, AccountId, made } = await withBuckets();
  const { alias, arn } = await made();
  const root = await cloud.keyFor(AccountId);
  const read = async () => String((await through(cloud, alias, root)).body);
  assert.equal(await read(), 'virginia');
  const { Body } = await cloud.as(root, 'eu-west-1').s3.getObject({ Bucket: alias, Key: 'k' });
  assert.equal(await Body!.transformToString(), 'virginia');
  const route = (Region: string, TrafficDialPercentage: number) => ({ Region, TrafficDialPercentage });
  const submit = (...RouteUpdates: ReturnType<typeof route>[]) =>
    control.submitMultiRegionAccessPointRoutes({ AccountId, Mrap: arn, RouteUpdates });
  await submit(route('us-east-1', 0));
  assert.equal(await read(), 'ireland');
  assert.deepEqual((await control.getMultiRegionAccessPointRoutes({ AccountId, Mrap: arn })).Routes, [
    { Bucket: 'in-virginia', Region: 'us-east-1', TrafficDialPercentage: 0 },
    { Bucket: 'in-ireland', Region: 'eu-west-1', TrafficDialPercentage: 100 },
  ]);
  assert.equal((await through(cloud, alias, root, 'PUT', 'new')).status, 200);
  assert.equal(await read(), 'new');
  await assert.rejects(submit(route('eu-west-1', 0)), { name: 'InvalidRequest' });
  await assert.rejects(submit(route('eu-west-1', 50)), { name: 'InvalidRequest' });
  await assert.rejects(submit(route('sa-east-1', 100)), { name: 'InvalidRequest' });
  await submit(route('us-east-1', 100));
  assert.equal(await read(), 'virginia');
  assert.equal((await through(cloud, alias, undefined)).status, 403);
  assert.equal((await through(cloud, 'nosuchalias00.mrap', root)).status, 404);
});

test('Its policy and the bucket’s must both permit, and count once they are established', async () => {
  const { cloud, control, AccountId, made } = await withBuckets();
  const { alias, arn } = await made();
  const other = await cloud.memberAccount('other');
  const stranger = await cloud.keyFor(other.id);
  const status = async () => (await through(cloud, alias, stranger)).status;
  assert.equal(await status(), 403);
  const Statement = { Effect: 'Allow', Principal: { AWS: other.id }, Action: 's3:GetObject' };
  const Policy = document({ ...Statement, Resource: `${arn}/object/*` });
  await control.putMultiRegionAccessPointPolicy({ AccountId, ClientToken: 'p', Details: { Name, Policy } });
  const asked = await control.getMultiRegionAccessPointPolicy({ AccountId, Name });
  assert.equal(asked.Policy?.Established, undefined);
  assert.equal(asked.Policy?.Proposed?.Policy, Policy);
  cloud.advance('PT1M');
  const { Policy: now } = await control.getMultiRegionAccessPointPolicy({ AccountId, Name });
  assert.deepEqual(now?.Established, now?.Proposed);
  const { Established } = await control.getMultiRegionAccessPointPolicyStatus({ AccountId, Name });
  assert.equal(Established?.IsPublic, false);
  assert.equal(await status(), 403);
  const Condition = { StringEquals: { 's3:DataAccessPointArn': arn } };
  const delegating = document({ ...Statement, Resource: 'arn:aws:s3:::in-virginia/*', Condition });
  await cloud.root.s3.putBucketPolicy({ Bucket: 'in-virginia', Policy: delegating });
  assert.equal(await status(), 200);
  await assert.rejects(other.root.s3.getObject({ Bucket: 'in-virginia', Key: 'k' }), { name: 'AccessDenied' });
  const theirs = other.root.s3control.getMultiRegionAccessPoint({ AccountId: other.id, Name });
  await assert.rejects(theirs, { name: 'NoSuchMultiRegionAccessPoint' });
});

test('A bucket stays while a Multi-Region Access Point leads to it; one that goes is gone after a while', async () => {
  const { cloud, control, AccountId, made, operation, create } = await withBuckets();
  const { alias } = await made();
  const { s3 } = cloud.root;
  await s3.deleteObject({ Bucket: 'in-virginia', Key: 'k' });
  await assert.rejects(s3.deleteBucket({ Bucket: 'in-virginia' }), { name: 'BucketHasAccessPointsAttached' });
  const { RequestTokenARN } = await control.deleteMultiRegionAccessPoint({
    AccountId,
    ClientToken: 'd',
    Details: { Name },
  });
  assert.equal((await control.getMultiRegionAccessPoint({ AccountId, Name })).AccessPoint?.Status, 'DELETING');
  cloud.advance('PT1M');
  assert.equal((await operation(RequestTokenARN)).RequestStatus, 'SUCCEEDED');
  const missing = { name: 'NoSuchMultiRegionAccessPoint' };
  await assert.rejects(control.getMultiRegionAccessPoint({ AccountId, Name }), missing);
  assert.deepEqual((await control.listMultiRegionAccessPoints({ AccountId })).AccessPoints, []);
  assert.equal((await through(cloud, alias, await cloud.keyFor(AccountId))).status, 404);
  await create('again', [{ Bucket: 'in-ireland' }]);
  await s3.deleteBucket({ Bucket: 'in-virginia' });
});

test('Leads to nobody else’s bucket that has taken the name of one that is gone', async () => {
  const { cloud, control, AccountId } = await withBuckets();
  const other = await cloud.memberAccount('other');
  const stranger = await cloud.memberAccount('stranger');
  const Bucket = 'of-another';
  await other.root.s3.createBucket({ Bucket });
  const Regions = [{ Bucket, BucketAccountId: other.id }];
  await control.createMultiRegionAccessPoint({ AccountId, ClientToken: 'a', Details: { Name, Regions } });
  cloud.advance('PT1M');
  const { AccessPoint } = await control.getMultiRegionAccessPoint({ AccountId, Name });
  const policy = document({
    Effect: 'Allow',
    Principal: { AWS: AccountId },
    Action: 's3:*',
    Resource: `arn:aws:s3:::${Bucket}/*`,
  });
  const root = await cloud.keyFor(AccountId);
  const write = async () => (await through(cloud, AccessPoint!.Alias!, root, 'PUT', 'for other')).status;
  await other.root.s3.putBucketPolicy({ Bucket, Policy: policy });
  assert.equal(await write(), 200);
  await other.root.s3.deleteObject({ Bucket, Key: 'k' });
  await other.root.s3.deleteBucket({ Bucket });
  await stranger.root.s3.createBucket({ Bucket });
  await stranger.root.s3.putBucketPolicy({ Bucket, Policy: policy });
  assert.equal(await write(), 403);
});

test('A signature for one Region is refused at the name for all of them, and taken at the plane’s own', async () => {
  const { cloud, made, AccountId } = await withBuckets();
  const { alias } = await made();
  const key = await cloud.keyFor(AccountId);
  const read = async (host: string, path: string) => {
    const request = { method: 'GET', path, headers: { host } };
    const { status, body } = await cloud.send(signed(request, { ...key, service: 's3' }));
    return [status, /<Code>(\w+)/.exec(String(body))?.[1]];
  };
  assert.deepEqual(await read(`${alias}.accesspoint.s3-global.amazonaws.com`, '/k'), [400, 'InvalidRequest']);
  assert.deepEqual(await read('cloud.test', `/${alias}/k`), [200, undefined]);
});
