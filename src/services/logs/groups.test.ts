import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

const ACCOUNT = '111122223333';
const ARN = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:app`;

test('CreateLogGroup makes what DescribeLogGroups shows', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app', tags: { a: '1' }, deletionProtectionEnabled: true });
  await logs.putRetentionPolicy({ logGroupName: 'app', retentionInDays: 30 });
  const { logGroups } = await logs.describeLogGroups({ logGroupNamePrefix: 'ap' });
  assert.deepEqual(logGroups, [
    {
      logGroupName: 'app',
      creationTime: cloud.now().getTime(),
      retentionInDays: 30,
      metricFilterCount: 0,
      arn: `${ARN}:*`,
      storedBytes: 0,
      logGroupClass: 'STANDARD',
      logGroupArn: ARN,
      deletionProtectionEnabled: true,
      bearerTokenAuthenticationEnabled: false,
    },
  ]);
  const exists = 'The specified log group already exists';
  await rejected(logs.createLogGroup({ logGroupName: 'app' }), 'ResourceAlreadyExistsException', exists);
});

test('Log groups: names, classes and limits in AWS’s words', async () => {
  const { logs } = (await testCloud()).root;
  const invalid = (work: Promise<unknown>, message: string | RegExp) =>
    rejected(work, 'InvalidParameterException', message);
  const long = 'Invalid LogGroup or LogStream, both must have length less than or equal to 512.';
  await invalid(logs.createLogGroup({ logGroupName: 'x'.repeat(513) }), long);
  await invalid(
    logs.createLogGroup({ logGroupName: 'a b' }),
    /regular expression pattern: \[\\\.\\-_\/#A-Za-z0-9\]\+$/,
  );
  const reserved = 'Log groups starting with AWS/ are reserved for AWS.';
  await invalid(logs.createLogGroup({ logGroupName: 'aws/x' }), reserved);
  await logs.createLogGroup({ logGroupName: 'd', logGroupClass: 'DELIVERY' });
  const { logGroups } = await logs.describeLogGroups({ logGroupClass: 'DELIVERY' });
  assert.deepEqual([logGroups![0]!.retentionInDays, logGroups!.length], [2, 1]);
  await refusal(logs.putRetentionPolicy({ logGroupName: 'd', retentionInDays: 5 }), 'InvalidParameterException');
  await logs.createLogGroup({ logGroupName: 'ia', logGroupClass: 'INFREQUENT_ACCESS' });
  await refusal(logs.filterLogEvents({ logGroupName: 'ia' }), 'InvalidParameterException');
  await invalid(
    logs.putRetentionPolicy({ logGroupName: 'ia', retentionInDays: 2 }),
    /^1 validation error detected: Value '2' at 'retentionInDays' failed .* enum value set: \[1, 3, 5, .*, 3653\]$/,
  );
  const exclusive = 'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.';
  await invalid(logs.describeLogGroups({ logGroupNamePrefix: 'a', logGroupNamePattern: 'b' }), exclusive);
  await rejected(
    logs.describeLogStreams({ logGroupName: 'ia', logGroupIdentifier: 'ia' }),
    'ValidationException',
    'LogGroup name and LogGroup ARN are mutually exclusive parameters.',
  );
});

test('DescribeLogGroups and ListLogGroups page, and find by pattern, class, tag and identifier', async () => {
  const { logs } = (await testCloud()).root;
  for (const name of ['/aws/a', '/aws/b', 'web-1', 'web-2', 'x']) {
    await logs.createLogGroup({ logGroupName: name, tags: { kind: name.startsWith('web') ? 'web' : 'other' } });
  }
  const names: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.describeLogGroups({ limit: 2, nextToken });
    names.push(...page.logGroups!.map((group) => group.logGroupName));
    nextToken = page.nextToken;
  } while (nextToken);
  assert.deepEqual(names, ['/aws/a', '/aws/b', 'web-1', 'web-2', 'x']);
  const described = async (input: object) =>
    (await logs.describeLogGroups(input)).logGroups!.map((group) => group.logGroupName);
  assert.deepEqual(await described({ logGroupNamePattern: 'b-' }), ['web-1', 'web-2']);
  assert.deepEqual(await described({ logGroupIdentifiers: ['x', 'none', `${ARN.replace('app', 'web-1')}`] }), [
    'x',
    'web-1',
  ]);
  const listed = async (input: object) => (await logs.listLogGroups(input)).logGroups!.map((g) => g.logGroupName);
  assert.deepEqual(await listed({ logGroupNamePattern: '^/aws|-2' }), ['/aws/a', '/aws/b', 'web-2']);
  assert.deepEqual(await listed({ logGroupTags: [{ key: 'kind', values: ['web'] }] }), ['web-1', 'web-2']);
  await rejected(
    logs.describeLogGroups({ nextToken: '!' }),
    'InvalidParameterException',
    'The specified nextToken is invalid.',
  );
});

test('A group that is deleted is gone with all it held, and comes back empty', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app', deletionProtectionEnabled: true });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const logEvents = [{ timestamp: cloud.now().getTime(), message: 'm'.repeat(1000) }];
  await logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
  await refusal(logs.deleteLogGroup({ logGroupName: 'app' }), 'ValidationException');
  await refusal(logs.deleteLogStream({ logGroupName: 'app', logStreamName: 's' }), 'ValidationException');
  await logs.putLogGroupDeletionProtection({ logGroupIdentifier: ARN, deletionProtectionEnabled: false });
  await logs.deleteLogGroup({ logGroupName: 'app' });
  cloud.advance('PT1S');
  const gone = 'The specified log group does not exist.';
  await rejected(logs.filterLogEvents({ logGroupName: 'app' }), 'ResourceNotFoundException', gone);
  await logs.createLogGroup({ logGroupName: 'app' });
  assert.deepEqual((await logs.filterLogEvents({ logGroupName: 'app' })).events, []);
  await cloud.settle();
  assert.deepEqual((await logs.describeLogStreams({ logGroupName: 'app' })).logStreams, []);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.storedBytes, 0);
  const { segments } = await import('./segments.ts');
  const left = await cloud.deps.store.transaction((tx) => tx.list(segments, [], { limit: 1 }));
  assert.deepEqual(left.rows, []);
});

test('Tags by name and by ARN are the same tags', async () => {
  const { logs } = (await testCloud()).root;
  await logs.createLogGroup({ logGroupName: 'app', tags: { a: '1' } });
  await logs.tagResource({ resourceArn: ARN, tags: { b: '2' } });
  await logs.tagLogGroup({ logGroupName: 'app', tags: { c: '3', a: '0' } });
  assert.deepEqual((await logs.listTagsForResource({ resourceArn: ARN })).tags, { a: '0', b: '2', c: '3' });
  await logs.untagLogGroup({ logGroupName: 'app', tags: ['a'] });
  await logs.untagResource({ resourceArn: ARN, tagKeys: ['b'] });
  assert.deepEqual((await logs.listTagsLogGroup({ logGroupName: 'app' })).tags, { c: '3' });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v']));
  await refusal(logs.tagResource({ resourceArn: ARN, tags: many }), 'TooManyTagsException');
  await refusal(logs.listTagsForResource({ resourceArn: `${ARN}x` }), 'ResourceNotFoundException');
});

test('DescribeLogStreams orders by name and by last event, both ways, and knows the streams’ extents', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const now = cloud.now().getTime();
  await logs.createLogGroup({ logGroupName: 'app' });
  for (const [i, logStreamName] of ['b', 'a', 'bb', 'c'].entries()) {
    await logs.createLogStream({ logGroupName: 'app', logStreamName });
    if (logStreamName === 'c') continue;
    const logEvents = [-100_000 * i, -50_000 * i + 5].map((at) => ({ timestamp: now + at, message: 'm' }));
    await logs.putLogEvents({ logGroupName: 'app', logStreamName, logEvents });
  }
  const order = async (input: object) =>
    (await logs.describeLogStreams({ logGroupName: 'app', ...input })).logStreams!.map((s) => s.logStreamName);
  assert.deepEqual(await order({}), ['a', 'b', 'bb', 'c']);
  assert.deepEqual(await order({ descending: true }), ['c', 'bb', 'b', 'a']);
  assert.deepEqual(await order({ descending: true, logStreamNamePrefix: 'b' }), ['bb', 'b']);
  assert.deepEqual(await order({ orderBy: 'LastEventTime', descending: true }), ['b', 'a', 'bb', 'c']);
  assert.deepEqual(await order({ orderBy: 'LastEventTime' }), ['c', 'bb', 'a', 'b']);
  await rejected(
    logs.describeLogStreams({ logGroupName: 'app', orderBy: 'LastEventTime', logStreamNamePrefix: 'b' }),
    'InvalidParameterException',
    'Cannot order by LastEventTime with a logStreamNamePrefix.',
  );
  const { logStreams } = await logs.describeLogStreams({ logGroupName: 'app', logStreamNamePrefix: 'bb' });
  assert.deepEqual(logStreams![0], {
    logStreamName: 'bb',
    creationTime: now,
    firstEventTimestamp: now - 200_000,
    lastEventTimestamp: now - 99_995,
    lastIngestionTime: now,
    uploadSequenceToken: logStreams![0]!.uploadSequenceToken,
    arn: `${ARN}:log-stream:bb`,
    storedBytes: 0,
  });
  await logs.deleteLogStream({ logGroupName: 'app', logStreamName: 'bb' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 'bb' });
  assert.deepEqual((await logs.getLogEvents({ logGroupName: 'app', logStreamName: 'bb' })).events, []);
  const exists = 'The specified log stream already exists';
  const again = logs.createLogStream({ logGroupName: 'app', logStreamName: 'bb' });
  await rejected(again, 'ResourceAlreadyExistsException', exists);
});

test('Permissions on a group are on its ARN with :*, on a stream on its own', async () => {
  const cloud = await testCloud();
  await cloud.root.logs.createLogGroup({ logGroupName: 'app' });
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'logs:*', Resource: `${ARN}:*` },
      { Effect: 'Deny', Action: 'logs:*', Resource: `${ARN}:log-stream:secret` },
    ],
  });
  await alice.logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  await alice.logs.filterLogEvents({ logGroupName: 'app' });
  await rejected(
    alice.logs.createLogStream({ logGroupName: 'app', logStreamName: 'secret' }),
    'AccessDeniedException',
    /logs:CreateLogStream on resource: arn:aws:logs:us-east-1:111122223333:log-group:app:log-stream:secret /,
  );
  await rejected(
    alice.logs.createLogGroup({ logGroupName: 'other' }),
    'AccessDeniedException',
    /logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:111122223333:log-group:other:log-stream: /,
  );
  const bob = await cloud.user('bob', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:*', Resource: ARN },
  });
  await refusal(bob.logs.filterLogEvents({ logGroupName: 'app' }), 'AccessDeniedException');
  await bob.logs.tagResource({ resourceArn: ARN, tags: { a: '1' } });
});
