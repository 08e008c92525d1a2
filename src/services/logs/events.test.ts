import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const START = Date.parse('2030-01-01T00:00:00Z');

async function withStreams(cloud: Cloud, ...names: string[]) {
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  for (const logStreamName of names) await logs.createLogStream({ logGroupName: 'app', logStreamName });
  const put = (logStreamName: string, ...events: (readonly [at: number, message: string])[]) =>
    logs.putLogEvents({
      logGroupName: 'app',
      logStreamName,
      logEvents: events.map(([at, message]) => ({ timestamp: START + at, message })),
    });
  return { logs, put };
}

const messages = (answer: { events?: { message?: string | undefined }[] | undefined }) =>
  answer.events?.map(({ message }) => message);

test('PutLogEvents keeps what GetLogEvents gives back, in time order across batches', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withStreams(cloud, 's');
  const answer = await put('s', [-5000, 'a'], [-1000, 'c']);
  assert.equal(answer.rejectedLogEventsInfo, undefined);
  assert.match(answer.nextSequenceToken!, /^\d{56}$/);
  await put('s', [-3000, 'b'], [0, 'd ☃ \u0000 "quoted"']);
  const all = await logs.getLogEvents({ logGroupName: 'app', logStreamName: 's', startFromHead: true });
  assert.deepEqual(messages(all), ['a', 'b', 'c', 'd ☃ \u0000 "quoted"']);
  assert.deepEqual(all.events![0], { timestamp: START - 5000, message: 'a', ingestionTime: START });
  const ranged = await logs.getLogEvents({
    logGroupIdentifier: 'arn:aws:logs:us-east-1:111122223333:log-group:app',
    logStreamName: 's',
    startTime: START - 3000,
    endTime: START,
    startFromHead: true,
  });
  assert.deepEqual(messages(ranged), ['b', 'c']);
});

test('GetLogEvents pages to both ends with AWS’s tokens, and stays there', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withStreams(cloud, 's');
  for (let i = 0; i < 9; i += 3) await put('s', [i, `m${i}`], [i + 1, `m${i + 1}`], [i + 2, `m${i + 2}`]);
  const page = (nextToken?: string, startFromHead?: boolean) =>
    logs.getLogEvents({ logGroupName: 'app', logStreamName: 's', limit: 4, nextToken, startFromHead });
  const newest = await page();
  assert.deepEqual(messages(newest), ['m5', 'm6', 'm7', 'm8']);
  assert.match(newest.nextBackwardToken!, /^b\/\d{56}\/s$/);
  const older = await page(newest.nextBackwardToken);
  assert.deepEqual(messages(older), ['m1', 'm2', 'm3', 'm4']);
  const oldest = await page(older.nextBackwardToken);
  assert.deepEqual(messages(oldest), ['m0']);
  const end = await page(oldest.nextBackwardToken);
  assert.deepEqual([messages(end), end.nextBackwardToken], [[], oldest.nextBackwardToken]);
  assert.deepEqual(messages(await page(older.nextForwardToken, true)), ['m5', 'm6', 'm7', 'm8']);
  const last = await page(newest.nextForwardToken, true);
  assert.deepEqual([messages(last), last.nextForwardToken], [[], newest.nextForwardToken]);
  await put('s', [10, 'm9']);
  assert.deepEqual(messages(await page(newest.nextForwardToken, true)), ['m9']);
  await rejected(page('nonsense'), 'InvalidParameterException', 'The specified nextToken is invalid.');
});

test('PutLogEvents tells which events are too old, expired or too new, and keeps the others', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withStreams(cloud, 's');
  await logs.putRetentionPolicy({ logGroupName: 'app', retentionInDays: 7 });
  const DAY = 86_400_000;
  const answer = await put('s', [-15 * DAY, 'old'], [-8 * DAY, 'expired'], [0, 'kept'], [3 * 3_600_000, 'new']);
  assert.deepEqual(answer.rejectedLogEventsInfo, {
    tooOldLogEventEndIndex: 1,
    expiredLogEventEndIndex: 2,
    tooNewLogEventStartIndex: 3,
  });
  assert.deepEqual(messages(await logs.getLogEvents({ logGroupName: 'app', logStreamName: 's' })), ['kept']);
});

test('PutLogEvents refuses whole batches in AWS’s words', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withStreams(cloud, 's');
  const invalid = (work: Promise<unknown>, message: string | RegExp) =>
    rejected(work, 'InvalidParameterException', message);
  await invalid(
    put('s', [1, 'a'], [0, 'b']),
    'Log events in a single PutLogEvents request must be in chronological order.',
  );
  await invalid(
    put('s', [-90_000_000, 'a'], [0, 'b']),
    'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.',
  );
  const long = 'x'.repeat(600_000);
  await invalid(put('s', [0, long], [0, long]), /^Upload too large: 1200052 bytes exceeds limit of 1048576$/);
  const many = Array.from({ length: 10_001 }, () => [0, 'x'] as const);
  await invalid(put('s', ...many), /Member must have length less than or equal to 10000/);
  await rejected(put('none', [0, 'x']), 'ResourceNotFoundException', 'The specified log stream does not exist.');
  const elsewhere = logs.putLogEvents({
    logGroupName: 'none',
    logStreamName: 's',
    logEvents: [{ timestamp: START, message: 'x' }],
  });
  await rejected(elsewhere, 'ResourceNotFoundException', 'The specified log group does not exist.');
});

test('PutLogEvents says that it keeps no entity', async () => {
  const cloud = await testCloud();
  const { logs } = await withStreams(cloud, 's');
  const answer = await logs.putLogEvents({
    logGroupName: 'app',
    logStreamName: 's',
    logEvents: [{ timestamp: START, message: 'x' }],
    entity: { keyAttributes: { Type: 'Service', Name: 'n' } },
  });
  assert.deepEqual(answer.rejectedEntityInfo, { errorType: 'UnsupportedLogGroupType' });
});

test('PutLogEvents is no management event', async () => {
  const cloud = await testCloud();
  const { put } = await withStreams(cloud, 's');
  await put('s', [0, 'x']);
  const { Events } = await cloud.root.cloudtrail.lookupEvents({});
  const names = Events!.map(({ EventName }) => EventName);
  assert.ok(names.includes('CreateLogStream'));
  assert.ok(!names.includes('PutLogEvents'));
});

test('FilterLogEvents interleaves streams, in pages, both ways', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withStreams(cloud, 'a/1', 'a/2', 'b');
  await put('a/1', [0, 'one'], [20, 'three']);
  await put('a/2', [10, 'two'], [40, 'five']);
  await put('b', [30, 'four']);
  const all = await logs.filterLogEvents({ logGroupName: 'app' });
  assert.deepEqual(messages(all), ['one', 'two', 'three', 'four', 'five']);
  assert.deepEqual(all.searchedLogStreams, []);
  assert.match(all.events![0]!.eventId!, /^\d{56}$/);
  assert.equal(all.events![1]!.logStreamName, 'a/2');
  for (const startFromHead of [true, false]) {
    const found: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs.filterLogEvents({ logGroupName: 'app', limit: 2, nextToken, startFromHead });
      found.push(...messages(page)!);
      nextToken = page.nextToken;
    } while (nextToken);
    const inOrder = ['one', 'two', 'three', 'four', 'five'];
    assert.deepEqual(found, startFromHead ? inOrder : inOrder.toReversed());
  }
  const prefixed = await logs.filterLogEvents({ logGroupName: 'app', logStreamNamePrefix: 'a/' });
  assert.deepEqual(messages(prefixed), ['one', 'two', 'three', 'five']);
  const named = await logs.filterLogEvents({ logGroupName: 'app', logStreamNames: ['b', 'a/2', 'none'] });
  assert.deepEqual(messages(named), ['two', 'four', 'five']);
  const ranged = await logs.filterLogEvents({ logGroupName: 'app', startTime: START + 10, endTime: START + 30 });
  assert.deepEqual(messages(ranged), ['two', 'three', 'four']);
  const patterned = await logs.filterLogEvents({ logGroupName: 'app', filterPattern: '?one ?five' });
  assert.deepEqual(messages(patterned), ['one', 'five']);
  await rejected(
    logs.filterLogEvents({ logGroupName: 'app', nextToken: 'x' }),
    'InvalidParameterException',
    'The specified nextToken is invalid.',
  );
  await rejected(
    logs.filterLogEvents({ logGroupName: 'app', filterPattern: '{ $.a = }' }),
    'InvalidParameterException',
    'Invalid filter pattern',
  );
});

test('Events of any spans and overlaps are read in order, forward and backward, in any page size', async () => {
  const cloud = await testCloud();
  const { logs } = await withStreams(cloud, 's', 't');
  let dice = 7;
  const roll = (n: number) => (dice = (dice * 48271) % 2147483647) % n;
  const expected: number[] = [];
  for (let batch = 0; batch < 60; batch++) {
    const span = [30_000, 1_800_000, 80_000_000][roll(3)]!;
    const begin = START - 86_400_000 * 2 + roll(86_400_000);
    const times = Array.from({ length: 1 + roll(20) }, () => begin + roll(span)).sort((a, b) => a - b);
    expected.push(...times);
    const logEvents = times.map((timestamp) => ({ timestamp, message: `${'m'.repeat(roll(60))}${timestamp}` }));
    await logs.putLogEvents({ logGroupName: 'app', logStreamName: roll(2) ? 's' : 't', logEvents });
  }
  expected.sort((a, b) => a - b);
  for (const startFromHead of [true, false]) {
    for (const limit of [7, 1000]) {
      const found: number[] = [];
      const ids = new Set<string>();
      let nextToken: string | undefined;
      do {
        const page = await logs.filterLogEvents({ logGroupName: 'app', limit, nextToken, startFromHead });
        for (const { timestamp, eventId } of page.events!) {
          found.push(timestamp!);
          ids.add(eventId!);
        }
        nextToken = page.nextToken;
      } while (nextToken);
      assert.deepEqual(found, startFromHead ? expected : expected.toReversed());
      assert.equal(ids.size, expected.length);
    }
  }
  const from = expected[200]!;
  const to = expected[260]!;
  const some = await logs.filterLogEvents({ logGroupName: 'app', startTime: from, endTime: to });
  assert.deepEqual(
    some.events!.map(({ timestamp }) => timestamp),
    expected.filter((time) => time >= from && time <= to),
  );
});

test('Batches that overlap are read in order, though not all of them are held at once', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const now = cloud.now().getTime();
  const text = 'x'.repeat(330_000);
  for (let batch = 0; batch < 36; batch++) {
    const logEvents = [3, 2, 1].map((ago) => ({ timestamp: now - ago, message: `${ago} ${batch} ${text}` }));
    await logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
  }
  for (const [order, ages] of Object.entries({ asc: ['3', '2', '1'], desc: ['1', '2', '3'] })) {
    const queryString = `fields substr(@message, 0, 4) as m | sort @timestamp ${order} | display m`;
    const range = { startTime: now / 1000 - 60, endTime: now / 1000 + 60 };
    const { queryId } = await logs.startQuery({ logGroupName: 'app', queryString, ...range });
    await cloud.settle();
    const { results } = await logs.getQueryResults({ queryId });
    const told = results!.map(([field]) => field!.value!.split(' '));
    assert.deepEqual(
      told.map(([age]) => age),
      ages.flatMap((age) => Array.from({ length: 36 }, () => age)),
    );
    assert.equal(new Set(told.map(String)).size, 108);
  }
});

test('Retention hides events at once, and deletes them by the plane’s clock', async () => {
  const cloud = await testCloud();
  const { logs, put } = await withStreams(cloud, 's');
  await put('s', [0, 'x'.repeat(2000)]);
  await cloud.settle();
  const stored = async () => (await logs.describeLogGroups({})).logGroups![0]!.storedBytes;
  assert.equal(await stored(), 2026);
  await logs.putRetentionPolicy({ logGroupName: 'app', retentionInDays: 3 });
  cloud.advance('P4D');
  assert.deepEqual(messages(await logs.filterLogEvents({ logGroupName: 'app' })), []);
  await cloud.settle();
  assert.equal(await stored(), 0);
  await logs.deleteRetentionPolicy({ logGroupName: 'app' });
  assert.deepEqual(messages(await logs.filterLogEvents({ logGroupName: 'app' })), []);
});
