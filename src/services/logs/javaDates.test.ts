import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dateReader, dateWriter, ENGLISH, namesIn, readerBy, writerBy } from './javaDates.ts';

const SUMMER = Date.parse('2030-07-01T22:05:06.789Z');
const GERMAN = namesIn('de_DE');

test('Times are written by the clocks of their zone', () => {
  const table: [pattern: string, zone: string, text: string][] = [
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", 'Europe/Berlin', '2030-07-02T00:05:06.789+02:00'],
    ['y yy M MMM MMMM d E EEEE Q', 'UTC', '2030 30 7 Jul July 1 Mon Monday 3'],
    ['H k K h a', 'Europe/Berlin', '0 24 0 12 AM'],
    ['H k K h a', 'UTC', '22 22 10 10 PM'],
    ['S SSSSSS', 'UTC', '7 789000'],
    ['X XX mmXXX x Z ZZZZZ', 'Asia/Kolkata', '+0530 +0530 35+05:30 +0530 +0530 +05:30'],
    ['X XX mmXXX x', 'America/New_York', '-04 -0400 05-04:00 -04'],
    ['X mmXXX x Z VV', 'UTC', 'Z 05Z +00 +0000 UTC'],
    ["''yy''''d'o''clock'", 'UTC', "'30'1o'clock"],
  ];
  for (const [pattern, zone, text] of table) assert.equal(writerBy(pattern)!(SUMMER, zone), text, pattern);
  const german = dateWriter('EEEE, d. MMMM', GERMAN);
  assert.ok(!('problem' in german));
  assert.equal(german(SUMMER, 'UTC'), 'Montag, 1. Juli');
});

test('Texts are read by a pattern, in full', () => {
  const table: [pattern: string, zone: string, text: string, time: string | undefined][] = [
    ['yyyy-MM-dd', 'Europe/Berlin', '2030-07-01', '2030-06-30T22:00:00.000Z'],
    ['M/d/yy h:mm a', 'UTC', '7/4/24 12:05 am', '2024-07-04T00:05:00.000Z'],
    ['dd MMM yyyy k', 'UTC', '04 jul 2024 24', '2024-07-04T00:00:00.000Z'],
    ['yyyy HH:mm X', 'Asia/Tokyo', '2024 10:00 -03', '2024-01-01T13:00:00.000Z'],
    ['yyyy-MM-dd HH:mm', 'Europe/Berlin', '2030-03-31 01:50', '2030-03-31T00:50:00.000Z'],
    ['yyyy-MM-dd HH:mm', 'Europe/Berlin', '2030-03-31 03:10', '2030-03-31T01:10:00.000Z'],
    ['HH:mm:ss.S', 'UTC', '00:00:01.5', '1970-01-01T00:00:01.500Z'],
    ['y', 'UTC', '999999999', undefined],
    ['yyyy', 'UTC', '2030 ', undefined],
  ];
  for (const [pattern, zone, text, time] of table) {
    const found = readerBy(pattern)!(text, zone);
    assert.equal(found === undefined ? undefined : new Date(found).toISOString(), time, text);
  }
  assert.equal(readerBy('yyyy J'), undefined);
  assert.deepEqual(dateReader('J', ENGLISH), { problem: 'the date pattern letter J is not supported.' });
});

test('What is written is read again', () => {
  const pattern = 'EEEE d MMMM yyyy hh:mm:ss.SSS a xxx';
  const times = fc.integer({ min: Date.parse('1000-01-02'), max: Date.parse('9999-01-01') });
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata');
  for (const names of [ENGLISH, GERMAN]) {
    const [write, read] = [dateWriter(pattern, names), dateReader(pattern, names)];
    assert.ok(!('problem' in write) && !('problem' in read));
    fc.assert(
      fc.property(times, zones, (time, zone) => {
        const whole = new Date(time).getUTCFullYear() < 1950 ? 'UTC' : zone; // Older clocks are off by seconds.
        assert.equal(read(write(time, whole), 'UTC'), time);
      }),
    );
  }
});
