import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, cloudWith, fill, rows, START } from '../../../testing/logQueries.ts';
import { promptly } from '../../../testing/promptly.ts';
import { refusal, rejected } from '../../../testing/rejected.ts';

const REQUESTS: readonly (readonly [number, object])[] = [
  [0, { requestId: 'a', status: 500, latency: 10 }],
  [1, { requestId: 'b', status: 503, latency: 30 }],
  [2, { requestId: 'c', status: 200, latency: 20 }],
  [3, { requestId: 'd', status: 500, latency: 5 }],
];
const CALLS: readonly (readonly [number, object])[] = [
  [0, { requestId: 'a', duration: 7, errorType: 'Timeout' }],
  [1, { requestId: 'b', duration: 8, errorType: 'Timeout' }],
  [2, { requestId: 'b', duration: 9, errorType: 'Other' }],
  [3, { requestId: 'c', duration: 1, errorType: 'None' }],
];

async function twoGroups() {
  const cloud = await cloudWith(REQUESTS);
  await fill(cloud, '/aws/lambda/f', CALLS);
  return cloud;
}

/** A query, and its rows. */
const CASES: readonly (readonly [string, readonly object[]])[] = [
  [
    `filter status >= 500
     | join type=inner left=api right=lambda where api.requestId=lambda.requestId (SOURCE '/aws/lambda/f')
     | fields api.requestId, api.latency, lambda.duration
     | sort api.latency desc, lambda.duration`,
    [
      { 'api.requestId': 'b', 'api.latency': '30', 'lambda.duration': '8' },
      { 'api.requestId': 'b', 'api.latency': '30', 'lambda.duration': '9' },
      { 'api.requestId': 'a', 'api.latency': '10', 'lambda.duration': '7' },
    ],
  ],
  [
    `join type=left left=api right=lambda where lambda.requestId = api.requestId (SOURCE '/aws/lambda/f')
     | filter !ispresent(lambda.duration) or lambda.errorType = "None"
     | fields requestId, lambda.errorType as error | sort requestId`,
    [{ requestId: 'c', error: 'None' }, { requestId: 'd' }],
  ],
  [
    `join left=api right=f where api.requestId=f.requestId (SOURCE \`/aws/lambda/f\`)
     | stats count(*) as n, sum(f.duration) as d by api.status as status | sort status`,
    [
      { status: '200', n: '1', d: '1' },
      { status: '500', n: '1', d: '7' },
      { status: '503', n: '2', d: '17' },
    ],
  ],
  [
    `filter requestId in (SOURCE '/aws/lambda/f' | filter errorType = "Timeout" | fields requestId)
     | fields requestId, latency | sort @timestamp asc`,
    [
      { requestId: 'a', latency: '10' },
      { requestId: 'b', latency: '30' },
    ],
  ],
  [
    `filter requestId not in (
       SOURCE '/aws/lambda/f'
       | stats count(*) as n by requestId # how many
       | filter n > 0
     ) or requestId in (SOURCE logGroups(namePrefix: ['/aws/']) | stats count(*) as n by requestId | filter n > 1)
     | fields requestId | sort requestId`,
    [{ requestId: 'b' }, { requestId: 'd' }],
  ],
  [
    'filter latency in (filter status = 500 | fields latency) | fields requestId | sort requestId',
    [{ requestId: 'a' }, { requestId: 'd' }],
  ],
  [
    `stats count(*) as n by status | sort status
     | appendcols (SOURCE /aws/lambda/f | stats avg(duration) as mean, max(duration) as n by requestId | sort requestId)`,
    [
      { status: '200', n: '1', requestId: 'a', mean: '7' },
      { status: '500', n: '2', requestId: 'b', mean: '8.5' },
      { status: '503', n: '1', requestId: 'c', mean: '1' },
    ],
  ],
  [
    `stats count(*) as n by status | sort status
     | appendcols override=true max=1 (SOURCE '/aws/lambda/f' | stats max(duration) as n by requestId | sort n desc)`,
    [
      { status: '200', n: '9', requestId: 'b' },
      { status: '500', n: '2' },
      { status: '503', n: '1' },
    ],
  ],
];

test('join, subqueries and appendcols read other groups before the query', async () => {
  const cloud = await twoGroups();
  for (const [query, wanted] of CASES) assert.deepEqual(await rows(cloud, query), wanted, query);
  const { statistics } = await ask(cloud, CASES[3]![0]);
  assert.deepEqual([statistics?.recordsScanned, statistics?.recordsMatched, statistics?.logGroupsScanned], [8, 2, 2]);
});

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['filter a in (filter b in (fields c) | fields a)', /nested subqueries/],
  ['filter a in (fields b, c)', /must return the field a/],
  ['filter a in (fields a', /unexpected symbol found end of query/],
  ['filter a in (fields a | estimate)', /cannot be estimated/],
  ['join left=a right=b where a.x=b.x (fields x)', /a join takes a SOURCE/],
  ['join left=a right=b where a.x=b.x (SOURCE lg | fields x)', /a join takes a SOURCE, and no query/],
  ['join left=a right=b where a.x>b.x (SOURCE lg)', /only equality/],
  ['join type=full left=a right=b where a.x=b.x (SOURCE lg)', /inner or left/],
  ['join left=a where a.x=b.x (SOURCE lg)', /two aliases/],
  ['join left=a right=b where a.x=c.x (SOURCE lg)', /names a field of b/],
  [`${'join left=a right=b where a.x=b.x (SOURCE app) | '.repeat(2)}fields x`, /only one join/],
  ['appendcols max=0 (fields a)', /max takes a number/],
];

test('what is no query within a query is told', async () => {
  const { logs } = (await cloudWith([])).root;
  for (const [queryString, message] of WRONG) {
    const asked = logs.startQuery({ logGroupName: 'app', queryString, startTime: 0, endTime: 1 });
    await rejected(asked, 'MalformedQueryException', message);
  }
});

test('groups within the query must be there, and may only be read by who may read them', async () => {
  const cloud = await twoGroups();
  const range = { startTime: START / 1000, endTime: START / 1000 + 10 };
  const asking = (group: string) => ({
    logGroupName: 'app',
    queryString: `filter requestId in (SOURCE '${group}' | fields requestId)`,
    ...range,
  });
  await refusal(cloud.root.logs.startQuery(asking('none')), 'ResourceNotFoundException');
  const { logs } = await cloud.user('reader', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:*', Resource: 'arn:aws:logs:*:*:log-group:app:*' },
  });
  await rejected(logs.startQuery(asking('/aws/lambda/f')), 'AccessDeniedException', /log-group:\/aws\/lambda\/f/);
  const { queryId } = await cloud.root.logs.startQuery(asking('/aws/lambda/f'));
  await cloud.settle();
  await rejected(logs.getQueryResults({ queryId }), 'AccessDeniedException', /log-group:\/aws\/lambda\/f/);
  assert.equal((await logs.startQuery(asking('app'))).queryId?.length, 36);
});

test('SOURCE names groups, selects them by tags, and says of which time', async () => {
  const cloud = await twoGroups();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'tagged', tags: { team: 'payments-eu', stage: 'test' } });
  await logs.tagLogGroup({ logGroupName: 'app', tags: { team: 'payments-us', stage: 'production' } });
  const open = { logGroupName: undefined };
  const groupsOf = async (source: string) => {
    const { queryId } = await logs.startQuery({
      queryString: `SOURCE ${source} | limit 1`,
      startTime: START / 1000,
      endTime: START / 1000 + 1,
    });
    const { logGroupIdentifiers } = await logs.listLogGroupsForQuery({ queryId });
    return logGroupIdentifiers?.map((arn) => arn.split(':log-group:')[1]).sort();
  };
  assert.deepEqual(await groupsOf(`'app'`), ['app']);
  assert.deepEqual(await groupsOf(`'app' | SOURCE "/aws/lambda/f"`), ['/aws/lambda/f', 'app']);
  const tags = (filters: object[]) => `logGroupTags(${JSON.stringify(filters)})`;
  assert.deepEqual(await groupsOf(tags([{ key: 'team', values: ['payments*'] }])), ['app', 'tagged']);
  assert.deepEqual(await groupsOf(tags([{ key: 'team' }, { key: 'stage', values: ['!production'] }])), ['tagged']);
  assert.deepEqual(await groupsOf(`logGroups(namePrefix: ['a']) ${tags([{ key: 'team' }])}`), ['app']);
  assert.deepEqual(await groupsOf(`dataSource(['shop.orders', 'other'])`), []);
  await logs.tagLogGroup({
    logGroupName: 'app',
    tags: { 'cw:datasource:name': 'shop', 'cw:datasource:type': 'orders' },
  });
  assert.deepEqual(await groupsOf(`dataSource(['shop.orders', 'other'])`), ['app']);
  assert.deepEqual(await groupsOf(`dataSource(['shop']) logGroups(namePrefix: ['tag'])`), []);
  await cloud.root.logs.createLogGroup({ logGroupName: 'recent' });
  await logs.createLogStream({ logGroupName: 'recent', logStreamName: 's' });
  const now = cloud.now().getTime();
  const logEvents = [-7_200_000, -60_000].map((at) => ({ timestamp: now + at, message: `${at}` }));
  await logs.putLogEvents({ logGroupName: 'recent', logStreamName: 's', logEvents });
  const recent = await rows(cloud, 'SOURCE recent start=-1h end=now | fields @message', open);
  assert.deepEqual(recent, [{ '@message': '-60000' }]);
  assert.equal((await rows(cloud, 'SOURCE recent START=-10800s END=0s | fields @message', open)).length, 2);
});

test('a join that explodes fails the query, and promptly', async () => {
  const cloud = await cloudWith(Array.from({ length: 6_000 }, (_, i) => [i, { k: 1, i }] as const));
  const { logs } = cloud.root;
  const { queryId } = await logs.startQuery({
    logGroupName: 'app',
    queryString: 'join left=a right=b where a.k=b.k (SOURCE app) | stats count(*)',
    startTime: START / 1000,
    endTime: START / 1000 + 10,
  });
  await promptly(() => cloud.settle());
  assert.equal((await logs.getQueryResults({ queryId })).status, 'Failed');
});

test('log groups of infrequent access know no patterns, indexes nor unmasking', async () => {
  const { logs } = (await cloudWith([])).root;
  await logs.createLogGroup({ logGroupName: 'rare', logGroupClass: 'INFREQUENT_ACCESS' });
  const asking = (queryString: string) =>
    logs.startQuery({ logGroupName: 'rare', queryString, startTime: 0, endTime: 1 });
  for (const query of ['pattern @message', 'diff', 'filterIndex a = 1', 'fields unmask(@message)']) {
    await rejected(asking(query), 'InvalidParameterException', /Infrequent Access/);
  }
  assert.ok((await asking('join left=a right=b where a.x=b.x (SOURCE app)')).queryId);
});
