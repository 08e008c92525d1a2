import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logBatches, logGroupName } from './logWriting.ts';

const DAY_MS = 86_400_000;
const at = (...times: number[]) => times.map((timestamp) => ({ timestamp, message: 'm' }));
const long = (bytes: number) => ({ timestamp: 0, message: 'x'.repeat(bytes) });

const BATCHES: [what: string, events: Parameters<typeof logBatches>[0], lengths: number[]][] = [
  ['nothing', [], []],
  ['a day and no more', at(0, DAY_MS, DAY_MS + 1), [2, 1]],
  ['ten thousand', Array.from({ length: 10_001 }, (_, timestamp) => ({ timestamp, message: '' })), [10_000, 1]],
  ['a mebibyte with 26 bytes an event', [long(524_262), long(524_262), long(0)], [2, 1]],
  ['one that is too long for any', [long(0), long(2_000_000), long(0)], [1, 1, 1]],
];

for (const [what, events, lengths] of BATCHES) {
  test(`logBatches: ${what}`, () => {
    assert.deepEqual(
      [...logBatches(events)].map(({ length }) => length),
      lengths,
    );
  });
}

test('logBatches puts events in time’s order', () => {
  const [batch = []] = logBatches(at(3, 1, 2));
  assert.deepEqual(batch, at(1, 2, 3));
});

test('logGroupName reads ARNs with the star or without, and of groups only', () => {
  const arn = 'arn:aws:logs:us-east-1:111122223333:log-group:/a/b';
  assert.deepEqual([arn, `${arn}:*`, `${arn}:log-stream:c`, 'a'].map(logGroupName), ['/a/b', '/a/b', '', '']);
});
