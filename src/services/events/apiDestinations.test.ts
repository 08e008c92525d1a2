import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateConnectionRequest } from '@aws-sdk/client-eventbridge';
import { withManners } from '../../core/slowness.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { ACCOUNT, attributesOf, endpoint, MY_APP, put, queue, type Received, roleFor } from './fixtures.ts';

const API_KEY = { ApiKeyAuthParameters: { ApiKeyName: 'X-Key', ApiKeyValue: 'very-secret' } };

/** A cloud whose events of `my.app` go to the URL. */
async function calling(
  url: string,
  options: {
    connection?: Partial<CreateConnectionRequest>;
    target?: object;
    destination?: object;
  } = {},
) {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const { ConnectionArn } = await events.createConnection({
    Name: 'c',
    AuthorizationType: 'API_KEY',
    AuthParameters: API_KEY,
    ...options.connection,
  });
  const { ApiDestinationArn: Arn } = await events.createApiDestination({
    Name: 'd',
    ConnectionArn,
    InvocationEndpoint: url,
    HttpMethod: 'POST',
    ...options.destination,
  });
  const RoleArn = await roleFor(cloud.root, 'caller', 'events.amazonaws.com', {
    Action: 'events:InvokeApiDestination',
    Resource: Arn,
  });
  const dead = await queue(cloud.root, 'dead');
  await events.putRule({ Name: 'r', EventPattern: MY_APP });
  const Targets = [{ Id: 'd', Arn, RoleArn, DeadLetterConfig: { Arn: dead.arn }, ...options.target }];
  await events.putTargets({ Rule: 'r', Targets });
  return { cloud, dead, arn: Arn! };
}

test('An API destination is called with the event, the credentials and what the target adds', async (t) => {
  const { url, received } = await endpoint(t, () => ({ status: 200 }));
  const { cloud } = await calling(`${url}/orders/*/lines`, {
    connection: {
      AuthParameters: {
        ...API_KEY,
        InvocationHttpParameters: {
          HeaderParameters: [{ Key: 'X-From', Value: 'plane', IsValueSecret: true }],
          QueryStringParameters: [{ Key: 'q', Value: 'a b' }],
          BodyParameters: [{ Key: 'added', Value: 'yes' }],
        },
      },
    },
    target: {
      InputPath: '$.detail',
      HttpParameters: {
        PathParameterValues: ['$.detail.order'],
        HeaderParameters: { 'X-Order': '$.detail.order', 'User-Agent': 'mine' },
        QueryStringParameters: { n: '1' },
      },
    },
  });
  await put(cloud, { order: 'a/7' });
  await cloud.settle();
  assert.equal(received.length, 1);
  const [{ method, url: path, headers, body }] = received as [Received];
  assert.deepEqual([method, path], ['POST', '/orders/a%2F7/lines?n=1&q=a+b']);
  assert.deepEqual(JSON.parse(body), { order: 'a/7', added: 'yes' });
  assert.equal(headers['x-key'], 'very-secret');
  assert.equal(headers['x-from'], 'plane');
  assert.equal(headers['x-order'], 'a/7');
  assert.equal(headers['user-agent'], 'Amazon/EventBridge/ApiDestinations');
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(headers.range, 'bytes=0-1048575');
});

test('An API destination that fails for a day is tried again and again, then the event is a dead letter', async (t) => {
  const { url, received } = await endpoint(t, () => ({ status: 503 }));
  const { cloud, dead, arn } = await calling(url);
  await put(cloud, { n: 1 });
  await cloud.settle();
  assert.equal(received.length, 1);
  for (let hour = 0; hour < 24 * 6 - 1; hour++) {
    cloud.advance('PT10M');
    await cloud.settle();
  }
  assert.ok(received.length > 100 && received.length <= 186, String(received.length));
  assert.deepEqual(await dead.received(), []);
  cloud.advance('PT20M');
  await cloud.settle();
  const [letter, ...more] = await dead.received();
  assert.deepEqual(more, []);
  assert.deepEqual(JSON.parse(letter!.Body!).detail, { n: 1 });
  const { RETRY_ATTEMPTS, ...attributes } = attributesOf(letter!);
  assert.ok(Number(RETRY_ATTEMPTS) > 100);
  assert.deepEqual(attributes, {
    RULE_ARN: `arn:aws:events:us-east-1:${ACCOUNT}:rule/r`,
    TARGET_ARN: arn,
    ERROR_CODE: 'SDK_CLIENT_ERROR',
    ERROR_MESSAGE: 'Unable to invoke ApiDestination endpoint: API destination endpoint returned HTTP status 503.',
    EXHAUSTED_RETRY_CONDITION: 'MaximumEventAgeInSeconds',
  });
  const { length } = received;
  cloud.advance('P1D');
  await cloud.settle();
  assert.equal(received.length, length);
});

test('An API destination that refuses is not asked again, one that is busy as late as it asks', async (t) => {
  let status = 400;
  const { url, received } = await endpoint(t, () => ({ status, headers: { 'retry-after': '600' } }));
  const { cloud, dead } = await calling(url, { target: { RetryPolicy: { MaximumRetryAttempts: 1 } } });
  await put(cloud, { n: 1 });
  await cloud.settle();
  const [refused] = await dead.received();
  assert.equal(attributesOf(refused!).EXHAUSTED_RETRY_CONDITION, undefined);
  assert.equal(received.length, 1);
  status = 429;
  cloud.advance('PT1S');
  await put(cloud, { n: 2 });
  await cloud.settle();
  cloud.advance('PT9M');
  await cloud.settle();
  assert.equal(received.length, 2);
  cloud.advance('PT1M');
  await cloud.settle();
  assert.equal(received.length, 3);
  const [busy] = await dead.received();
  assert.equal(attributesOf(busy!).EXHAUSTED_RETRY_CONDITION, 'MaximumRetryAttempts');
  assert.equal(attributesOf(busy!).RETRY_ATTEMPTS, '1');
});

test('An API destination is called no more often than it allows', async (t) => {
  const { url, received } = await endpoint(t, () => ({ status: 204 }));
  const { cloud } = await calling(url, { destination: { InvocationRateLimitPerSecond: 2 } });
  for (let n = 0; n < 6; n++) await put(cloud, { n });
  await cloud.settle();
  assert.equal(received.length, 1);
  const counts: number[] = [];
  for (let second = 0; second < 3; second++) {
    cloud.advance('PT1S');
    await cloud.settle();
    counts.push(received.length);
  }
  assert.deepEqual(counts, [3, 5, 6]);
});

test('The role of an API destination must allow the call', async (t) => {
  const { url, received } = await endpoint(t, () => ({ status: 200 }));
  const { cloud, dead } = await calling(url);
  await cloud.root.iam.deleteRolePolicy({ RoleName: 'caller', PolicyName: 'may' });
  await put(cloud, {});
  await cloud.settle();
  assert.equal(received.length, 0);
  assert.equal(attributesOf((await dead.received())[0]!).ERROR_CODE, 'NO_PERMISSIONS');
});

test('An API destination that is silent has few calls at once; the others wait without an attempt', async (t) => {
  const { url, received } = await endpoint(t, () => ({ status: 200 }));
  const { cloud, dead } = await calling(url);
  const silent = Promise.withResolvers<{ silent: boolean }>();
  await withManners(url, async () => ({ silent: true }));
  const waiting = [1, 2, 3, 4].map(() => withManners(url, () => silent.promise));
  await put(cloud, { n: 1 });
  for (let minute = 0; minute < 10; minute++) {
    cloud.advance('PT1M');
    await cloud.settle();
  }
  assert.equal(received.length, 0);
  silent.resolve({ silent: false });
  await Promise.all(waiting);
  cloud.advance('PT3M');
  await cloud.settle();
  assert.equal(received.length, 1);
  // Nobody waits for longer than a day.
  const still = Promise.withResolvers<{ silent: boolean }>();
  await withManners(url, async () => ({ silent: true }));
  const again = [1, 2, 3, 4].map(() => withManners(url, () => still.promise));
  await put(cloud, { n: 2 });
  await cloud.settle();
  cloud.advance('P1D');
  await cloud.settle();
  const letters = (await dead.received()).map(attributesOf);
  assert.deepEqual(
    letters.map(({ ERROR_CODE, EXHAUSTED_RETRY_CONDITION }) => [ERROR_CODE, EXHAUSTED_RETRY_CONDITION]),
    [['TIMEOUT', 'MaximumEventAgeInSeconds']],
  );
  assert.equal(received.length, 1);
  still.resolve({ silent: false });
  await Promise.all(again);
});

test('Hosts that the operator did not allow are not called', async () => {
  const { cloud, dead } = await calling('https://example.com/hook');
  await put(cloud, {});
  await cloud.settle();
  const [letter] = await dead.received();
  assert.match(attributesOf(letter!).ERROR_MESSAGE!, /operator of this plane has not allowed calls to example\.com/);
});

test('Basic and OAuth connections prove who calls', async (t) => {
  const answered = { status: 200, body: '{"access_token":"token-1","expires_in":3600}' };
  let authorized = true;
  const { url, received } = await endpoint(t, (request) =>
    request.url.startsWith('/token') ? (authorized ? answered : { status: 401 }) : { status: 200 },
  );
  const basic = await calling(url, {
    connection: {
      AuthorizationType: 'BASIC',
      AuthParameters: { BasicAuthParameters: { Username: 'u', Password: 'p' } },
    },
  });
  await put(basic.cloud, {});
  await basic.cloud.settle();
  assert.equal(received.pop()?.headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  const OAuthParameters = {
    ClientParameters: { ClientID: 'id', ClientSecret: 'secret' },
    AuthorizationEndpoint: `${url}/token`,
    HttpMethod: 'POST' as const,
    OAuthHttpParameters: { BodyParameters: [{ Key: 'scope', Value: 'all' }] },
  };
  const oauth = await calling(url, {
    connection: { AuthorizationType: 'OAUTH_CLIENT_CREDENTIALS', AuthParameters: { OAuthParameters } },
  });
  const { events } = oauth.cloud.root;
  assert.equal((await events.describeConnection({ Name: 'c' })).ConnectionState, 'AUTHORIZING');
  await oauth.cloud.settle();
  assert.equal((await events.describeConnection({ Name: 'c' })).ConnectionState, 'AUTHORIZED');
  assert.equal(received.pop()?.body, 'grant_type=client_credentials&client_id=id&client_secret=secret&scope=all');
  await put(oauth.cloud, {});
  await put(oauth.cloud, {});
  oauth.cloud.advance('PT1S');
  await oauth.cloud.settle();
  assert.deepEqual(
    received.map(({ url: path, headers }) => [path, headers.authorization]),
    [
      ['/token', undefined],
      ['/', 'Bearer token-1'],
      ['/', 'Bearer token-1'],
    ],
  );
  authorized = false;
  await events.updateConnection({ Name: 'c', Description: 'again' });
  await oauth.cloud.settle();
  const { ConnectionState, StateReason, Description } = await events.describeConnection({ Name: 'c' });
  assert.deepEqual([ConnectionState, Description], ['DEAUTHORIZED', 'again']);
  assert.match(StateReason!, /401/);
});

test('Connections are read back without their secrets, and kept sealed', async () => {
  const cloud = await testCloud();
  const { events } = cloud.root;
  const AuthParameters = {
    ...API_KEY,
    InvocationHttpParameters: {
      HeaderParameters: [
        { Key: 'open', Value: '1', IsValueSecret: false },
        { Key: 'closed', Value: 'hidden', IsValueSecret: true },
      ],
    },
  };
  const { ConnectionArn } = await events.createConnection({ Name: 'c', AuthorizationType: 'API_KEY', AuthParameters });
  assert.match(ConnectionArn!, /:connection\/c\/[0-9a-f-]{36}$/);
  const connection = await events.describeConnection({ Name: 'c' });
  assert.deepEqual(connection.AuthParameters, {
    ApiKeyAuthParameters: { ApiKeyName: 'X-Key' },
    InvocationHttpParameters: {
      HeaderParameters: [
        { Key: 'open', Value: '1', IsValueSecret: false },
        { Key: 'closed', IsValueSecret: true },
      ],
    },
  });
  const { Events } = await cloud.root.cloudtrail.lookupEvents({});
  assert.ok(!JSON.stringify(Events).includes('very-secret'));
  const missing = "Failed to describe the connection(s). Connection 'x' does not exist.";
  await rejected(events.describeConnection({ Name: 'x' }), 'ResourceNotFoundException', missing);
  await rejected(
    events.describeApiDestination({ Name: 'x' }),
    'ResourceNotFoundException',
    "Failed to describe the api-destination(s). An api-destination 'x' does not exist.",
  );
  await rejected(
    events.createConnection({ Name: 'b', AuthorizationType: 'BASIC', AuthParameters: API_KEY }),
    'ValidationException',
    /BasicAuthParameters/,
  );
  const destination = {
    Name: 'd',
    ConnectionArn,
    InvocationEndpoint: 'https://a.example/*',
    HttpMethod: 'PUT' as const,
  };
  await events.createApiDestination({ ...destination, Description: 'there', InvocationRateLimitPerSecond: 10 });
  const { ApiDestinationState, InvocationEndpoint, InvocationRateLimitPerSecond, Description } =
    await events.describeApiDestination({ Name: 'd' });
  assert.deepEqual(
    [ApiDestinationState, InvocationEndpoint, InvocationRateLimitPerSecond, Description],
    ['ACTIVE', 'https://a.example/*', 10, 'there'],
  );
  await rejected(
    events.createApiDestination({ ...destination, Name: 'e', InvocationEndpoint: 'http://a.example/' }),
    'ValidationException',
    /HTTPS/,
  );
  assert.equal((await events.deauthorizeConnection({ Name: 'c' })).ConnectionState, 'DEAUTHORIZING');
  assert.equal((await events.describeApiDestination({ Name: 'd' })).ApiDestinationState, 'INACTIVE');
  assert.equal((await events.describeConnection({ Name: 'c' })).AuthParameters, undefined);
  await events.deleteApiDestination({ Name: 'd' });
  await events.deleteConnection({ Name: 'c' });
  assert.deepEqual((await events.listConnections({})).Connections, []);
});
