import assert from 'node:assert/strict';
import { it } from 'node:test';
import { contains, readDate, readIpRange, readNumber } from './values.ts';

const dates: readonly [string, string | undefined][] = [
  ['2026', '2026-01-01T00:00:00.000Z'],
  ['2026-02', '2026-02-01T00:00:00.000Z'],
  ['2026-02-03', '2026-02-03T00:00:00.000Z'],
  ['2026-02-03T04:05Z', '2026-02-03T04:05:00.000Z'],
  ['2026-02-03T04:05:06.7+01:00', '2026-02-03T03:05:06.700Z'],
  ['2026-02-03T04:05:06-0130', '2026-02-03T05:35:06.000Z'],
  ['1770000000', '2026-02-02T02:40:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2026-02-29', undefined],
  ['2026-13', undefined],
  ['2026-02-03T25:00Z', undefined],
  ['soon', undefined],
  ['', undefined],
];
for (const [text, iso] of dates) {
  it(`readDate reads ${text}`, () => {
    const value = readDate(text);
    assert.equal(value === undefined ? undefined : new Date(value).toISOString(), iso);
  });
}

it('readNumber reads decimals and nothing else', () => {
  assert.deepEqual(['1', '-1.5', '1e3', '.5', '5.'].map(readNumber), [1, -1.5, 1000, 0.5, 5]);
  assert.deepEqual(['', ' 1', '0x10', 'Infinity', 'NaN', '1,5', '1e999'].map(readNumber), Array(7).fill(undefined));
});

const ranges: readonly [string, string, boolean][] = [
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.1/32', '10.0.0.1', true],
  ['192.168.4.0/22', '192.168.7.255', true],
  ['192.168.4.0/22', '192.168.8.0', false],
  ['::/0', 'fe80::1', true],
  ['2001:db8::/33', '2001:db8:7fff::', true],
  ['2001:db8::/33', '2001:db8:8000::', false],
  ['10.0.0.0/8', '10.0.0.0/7', false],
  ['10.0.0.0/8', '10.4.0.0/16', true],
  ['::ffff:0:0/96', '::ffff:10.0.0.1', true],
];
for (const [outer, inner, expected] of ranges) {
  it(`contains: ${inner} is ${expected ? '' : 'not '}in ${outer}`, () => {
    const [a, b] = [readIpRange(outer), readIpRange(inner)];
    assert.ok(a && b);
    assert.equal(contains(a, b), expected);
  });
}

it('readIpRange refuses what is no address', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/-1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    'g::',
  ]) {
    assert.equal(readIpRange(text), undefined, text);
  }
});
