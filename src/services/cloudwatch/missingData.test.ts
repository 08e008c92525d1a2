import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, type Treatment } from './missingData.ts';

const TREATMENTS: readonly Treatment[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const points = (text: string) =>
  Array.from(text.replaceAll(' ', ''), (c) => (c === '-' ? undefined : { breaching: c === 'X' }));

/** The user guide's tables: data points, then the states for missing, ignore, breaching, not breaching. */
const TABLES: readonly [m: number, data: string, filled: number, states: string][] = [
  [3, '0 - X - X', 0, 'OK OK OK OK'],
  [3, '0 - - - -', 2, 'OK OK OK OK'],
  [3, '- - - - -', 3, 'INSUFFICIENT_DATA same ALARM OK'],
  [3, '0 X X - X', 0, 'ALARM ALARM ALARM ALARM'],
  [3, '- - X - -', 2, 'ALARM same ALARM OK'],
  [3, '- - - - X', 2, 'same same ALARM OK'],
  [3, '- - - X -', 2, 'same same ALARM OK'],
  [2, '0 - X - X', 0, 'ALARM ALARM ALARM ALARM'],
  [2, '0 0 X 0 X', 0, 'ALARM ALARM ALARM ALARM'],
  [2, '0 - X - -', 1, 'OK OK ALARM OK'],
  [2, '- - - - 0', 2, 'OK OK ALARM OK'],
  [2, '- - - X -', 2, 'ALARM same ALARM OK'],
];

for (const [m, data, filled, states] of TABLES) {
  test(`${m} out of 3, ${data}`, () => {
    // The first table has three periods too, of which only two or three are there.
    const judged = TREATMENTS.map((treatment) => judge(points(data), { n: 3, m, treatment }));
    assert.equal(judged.map(({ state }) => state).join(' '), states);
    if (filled > 0) assert.equal(judged[0]!.filled, filled);
  });
}

test('with enough data the treatment of missing data does not matter', () => {
  const point = fc.constantFrom(undefined, { breaching: true }, { breaching: false });
  fc.assert(
    fc.property(fc.array(point, { minLength: 5, maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (range, m) => {
      const states = TREATMENTS.map((treatment) => judge(range, { n: 3, m, treatment }).state);
      const real = range.filter((each) => each !== undefined);
      if (real.length >= 3) {
        const expected = real.slice(-3).filter(({ breaching }) => breaching).length >= m ? 'ALARM' : 'OK';
        assert.deepEqual(new Set(states), new Set([expected]));
      } else {
        assert.ok(states[3] !== 'ALARM' || real.filter(({ breaching }) => breaching).length >= m);
      }
    }),
  );
});
