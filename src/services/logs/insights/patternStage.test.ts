import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cloudWith, rows, START } from '../../../testing/logQueries.ts';

const HOUR = 3_600_000;

const EVENTS = [
  [-23.5 * HOUR, '[INFO] Request time: 5 ms'],
  [-2 * HOUR, '[INFO] Request time: 327 ms'],
  [-2 * HOUR, '[INFO] Request time: 12 ms'],
  [-90 * 60_000, '[WARN] disk sda is full'],
  [0, '[INFO] Request time: 1 ms'],
  [1000, '[ERROR] Failed to do: open file a.txt'],
  [2000, '[ERROR] Failed to do: open file b.txt'],
  [3000, 'nothing special'],
] as const;

const range = { startTime: START / 1000 - 3600, endTime: START / 1000 + 3600 };

test('pattern clusters what a query finds', async () => {
  const cloud = await cloudWith(EVENTS);
  assert.deepEqual(await rows(cloud, 'pattern @message', range), [
    {
      '@pattern': '[ERROR] Failed to do: open file <Token-1>',
      '@sampleCount': '2',
      '@ratio': '0.5',
      '@severityLabel': 'Error',
    },
    { '@pattern': 'nothing special', '@sampleCount': '1', '@ratio': '0.25', '@severityLabel': 'None' },
    { '@pattern': '[INFO] Request time: <Time-1> ms', '@sampleCount': '1', '@ratio': '0.25', '@severityLabel': 'Info' },
  ]);
  const query = `filter @message like /ERROR/ | parse @message 'Failed to do: *' as cause | pattern cause
    | sort @sampleCount asc | fields toupper(@pattern) as p`;
  assert.deepEqual(await rows(cloud, query, range), [
    {
      '@pattern': 'open file <Token-1>',
      '@sampleCount': '2',
      '@ratio': '1',
      '@severityLabel': 'None',
      p: 'OPEN FILE <TOKEN-1>',
    },
  ]);
});

test('diff compares with the time before, and with the same time of another day', async () => {
  const cloud = await cloudWith(EVENTS);
  const brief = async (query: string, more: object = range) =>
    (await rows(cloud, query, more)).map((row) => [row['@pattern'], row['@sampleCount'], row['@differenceCount']]);
  assert.deepEqual(await brief('diff'), [
    ['[ERROR] Failed to do: open file <Token-1>', '2', '2'],
    ['[INFO] Request time: <Time-1> ms', '1', '-1'],
    ['nothing special', '1', '1'],
    ['[WARN] disk sda is full', '0', '-1'],
  ]);
  assert.deepEqual(await brief('pattern @message | filter @pattern like /Request/ | diff'), [
    ['[INFO] Request time: <Time-1> ms', '1', '-1'],
  ]);
  const ofDay = { startTime: START / 1000 - 3 * 3600, endTime: START / 1000 + 3600 };
  const day = await brief('filter @message like /Request/ | pattern @message | diff previousDay', ofDay);
  assert.deepEqual(day, [['[INFO] Request time: <Time-1> ms', '3', '2']]);
  const [first] = await rows(cloud, 'diff previousWeek', range);
  assert.equal(first?.['@differenceDescription'], 'The pattern is new.');
});

test('anomaly tells patterns that are new and patterns that come in a burst', async () => {
  type Event = readonly [at: number, message: string];
  const minutes = Array.from({ length: 120 }, (_, i) => i);
  const events: Event[] = [
    ...minutes.map((i): Event => [i * 60_000 - HOUR, `steady work ${i}`]),
    ...minutes.filter((i) => i % 6 === 0).map((i): Event => [i * 60_000 - HOUR, `retry of job ${i}`]),
    ...Array.from({ length: 40 }, (_, i): Event => [20 * 60_000 + i, `retry of job 9${i}`]),
    [50 * 60_000, 'PANIC: out of memory'],
  ];
  const cloud = await cloudWith(events.toSorted(([a], [b]) => a - b));
  const found = await rows(cloud, 'pattern @message | anomaly | sort @pattern', range);
  assert.deepEqual(
    found.map((row) => [row['@pattern'], row['@anomalyType']]),
    [
      ['PANIC: out of memory', 'New pattern'],
      ['retry of job <Token-1>', 'Pattern frequency'],
      ['steady work <Token-1>', undefined],
    ],
  );
});
