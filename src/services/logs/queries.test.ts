import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, cloudWith, fill, rows, START } from '../../testing/logQueries.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

test('Queries of several groups are merged by time; SOURCE selects groups by prefix', async () => {
  const cloud = await cloudWith(
    [
      [0, 'a0'],
      [2000, 'a2'],
    ],
    'team/a',
  );
  await fill(cloud, 'team/b', [
    [1000, 'b1'],
    [3000, 'b3'],
  ]);
  await fill(cloud, 'other', [[500, 'o']]);
  const both = { logGroupName: undefined, logGroupNames: ['team/a', 'team/b'] };
  const all = await rows(cloud, 'fields @message, @log', both);
  assert.deepEqual(all[0], { '@message': 'b3', '@log': '111122223333:team/b' });
  assert.deepEqual(
    all.map((row) => row['@message']),
    ['b3', 'a2', 'b1', 'a0'],
  );
  const selected = await rows(
    cloud,
    "SOURCE logGroups(namePrefix: ['team']) | stats count(*) as n by @log | sort n, @log",
    {
      logGroupName: undefined,
    },
  );
  assert.deepEqual(selected, [
    { '@log': '111122223333:team/a', n: '2' },
    { '@log': '111122223333:team/b', n: '2' },
  ]);
});

test('A query reads only its groups and its range', async () => {
  const cloud = await cloudWith([
    [-10_000, 'before'],
    [0, 'in'],
    [999, 'in too'],
    [1000, 'after'],
  ]);
  const range = { startTime: START / 1000, endTime: START / 1000 };
  assert.deepEqual(
    (await rows(cloud, 'fields @message', range)).map((row) => row['@message']),
    ['in too', 'in'],
  );
  const { logs } = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'logs:*',
      Resource: 'arn:aws:logs:us-east-1:111122223333:log-group:mine:*',
    },
  });
  const query = { logGroupName: 'app', queryString: 'fields @message', startTime: 0, endTime: 1 };
  await rejected(
    logs.startQuery(query),
    'AccessDeniedException',
    /logs:StartQuery on resource: .*log-group:app:log-stream:/,
  );
  const { queryId } = await cloud.root.logs.startQuery(query);
  await refusal(logs.getQueryResults({ queryId }), 'AccessDeniedException');
});

test('Large results come in pages; a limit ends the reading', async () => {
  const cloud = await cloudWith(Array.from({ length: 3000 }, (_, i) => [i, `message ${i}`] as const));
  const { logs } = cloud.root;
  const { results, statistics } = await ask(cloud, 'fields @message | limit 1200');
  assert.equal(results!.length, 1200);
  assert.ok(statistics!.recordsScanned! < 3000);
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const { queryId } = await logs.startQuery({ logGroupName: 'app', queryString: 'fields @message', ...range });
  await cloud.settle();
  const found: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.getQueryResults({ queryId, maxItems: 700, nextToken });
    found.push(...page.results!.map((row) => row[0]!.value));
    nextToken = page.nextToken;
  } while (nextToken);
  assert.deepEqual(
    found,
    Array.from({ length: 3000 }, (_, i) => `message ${2999 - i}`),
  );
});

test('Queries are listed newest first, stopped, and forgotten after seven days', async () => {
  const cloud = await cloudWith([[0, 'x']]);
  const { logs } = cloud.root;
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const start = (queryString: string) => logs.startQuery({ logGroupName: 'app', queryString, ...range });
  const first = await start('fields @message');
  await cloud.settle();
  cloud.advance('PT1M');
  const second = await start('fields @timestamp');
  const listed = await logs.describeQueries({ logGroupName: 'app' });
  assert.deepEqual(
    listed.queries!.map(({ queryId, status }) => [queryId, status]),
    [
      [second.queryId, 'Scheduled'],
      [first.queryId, 'Complete'],
    ],
  );
  assert.equal((await logs.stopQuery({ queryId: second.queryId })).success, true);
  await cloud.settle();
  assert.equal((await logs.getQueryResults({ queryId: second.queryId })).status, 'Cancelled');
  await refusal(logs.stopQuery({ queryId: first.queryId }), 'InvalidParameterException');
  cloud.advance('P8D');
  await cloud.settle();
  await refusal(logs.getQueryResults({ queryId: first.queryId }), 'ResourceNotFoundException');
});

test('A query over many events lets others go on', async () => {
  const wide = { a: { b: 'text '.repeat(20) }, code: 1 };
  const cloud = await cloudWith(Array.from({ length: 20_000 }, (_, i) => [i, { ...wide, i }] as const));
  const queryString =
    'filter a.b like /t(e|x)*t/ | stats pct(i, 90), count(*) as n by strlen(a.b) as l, i % 7 as m | sort m';
  const range = { startTime: START / 1000, endTime: START / 1000 + 100 };
  await cloud.root.logs.startQuery({ logGroupName: 'app', queryString, ...range });
  let turns = 0;
  let done = false;
  const watch = async () => {
    for (; !done; turns++) await new Promise((resolve) => setImmediate(resolve));
  };
  const watching = watch();
  await cloud.settle();
  done = true;
  await watching;
  assert.ok(turns > 10, `${turns} turns`);
});
