import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type {
  CloudWatchLogs,
  StartLiveTailRequest,
  StartLiveTailResponseStream,
} from '@aws-sdk/client-cloudwatch-logs';
import { CloudWatchLogs as Client } from '@aws-sdk/client-cloudwatch-logs';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { listening } from '../../testing/socket.ts';

const arnOf = (cloud: Cloud, name: string) => `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:${name}`;

async function withGroup(t: TestContext, quotas: Record<string, number> = {}) {
  const cloud = await testCloud({ quotas });
  t.after(() => cloud.deps.waiting.close());
  const { logs } = cloud.root;
  const make = async (logGroupName: string, ...names: string[]) => {
    await logs.createLogGroup({ logGroupName });
    for (const logStreamName of names) await logs.createLogStream({ logGroupName, logStreamName });
  };
  await make('app', 's', 'web-1');
  const put = (message: string | readonly string[], logStreamName = 's', logGroupName = 'app', ageMs = 0) => {
    const timestamp = cloud.now().getTime() - ageMs;
    const logEvents = [message].flat().map((each) => ({ timestamp, message: each }));
    return logs.putLogEvents({ logGroupName, logStreamName, logEvents });
  };
  return { cloud, logs, make, put };
}

/** The start of a session, and its next update when a second has passed. */
async function tailing(cloud: Cloud, logs: CloudWatchLogs, input: Partial<StartLiveTailRequest> = {}) {
  const { responseStream } = await logs.startLiveTail({ logGroupIdentifiers: [arnOf(cloud, 'app')], ...input });
  const events = responseStream![Symbol.asyncIterator]();
  const next = async (): Promise<StartLiveTailResponseStream> => (await events.next()).value;
  const start = (await next()).sessionStart!;
  return {
    start,
    next,
    async update(duration = 'PT1S') {
      const coming = next();
      cloud.advance(duration);
      return (await coming).sessionUpdate!;
    },
  };
}

const messages = (update: { sessionResults?: { message?: string | undefined }[] | undefined }) =>
  update.sessionResults?.map(({ message }) => message);

test('StartLiveTail tells each second what came in, and only what came in since it began', async (t) => {
  const { cloud, logs, put } = await withGroup(t);
  await put('before');
  const { start, update } = await tailing(cloud, logs);
  assert.match(start.sessionId!, /^[0-9a-f-]{36}$/);
  assert.deepEqual(start.logGroupIdentifiers, [arnOf(cloud, 'app')]);
  await put('of an hour ago', 's', 'app', 3_600_000);
  await put('now', 'web-1');
  const first = await update();
  assert.equal(first.sessionMetadata?.sampled, false);
  assert.deepEqual(messages(first), ['of an hour ago', 'now']);
  assert.deepEqual(first.sessionResults![1], {
    logStreamName: 'web-1',
    logGroupIdentifier: arnOf(cloud, 'app'),
    message: 'now',
    timestamp: Date.parse('2030-01-01T00:00:00Z'),
    ingestionTime: Date.parse('2030-01-01T00:00:00Z'),
  });
  assert.deepEqual(messages(await update()), []);
  await put('later');
  assert.deepEqual(messages(await update()), ['later']);
});

test('StartLiveTail looks at streams and patterns that were asked for', async (t) => {
  const { cloud, logs, put } = await withGroup(t);
  const named = await tailing(cloud, logs, { logStreamNames: ['s'], logEventFilterPattern: 'ERROR' });
  const prefixed = await tailing(cloud, logs, {
    logStreamNamePrefixes: ['web'],
    logEventFilterPattern: '{ $.code > 399 }',
  });
  assert.deepEqual([named.start.logStreamNames, named.start.logEventFilterPattern], [['s'], 'ERROR']);
  await put(['ERROR a', 'fine'], 's');
  await put(['{"code": 200}', '{"code": 500}'], 'web-1');
  const [a, b] = await Promise.all([named.update(), prefixed.next()]);
  assert.deepEqual([messages(a), messages(b.sessionUpdate!)], [['ERROR a'], ['{"code": 500}']]);
});

test('StartLiveTail sends a sample of 500 of more', async (t) => {
  const { cloud, logs, put } = await withGroup(t);
  const { update } = await tailing(cloud, logs);
  await put(Array.from({ length: 1200 }, (_, i) => `m${i}`));
  const sampled = await update();
  assert.equal(sampled.sessionMetadata?.sampled, true);
  assert.equal(new Set(messages(sampled)).size, 500);
});

test('StartLiveTail ends after three hours', async (t) => {
  const { cloud, logs } = await withGroup(t);
  const { update, next } = await tailing(cloud, logs);
  await update('PT2H59M59S');
  cloud.advance('PT1S');
  await assert.rejects(next(), { name: 'SessionTimeoutException' });
});

test('StartLiveTail masks what policies name as sensitive, and shows nothing of groups that are deleted', async (t) => {
  const { cloud, logs, make, put } = await withGroup(t);
  await make('other', 's');
  const identifier = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress';
  const statement = (Sid: string, Operation: object) => ({ Sid, DataIdentifier: [identifier], Operation });
  const Statement = [
    statement('audit', { Audit: { FindingsDestination: {} } }),
    statement('mask', { Deidentify: { MaskConfig: {} } }),
  ];
  const policyDocument = JSON.stringify({ Name: 'p', Version: '2021-06-01', Statement });
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
  const both = [arnOf(cloud, 'app'), arnOf(cloud, 'other')];
  const { update } = await tailing(cloud, logs, { logGroupIdentifiers: both });
  await put('by a@example.com');
  await put('elsewhere', 's', 'other');
  assert.deepEqual(messages(await update()), ['by *************', 'elsewhere']);
  await put('last words', 's', 'other');
  await logs.deleteLogGroup({ logGroupName: 'other' });
  assert.deepEqual(messages(await update()), []);
});

test('StartLiveTail refuses what it cannot follow', async (t) => {
  const { cloud, logs, make } = await withGroup(t);
  await make('other');
  await logs.createLogGroup({ logGroupName: 'rare', logGroupClass: 'INFREQUENT_ACCESS' });
  const arn = arnOf(cloud, 'app');
  const codeOf = async (input: Partial<StartLiveTailRequest>) =>
    (await refusal(logs.startLiveTail({ logGroupIdentifiers: [arn], ...input }))).name;
  const invalid = 'InvalidParameterException';
  assert.equal(await codeOf({ logGroupIdentifiers: ['app'] }), invalid);
  assert.equal(await codeOf({ logGroupIdentifiers: [`${arn}:*`] }), invalid);
  assert.equal(await codeOf({ logGroupIdentifiers: Array(11).fill(arn) }), invalid);
  assert.equal(await codeOf({ logGroupIdentifiers: [arn, arnOf(cloud, 'other')], logStreamNames: ['s'] }), invalid);
  assert.equal(await codeOf({ logStreamNames: ['s'], logStreamNamePrefixes: ['s'] }), invalid);
  assert.equal(await codeOf({ logEventFilterPattern: '{ $.a = ' }), invalid);
  assert.equal(await codeOf({ logGroupIdentifiers: [arnOf(cloud, 'nowhere')] }), 'ResourceNotFoundException');
  assert.equal(await codeOf({ logGroupIdentifiers: [arnOf(cloud, 'rare')] }), 'InvalidOperationException');
});

test('StartLiveTail asks for permission on each group; groups of other accounts are out of reach', async (t) => {
  const { cloud, make } = await withGroup(t);
  await make('other');
  const both = [arnOf(cloud, 'app'), arnOf(cloud, 'other')];
  const allow = (Resource: string) => ({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:StartLiveTail', Resource },
  });
  const narrow = await cloud.user('narrow', allow(`${both[0]}:*`));
  assert.deepEqual((await tailing(cloud, narrow.logs)).start.logGroupIdentifiers, [both[0]]);
  const refused = await refusal(narrow.logs.startLiveTail({ logGroupIdentifiers: both }));
  assert.equal(refused.name, 'AccessDeniedException');
  assert.match(refused.message, /perform: logs:StartLiveTail on resource: .*log-group:other/);
  const stranger = await cloud.memberAccount('dev');
  const foreign = await refusal(stranger.root.logs.startLiveTail({ logGroupIdentifiers: [both[0]!] }));
  assert.equal(foreign.name, 'AccessDeniedException');
});

test('StartLiveTail over a socket: so many sessions at once; a client that goes away makes room', async (t) => {
  const { cloud, logs, put } = await withGroup(t, { 'Live Tail concurrent sessions': 1 });
  const endpoint = `http://127.0.0.1:${await listening(t, cloud)}`;
  const credentials = await cloud.keyFor(cloud.managementAccount);
  const client = new Client({ endpoint, region: 'us-east-1', credentials, disableHostPrefix: true });
  const { next, update } = await tailing(cloud, client);
  await put('over the wire');
  assert.deepEqual(messages(await update()), ['over the wire']);
  const another = { logGroupIdentifiers: [arnOf(cloud, 'app')] };
  assert.equal((await refusal(logs.startLiveTail(another))).name, 'LimitExceededException');
  const pending = next().catch((error) => error);
  while (cloud.deps.waiting.waiting() === 0) await new Promise(setImmediate);
  client.destroy();
  await pending;
  while (cloud.deps.waiting.waiting() > 0) await new Promise(setImmediate);
  cloud.advance('PT61S');
  assert.ok((await tailing(cloud, logs)).start.sessionId);
});
