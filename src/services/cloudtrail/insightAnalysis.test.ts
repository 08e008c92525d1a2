import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeWindow } from './insightAnalysis.ts';
import { type Activity, type Baseline, counted, NO_TOPS, type OpenInsight } from './insightRows.ts';

const SUBJECT = {
  account: '111122223333',
  region: 'us-east-1',
  kind: 'ApiCallRateInsight',
  source: 'iam.amazonaws.com',
  name: 'CreateUser',
  code: '',
} as const;
const WINDOWS_A_DAY = 288;

/** Closes one window after the other, with so many calls in each. */
function lived(counts: readonly number[]) {
  let activity: Activity | undefined;
  let baseline: Baseline | undefined;
  const started: [window: number, insight: OpenInsight][] = [];
  const ended: [window: number, insight: OpenInsight][] = [];
  for (const [window, count] of counts.entries()) {
    let tops = NO_TOPS;
    const values = { userIdentityArn: 'arn', userAgent: 'agent', errorCode: 'null' };
    for (let i = 0; i < Math.min(count, 30); i++) tops = counted(tops, values);
    const closing = closeWindow({ ...(activity ?? SUBJECT), window, count, tops }, baseline, 0, `id-${window}`);
    ({ activity, baseline } = closing);
    if (closing.started) started.push([window, closing.started]);
    if (closing.ended) ended.push([window, closing.ended]);
  }
  return { started, ended, baseline };
}

const days = (count: number, length: number) => Array.from({ length: length * WINDOWS_A_DAY }, () => count);

test('a burst that is unusual starts an Insight, and the first usual window ends it', () => {
  const { started, ended } = lived([...days(1, 3), 30, 40, 1, 1]);
  const burst = 3 * WINDOWS_A_DAY;
  assert.deepEqual([started.map(([window]) => window), ended.map(([window]) => window)], [[burst], [burst + 2]]);
  const insight = ended[0]![1];
  assert.equal(insight.id, `id-${burst}`);
  assert.deepEqual([insight.first, insight.last, insight.count], [burst, burst + 1, 70]);
  assert.deepEqual(insight.baseline, {
    average: 0.2,
    minutes: 3 * 1440,
    tops: {
      userIdentityArn: { arn: 3 * WINDOWS_A_DAY },
      userAgent: { agent: 3 * WINDOWS_A_DAY },
      errorCode: { null: 3 * WINDOWS_A_DAY },
    },
  });
});

test('nothing is unusual before there is a baseline, nor what is few, nor what is as always', () => {
  assert.deepEqual(lived([...days(0, 1), 500]).started, []);
  assert.deepEqual(lived([...days(0, 2), 9]).started, []);
  assert.equal(lived([...days(0, 2), 10]).started.length, 1);
  assert.deepEqual(lived([...days(100, 2), 150]).started, []);
  const noisy = Array.from({ length: 2 * WINDOWS_A_DAY }, (_, n) => (n % 2 === 0 ? 0 : 100));
  assert.deepEqual(lived([...noisy, 150]).started, []);
});

test('a new habit is usual after a while, and the baseline stays bounded', () => {
  const { started, ended, baseline } = lived([...days(1, 2), ...days(50, 12)]);
  assert.equal(started.length, 1);
  assert.equal(ended.length, 1);
  assert.ok(ended[0]![0] < 4 * WINDOWS_A_DAY);
  assert.ok((baseline?.hours.length ?? 0) <= 7 * 24 + 1);
  assert.ok((baseline?.days.length ?? 0) <= 8);
});

test('values past the twentieth are no longer told apart', () => {
  let tops = NO_TOPS;
  for (let n = 0; n < 100; n++) {
    tops = counted(tops, { userIdentityArn: `arn-${n}`, userAgent: '__proto__', errorCode: 'null' });
  }
  assert.equal(Object.keys(tops.userIdentityArn ?? {}).length, 20);
  assert.equal(tops.errorCode?.null, 100);
});
