import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTime, parseSchedule, timeOfAt } from './schedule.ts';

function following(text: string, after: string, count: number, zone?: string): string[] {
  const schedule = parseSchedule(text);
  assert.ok(schedule, text);
  const found: string[] = [];
  let time = Date.parse(after);
  for (let n = 0; n < count; n++) {
    const next = nextTime(schedule, time, Date.parse(after), zone);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().slice(0, 16));
    time = next;
  }
  return found;
}

const cases: readonly [text: string, after: string, expected: string[], zone?: string][] = [
  ['rate(5 minutes)', '2030-01-01T00:00:00Z', ['2030-01-01T00:05', '2030-01-01T00:10']],
  ['rate(1 day)', '2030-01-01T00:00:00Z', ['2030-01-02T00:00']],
  ['cron(0 10 * * ? *)', '2030-01-01T10:00:00Z', ['2030-01-02T10:00', '2030-01-03T10:00']],
  ['cron(0/15 * * * ? *)', '2030-01-01T00:50:00Z', ['2030-01-01T01:00', '2030-01-01T01:15']],
  ['cron(5,35 14 * * ? *)', '2030-01-01T00:00:00Z', ['2030-01-01T14:05', '2030-01-01T14:35']],
  ['cron(0 18 ? * MON-FRI *)', '2030-01-04T18:00:00Z', ['2030-01-07T18:00']],
  [
    'cron(0/30 20-2 ? * MON-FRI *)',
    '2030-01-04T22:30:00Z',
    ['2030-01-04T23:00', '2030-01-04T23:30', '2030-01-07T00:00'],
  ],
  ['cron(15 10 ? * 6L 2030-2031)', '2030-12-01T00:00:00Z', ['2030-12-27T10:15', '2031-01-31T10:15']],
  ['cron(0 0 L * ? *)', '2030-02-01T00:00:00Z', ['2030-02-28T00:00', '2030-03-31T00:00']],
  ['cron(0 0 3W * ? *)', '2030-02-01T00:00:00Z', ['2030-02-04T00:00', '2030-03-04T00:00', '2030-04-03T00:00']],
  ['cron(0 0 1W * ? *)', '2030-05-31T00:00:00Z', ['2030-06-03T00:00']],
  ['cron(0 0 LW * ? *)', '2030-06-01T00:00:00Z', ['2030-06-28T00:00']],
  ['cron(0 0 ? * 3#2 *)', '2030-01-01T00:00:00Z', ['2030-01-08T00:00']],
  ['cron(0 0 ? * L *)', '2030-01-01T00:00:00Z', ['2030-01-05T00:00', '2030-01-12T00:00']],
  ['cron(0 0 29 2 ? *)', '2030-01-01T00:00:00Z', ['2032-02-29T00:00']],
  ['cron(0 0 30 2 ? *)', '2030-01-01T00:00:00Z', []],
  ['cron(0 0 1 1 ? 2029)', '2030-01-01T00:00:00Z', []],
  // 2030: America/New_York goes forward on March 10 at 2:00, back on November 3 at 2:00.
  ['cron(30 2 * * ? *)', '2030-03-09T00:00:00Z', ['2030-03-09T07:30', '2030-03-11T06:30'], 'America/New_York'],
  ['cron(30 1 * * ? *)', '2030-11-02T12:00:00Z', ['2030-11-03T05:30', '2030-11-04T06:30'], 'America/New_York'],
  ['cron(0 8 * * ? *)', '2030-06-01T12:00:00Z', ['2030-06-02T06:00'], 'Europe/Paris'],
  ['cron(45 5 * * ? *)', '2030-06-01T12:00:00Z', ['2030-06-02T00:00'], 'Asia/Kathmandu'],
  ['at(2030-06-01T12:00:00)', '2030-01-01T00:00:00Z', ['2030-06-01T19:00'], 'America/Los_Angeles'],
];

for (const [text, after, expected, zone] of cases) {
  test(`A schedule comes when it should: ${text}${zone ? ` in ${zone}` : ''}`, () => {
    assert.deepEqual(following(text, after, Math.max(1, expected.length), zone), expected);
  });
}

test('A schedule that is none is told', () => {
  for (const text of [
    ...['', 'rate()', 'rate(0 minutes)', 'rate(1 minutes)', 'rate(5 minute)', 'rate(5 seconds)', 'cron()', 'at(x)'],
    ...['cron(0 10 * * * *)', 'cron(0 10 ? * ? *)', 'cron(60 10 * * ? *)', 'cron(0 24 * * ? *)', 'cron(0 0 * FOO ? *)'],
    ...['cron(0 0 * * ? * *)', 'cron(0 0 3#1 * ? *)', 'cron(0 0 ? * 3#1,6#3 *)', 'cron(0/0 * * * ? *)'],
    ...['cron(0 0 1 1 ? 1969)', 'cron(0 0 1 1 ? 2200)'],
    'at(2030-02-30T00:00:00)',
  ]) {
    assert.equal(parseSchedule(text), undefined, text);
  }
  assert.ok(parseSchedule('rate(1 days)', { lenient: true }));
});

test('A time that a zone leaves out is taken to be after the gap', () => {
  const at = (text: string, zone: string) => new Date(timeOfAt(parseSchedule(`at(${text})`)!, zone)!).toISOString();
  assert.equal(at('2030-03-10T02:30:00', 'America/New_York'), '2030-03-10T07:30:00.000Z');
  assert.equal(at('2030-03-31T02:30:00', 'Europe/Berlin'), '2030-03-31T01:30:00.000Z');
});
