import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextLook } from './slowness.ts';

test('who waits for an endpoint that is silent looks the more seldom the longer it waits', () => {
  const given = Date.parse('2030-01-01T00:00:00Z');
  const after = (seconds: number) => (nextLook({ given }, new Date(given + seconds * 1000)) - given) / 1000 - seconds;
  assert.deepEqual([0, 60, 240, 3600, 86_400].map(after), [15, 15, 60, 600, 600]);
  // When the clock goes back, too.
  assert.equal(after(-3600), 15);
});
