/** Events over HTTP with bearer tokens: whose, where, and what is recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EVENT, listening, POLICY, type Sent, texts } from './ingestion.fixture.ts';

test('A token is used in the Region of the host that it is sent to', async () => {
  const Condition = { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } };
  const { cloud, send } = await listening({ Version: '2012-10-17', Statement: { ...POLICY.Statement, Condition } });
  const { logs } = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-west-1');
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.putBearerTokenAuthentication({ logGroupIdentifier: 'app', bearerTokenAuthenticationEnabled: true });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  assert.equal((await send({ body: EVENT })).status, 403);
  assert.equal((await send({ body: EVENT, headers: { host: 'logs.eu-west-1.amazonaws.com' } })).status, 200);
  assert.equal((await logs.filterLogEvents({ logGroupName: 'app' })).events?.length, 1);
});

test('A token opens nothing in a Region that its account has disabled', async () => {
  const { cloud, send } = await listening();
  const { logs } = cloud.as(await cloud.keyFor(cloud.managementAccount), 'af-south-1');
  const { account } = cloud.root;
  const moved = async () => {
    cloud.advance('PT1H');
    await cloud.settle();
  };
  await account.enableRegion({ RegionName: 'af-south-1' });
  await moved();
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  await logs.putBearerTokenAuthentication({ logGroupIdentifier: 'app', bearerTokenAuthenticationEnabled: true });
  const headers = { host: 'logs.af-south-1.amazonaws.com' };
  assert.equal((await send({ body: EVENT, headers })).status, 200);
  await account.disableRegion({ RegionName: 'af-south-1' });
  await moved();
  assert.equal((await send({ body: EVENT, headers })).status, 401);
});

test('A token must be one, hold, and its user be permitted; the group must let tokens in', async () => {
  const { cloud, iam, send, id, enabled, logs } = await listening();
  const status = async (more: Sent = {}) => (await send({ body: EVENT, ...more })).status;
  assert.equal(await status(), 200);
  assert.equal(await status({ headers: { authorization: 'Bearer ACWLbm90aGluZw==' } }), 401);
  assert.equal(await status({ query: 'logGroup=none&logStream=s' }), 404);
  assert.equal(await status({ query: 'logGroup=app' }), 400);
  assert.equal(await status({ headers: { 'x-aws-log-group': 'app' } }), 400);
  assert.equal(await status({ headers: { 'content-type': 'text/plain' } }), 400);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.bearerTokenAuthenticationEnabled, true);
  await enabled(false);
  assert.equal(await status(), 403);
  await enabled(true);
  await iam.updateServiceSpecificCredential({
    UserName: 'sender',
    ServiceSpecificCredentialId: id,
    Status: 'Inactive',
  });
  assert.equal(await status(), 401);
  await iam.updateServiceSpecificCredential({ UserName: 'sender', ServiceSpecificCredentialId: id, Status: 'Active' });
  assert.equal(await status(), 200);
  cloud.advance('P31D');
  assert.equal(await status(), 401);
  assert.equal((await texts(cloud)).length, 2);
});

test('Without logs:CallWithBearerToken, or logs:PutLogEvents, nobody sends', async () => {
  for (const action of ['logs:PutLogEvents', 'logs:CallWithBearerToken']) {
    const Statement = { Effect: 'Allow', Action: action, Resource: '*' };
    const { cloud, send } = await listening({ Version: '2012-10-17', Statement });
    assert.equal((await send({ body: EVENT })).status, 403, action);
    assert.deepEqual(await texts(cloud), []);
  }
});

test('Each use of a token is a data event, for trails that ask for it', async () => {
  const { cloud, iam, send } = await listening();
  const { s3, cloudtrail } = cloud.root;
  const Bucket = 'token-audit';
  await s3.createBucket({ Bucket });
  const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  const letIn = { Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 's3:*', Resource };
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: letIn }) });
  await cloudtrail.createTrail({ Name: 'audit', S3BucketName: Bucket });
  await send({ body: EVENT });
  const FieldSelectors = [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::Logs::LogGroupAuthorization'] },
  ];
  await cloudtrail.putEventSelectors({ TrailName: 'audit', AdvancedEventSelectors: [{ FieldSelectors }] });
  await cloudtrail.startLogging({ Name: 'audit' });
  await send({ body: EVENT });
  await send({ body: EVENT, query: 'logGroup=none&logStream=s' });
  const Statement = { Effect: 'Deny', Action: 'logs:CallWithBearerToken', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.putUserPolicy({ UserName: 'sender', PolicyName: 'no', PolicyDocument });
  await send({ body: EVENT });
  const { entries } = await cloud.deps.store.journal.lookup({
    ...{ kind: 'data', account: cloud.managementAccount, region: 'us-east-1', limit: 10 },
  });
  const records = entries.map(({ body }) => JSON.parse(body)).reverse();
  const group = (name: string) => `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:${name}`;
  assert.deepEqual(
    records.map(({ eventName, errorCode, resources, userIdentity }) => [
      ...[eventName, errorCode, resources[0].type, resources[0].ARN, userIdentity.userName],
    ]),
    [
      ['CallWithBearerToken', undefined, 'AWS::Logs::LogGroupAuthorization', group('app'), 'sender'],
      ['CallWithBearerToken', undefined, 'AWS::Logs::LogGroupAuthorization', group('none'), 'sender'],
      ['CallWithBearerToken', 'AccessDeniedException', 'AWS::Logs::LogGroupAuthorization', group('app'), 'sender'],
    ],
  );
});
