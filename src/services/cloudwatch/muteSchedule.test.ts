import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promptly } from '../../testing/promptly.ts';
import { nextStart, parseSchedule, ScheduleError, windowAt } from './muteSchedule.ts';
import { isZone, offsetMinutes, timeOfLocal } from './zones.ts';

const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16));
const at = (text: string) => Date.parse(`${text}Z`);

/** 1 January 2030 is a Tuesday. */
const CASES: readonly [
  expression: string,
  duration: string,
  zone: string,
  now: string,
  start: string | undefined,
  next: string | undefined,
][] = [
  ['cron(0 2 * * *)', 'PT4H', 'UTC', '2030-01-01T05:59', '2030-01-01T02:00', '2030-01-02T02:00'],
  ['cron(0 2 * * *)', 'PT4H', 'UTC', '2030-01-01T06:00', undefined, '2030-01-02T02:00'],
  ['cron(0 18 * * FRI)', 'P2DT12H', 'UTC', '2030-01-07T05:00', '2030-01-04T18:00', '2030-01-11T18:00'],
  ['cron(0 9 * * SUN#4)', 'PT1H', 'UTC', '2030-01-27T09:30', '2030-01-27T09:00', '2030-02-24T09:00'],
  ['cron(0 0 L * ?)', 'P1D', 'UTC', '2030-02-28T12:00', '2030-02-28T00:00', '2030-03-31T00:00'],
  ['cron(0 0 ? * 5L)', 'P1D', 'UTC', '2030-01-25T12:00', '2030-01-25T00:00', '2030-02-22T00:00'],
  ['cron(*/15 8-10 1,15 JAN-MAR *)', 'PT1M', 'UTC', '2030-01-15T09:45', '2030-01-15T09:45', '2030-01-15T10:00'],
  ['cron(0 0 13 * FRI)', 'PT1H', 'UTC', '2030-01-04T00:30', '2030-01-04T00:00', '2030-01-11T00:00'],
  ['cron(0 23 * * *)', 'PT2H', 'America/New_York', '2030-01-02T04:30', '2030-01-02T04:00', '2030-01-03T04:00'],
  ['cron(0 0 29 2 *)', 'P1D', 'UTC', '2030-01-01T00:00', undefined, '2032-02-29T00:00'],
  ['at(2030-05-10T14:00)', 'PT4H', 'Europe/Berlin', '2030-05-10T12:00', '2030-05-10T12:00', undefined],
  ['at(2030-05-10T14:00)', 'PT4H', 'Europe/Berlin', '2030-05-10T11:59', undefined, '2030-05-10T12:00'],
];

for (const [expression, duration, timezone, now, start, next] of CASES) {
  test(`${expression} for ${duration} in ${timezone} at ${now}`, () => {
    const schedule = parseSchedule({ expression, duration, timezone });
    assert.equal(iso(windowAt(schedule, at(now))?.start), start);
    assert.equal(iso(nextStart(schedule, at(now))), next);
  });
}

test('schedules that are none are refused', () => {
  const wrong = [
    'cron(60 * * * *)',
    'cron(* * * *)',
    'cron(* * * * * *)',
    'rate(5 minutes)',
    'cron(a * * * *)',
    'cron(5-1 * * * *)',
    'cron(*/0 * * * *)',
    'at(2030-13-01T00:00)',
    '',
  ];
  for (const expression of wrong) {
    assert.throws(() => parseSchedule({ expression, duration: 'PT1H' }), ScheduleError, expression);
  }
  for (const duration of ['PT30S', 'P16D', '1h', '']) {
    assert.throws(() => parseSchedule({ expression: 'cron(0 0 * * *)', duration }), ScheduleError, duration);
  }
});

test('a schedule that never comes is found out soon', () => {
  const schedule = parseSchedule({ expression: 'cron(* * 31 2 *)', duration: 'P15D', timezone: 'Asia/Kolkata' });
  assert.equal(
    promptly(() => nextStart(schedule, at('2030-01-01T00:00'))),
    undefined,
  );
  assert.equal(
    promptly(() => windowAt(schedule, at('2030-01-01T00:00'))),
    undefined,
  );
});

test('zones by name and by offset', () => {
  const table: [string, string, number][] = [
    ['America/New_York', '2030-07-01T00:00', -240],
    ['America/New_York', '2030-01-01T00:00', -300],
    ['Asia/Kolkata', '2030-01-01T00:00', 330],
    ['+05:30', '2030-01-01T00:00', 330],
    ['UTC-08:00', '2030-01-01T00:00', -480],
    ['+0130', '2030-01-01T00:00', 90],
    ['Z', '2030-01-01T00:00', 0],
    ['UTC', '2030-01-01T00:00', 0],
  ];
  for (const [zone, time, minutes] of table) {
    assert.equal(offsetMinutes(zone, at(time)), minutes, zone);
    assert.equal(timeOfLocal(zone, at(time) + minutes * 60_000), at(time));
  }
  assert.deepEqual(['Mars/Olympus', '', 'UTC+5'].map(isZone), [false, false, false]);
});
