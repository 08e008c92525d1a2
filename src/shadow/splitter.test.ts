import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type SplitState, splitter, Unreadable } from './splitter.ts';

/** All entries as [key, index, value], with a mark where an object ends. */
function split(bytes: Buffer, sizes: readonly number[] = [bytes.length], from?: SplitState) {
  const found: unknown[] = [];
  const places: { state: SplitState; found: number }[] = [];
  const outlet = {
    member: () => {},
    entry: (
      { key, index, text, offset }: Parameters<Parameters<typeof splitter>[0]['entry']>[0],
      next: () => SplitState,
    ) => {
      assert.equal(bytes.subarray(offset, offset + Buffer.byteLength(text)).toString(), text);
      found.push([key, index, JSON.parse(text)]);
      places.push({ state: next(), found: found.length });
    },
    closed: (_offset: number, next: () => SplitState) => {
      found.push('closed');
      places.push({ state: next(), found: found.length });
    },
  };
  const splitting = splitter(outlet, from);
  let at = from?.offset ?? 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    splitting.push(bytes.subarray(at, at + size));
    at += size;
  }
  splitting.end();
  return { found, places };
}

const page = fc.dictionary(
  fc.string({ minLength: 1, unit: 'binary' }).filter((key) => key !== '__proto__'),
  fc.oneof(
    fc.array(fc.jsonValue().filter((v) => !Object.is(v, -0))),
    fc.jsonValue().filter((v) => !Array.isArray(v) && !Object.is(v, -0)),
  ),
);
const file = fc.tuple(fc.array(page), fc.boolean(), fc.constantFrom(undefined, 2)).map(([pages, listed, indent]) => ({
  pages,
  bytes: Buffer.from(
    listed ? JSON.stringify(pages, null, indent) : pages.map((p) => JSON.stringify(p, null, indent)).join('\n'),
  ),
}));

const expectedOf = (pages: readonly Record<string, unknown>[]) =>
  pages.flatMap((object) => [
    ...Object.entries(JSON.parse(JSON.stringify(object)) as object).flatMap(([key, value]) =>
      Array.isArray(value) ? value.map((item, i) => [key, i, item]) : [[key, undefined, value]],
    ),
    'closed',
  ]);

describe('splitter', () => {
  it('finds what JSON.parse finds, wherever chunks begin', () => {
    fc.assert(
      fc.property(file, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), ({ pages, bytes }, sizes) => {
        assert.deepEqual(split(bytes, sizes).found, expectedOf(pages));
      }),
      { numRuns: 300 },
    );
  });

  it('goes on from any place between two entries', () => {
    fc.assert(
      fc.property(file, fc.nat(), ({ bytes }, pick) => {
        const { found, places } = split(bytes);
        const place = places[pick % Math.max(1, places.length)];
        if (place) assert.deepEqual(split(bytes, [7], place.state).found, found.slice(place.found));
      }),
      { numRuns: 200 },
    );
  });

  const wrong: readonly [text: string, offset: number, message: RegExp][] = [
    ['{"a":[1,2', 9, /ends too early/],
    ['{"a" 1}', 5, /Expected ":", found "1"/],
    ['[1]', 1, /Expected an object or|Expected an object/],
    ['{"a":1,}', 7, /Expected a name in quotes/],
    ['{"a":[1 2]}', 8, /Expected "," or "\]"/],
    ['{} x', 3, /Expected an object or a list, found "x"/],
    ['\u00e9', 0, /found the byte 0xc3/],
  ];
  for (const [text, offset, message] of wrong) {
    it(`says where ${JSON.stringify(text)} goes wrong`, () => {
      assert.throws(
        () => split(Buffer.from(text), [3]),
        (error) => error instanceof Unreadable && error.offset === offset && message.test(error.message),
      );
    });
  }

  it('refuses text that is not UTF-8, and a value that has no end', () => {
    assert.throws(() => split(Buffer.from([123, 34, 97, 34, 58, 34, 0xff, 34, 125])), /not UTF-8/);
    const endless = Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(17 * 1_048_576, 120)]);
    assert.throws(() => split(endless, [1_048_576]), /more than 16 MiB/);
  });

  it('passes over a byte order mark', () => {
    assert.deepEqual(split(Buffer.from('\ufeff{"a":true}')).found, [['a', undefined, true], 'closed']);
  });
});
