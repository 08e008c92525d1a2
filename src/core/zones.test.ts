import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstTimeOf, isTimeZone, offsetMs, timeOfLocal } from './zones.ts';

test('Time zones are those of the IANA, and offsets', () => {
  const known = ['Europe/Paris', 'UTC', '+05:30', 'Mars/Olympus', ''].map(isTimeZone);
  assert.deepEqual(known, [true, true, true, false, false]);
});

const HOUR_MS = 3_600_000;

test('Clocks are ahead of UTC or behind it, in summer by another hour', () => {
  const table: [zone: string, time: string, hours: number][] = [
    ['UTC', '2030-07-01T00:00Z', 0],
    ['Europe/Berlin', '2030-07-01T00:00Z', 2],
    ['Europe/Berlin', '2030-01-01T00:00Z', 1],
    ['America/New_York', '2030-01-01T00:00Z', -5],
    ['Asia/Kolkata', '2030-01-01T00:00Z', 5.5],
    ['Europe/Amsterdam', '1880-01-01T00:00Z', 1050 / 3600],
  ];
  for (const [zone, time, hours] of table) assert.equal(offsetMs(Date.parse(time), zone), hours * HOUR_MS, zone);
  assert.equal(timeOfLocal(8.64e15, 'Asia/Tokyo'), 8.64e15 - 9 * HOUR_MS);
  assert.throws(() => offsetMs(0, 'Mars/Olympus'), RangeError);
});

test('What clocks show twice counts the first time, what they leave out comes after the gap', () => {
  const table: [zone: string, local: string, time: string][] = [
    ['Europe/Berlin', '2030-10-27T02:30Z', '2030-10-27T00:30Z'],
    ['America/New_York', '2030-11-03T01:30Z', '2030-11-03T05:30Z'],
    ['Europe/Berlin', '2030-03-31T03:10Z', '2030-03-31T01:10Z'],
    ['Europe/Berlin', '2030-03-31T01:50Z', '2030-03-31T00:50Z'],
    ['UTC', '2030-03-31T02:30Z', '2030-03-31T02:30Z'],
  ];
  for (const [zone, local, time] of table) {
    assert.equal(firstTimeOf(Date.parse(local), zone), Date.parse(time), local);
    assert.equal(timeOfLocal(Date.parse(local), zone), Date.parse(time), local);
  }
  const left = Date.parse('2030-03-31T02:30Z');
  assert.equal(firstTimeOf(left, 'Europe/Berlin'), undefined);
  assert.equal(timeOfLocal(left, 'Europe/Berlin'), left - HOUR_MS);
});
