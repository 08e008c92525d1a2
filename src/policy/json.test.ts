import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Json, PolicySyntaxError, readJson } from './json.ts';

/** The plain value that a span tree stands for. */
function plain(json: Json): unknown {
  if (json.kind === 'object') return Object.fromEntries(json.members.map((m) => [m.key, plain(m.value)]));
  if (json.kind === 'array') return json.items.map(plain);
  return json.kind === 'string' ? json.text : JSON.parse(json.text);
}

function outcome(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch {
    return 'refused';
  }
}

describe('readJson', () => {
  it('reads what JSON.stringify writes, with spans of each value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const json = readJson(text);
        assert.deepEqual(plain(json), JSON.parse(text));
        const walk = (node: Json): void => {
          assert.deepEqual(JSON.parse(text.slice(node.start, node.end)), plain(node));
          for (const item of node.items) walk(item);
          for (const member of node.members) walk(member.value);
        };
        walk(json);
      }),
      { numRuns: 500 },
    );
  });

  it('accepts no text that JSON.parse refuses, and refuses only duplicates of what it accepts', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\u00e9"',
      '"',
      '\\',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'null',
      ' ',
      '\n',
      '\u0000',
      '\ufeff',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (fragments) => {
        const text = fragments.join('');
        const ours = outcome(() => plain(readJson(text)));
        const theirs = outcome(() => JSON.parse(text));
        if (ours === 'refused') assert.ok(theirs === 'refused' || /"(a|b|\\u00e9)"[\s\S]*"\1"/.test(text), text);
        else assert.deepEqual(ours, theirs);
      }),
      { numRuns: 5000 },
    );
  });

  it('throws nothing but PolicySyntaxError on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        try {
          readJson(text);
        } catch (error) {
          assert.ok(error instanceof PolicySyntaxError);
          assert.ok(error.position >= 0 && error.position <= text.length);
        }
      }),
      { numRuns: 400 },
    );
  });

  const refused: readonly [string, string, number][] = [
    ['{"a":1,"a":2}', 'Duplicate name "a"', 7],
    ['{"a":1,"\\u0061":2}', 'Duplicate name "a"', 7],
    ['{"a":1', 'The document ends too early', 6],
    ['{"a":1}x', 'Unexpected text after the document', 7],
    ['[1,]', 'Expected a value', 3],
    ['"a\u0001"', 'Control character in a string', 2],
    ['"\\x"', 'Wrong escape in a string', 1],
    ['{a:1}', 'Expected a quoted name', 1],
    ['', 'The document ends too early', 0],
    ['01', 'Unexpected text after the document', 1],
    ['['.repeat(100), 'The document is nested too deeply', 33],
    ['x'.repeat(2_000_000), 'The document is too large', 262_144],
  ];
  for (const [text, message, position] of refused) {
    it(`refuses ${text.slice(0, 20)} at ${position}`, () => {
      assert.throws(() => readJson(text), new PolicySyntaxError(message, position));
    });
  }

  it('refuses duplicates in an object of many members', () => {
    const members = Array.from({ length: 999 }, (_, i) => `"k${i}":0`);
    assert.throws(() => readJson(`{${[...members, '"k7":0'].join()}}`), /Duplicate name "k7"/);
    assert.throws(() => readJson(`{${[...members, '"x":0', '"y":0'].join()}}`), /Too many names in an object/);
  });
});
