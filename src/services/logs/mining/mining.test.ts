import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { patternRegex, patternSeverity, patternsOf, patternText } from './patterns.ts';

const mined = (...messages: string[]) => {
  const patterns = patternsOf([], 100);
  for (const message of messages) patterns.add(message);
  return patterns.all();
};
const texts = (...messages: string[]) => mined(...messages).map((pattern) => [patternText(pattern), pattern.count]);

test('patterns: what has one structure is one pattern, with names for what varies', () => {
  assert.deepEqual(
    texts(
      '2023-01-01 19:00:01 [INFO] Calling DynamoDB to store for ResourceID: 12342342k124-12345',
      '2023-01-01 19:00:02 [INFO] Calling DynamoDB to store for ResourceID: 324892398123-1234R',
      '2023-01-01 19:00:03 [INFO] Calling DynamoDB to store for ResourceID: 3ff231242342-12345',
    ),
    [['<Date-1> <Time-2> [INFO] Calling DynamoDB to store for ResourceID: <ResourceID-3>', 3]],
  );
  assert.deepEqual(texts('[INFO] Request time: 327 ms'), [['[INFO] Request time: <Time-1> ms', 1]]);
  assert.deepEqual(texts('from 10.0.0.1 by 550e8400-e29b-41d4-a716-446655440000'), [
    ['from <IPAddress-1> by <UUID-2>', 1],
  ]);
});

test('patterns: words that differ vary, levels never', () => {
  const users = ['User alice logged in', 'User bob logged in', 'User carol logged in'];
  assert.deepEqual(texts(...users), [['User <Token-1> logged in', 3]]);
  assert.deepEqual(mined(...users)[0]?.values[1], { alice: 1, bob: 1, carol: 1 });
  assert.deepEqual(
    texts('[INFO] the disk is fine', '[ERROR] the disk is fine', 'start', 'stop').map(([text]) => text),
    ['[INFO] the disk is fine', '[ERROR] the disk is fine', 'start', 'stop'],
  );
  assert.deepEqual(mined('an ERROR', 'a warning: x', 'nothing').map(patternSeverity), ['ERROR', 'WARN', 'NONE']);
});

test('patterns: no more than asked for, and of long messages the beginning', () => {
  const patterns = patternsOf([], 2);
  assert.equal(['one', 'two', 'three'].filter((message) => patterns.add(message)).length, 2);
  assert.equal(mined('x'.repeat(100_000))[0]?.parts.length, 1);
  const long = 'word '.repeat(100_000);
  assert.ok(patternText(mined(long)[0]!).length <= 1500);
});

test('patterns: a message is matched by the expression of its pattern', () => {
  const word = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.array(word, { maxLength: 8 }), (a, b) => {
      const patterns = patternsOf([], 10);
      const messages = [a.join(' '), b.join(' ')];
      const found = messages.map((message) => patterns.add(message)!);
      for (const [i, message] of messages.entries()) {
        assert.match(message, new RegExp(`^${patternRegex(found[i]!)}$`, 's'));
        assert.equal(patterns.find(message)?.id, found[i]?.id);
      }
    }),
  );
});
