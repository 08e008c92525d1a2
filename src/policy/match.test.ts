import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { promptly } from '../testing/promptly.ts';
import { arnPatternOf, matches, matchesPattern } from './match.ts';

const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '.', '\n'), maxLength: 8 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?', '.'), maxLength: 6 });

const regExp = (source: string, any: (before: string, after: string) => string, one: string) => {
  const escaped = source.replace(/[.\\]/g, '\\$&').replaceAll('?', one);
  return new RegExp(
    `^${escaped.replace(/\*/g, (_, at: number, all: string) => any(all.slice(0, at), all.slice(at + 1)))}$`,
    's',
  );
};

describe('matchesPattern', () => {
  it('agrees with a regular expression', () => {
    fc.assert(
      fc.property(pattern, text, (p, t) => assert.equal(matchesPattern(p, t), regExp(p, () => '.*', '.').test(t))),
      { numRuns: 5000 },
    );
  });

  it('takes time in proportion on patterns made to backtrack', () => {
    assert.equal(
      promptly(() => matchesPattern(`${'*a'.repeat(1000)}b`, 'a'.repeat(6000))),
      false,
    );
  });

  it('takes noncharacters in either text for what they are not: wildcards', () => {
    assert.equal(matchesPattern('a\ufffeb', 'axxb'), false);
    assert.equal(matchesPattern('a\uffffb', 'axb'), false);
  });
});

describe('arnPatternOf', () => {
  it('keeps a * in the middle of a segment within it and lets one at its end run past the colon', () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 3 });
    const arn = fc.tuple(field, field, field, field, pattern).map((fields) => `arn:${fields.join(':')}`);
    const found = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'ba', ''), { minLength: 5, maxLength: 7 })
      .map((f) => `arn:${f.join(':')}`);
    fc.assert(
      fc.property(arn, found, (p, t) => {
        const expected = segmentExpression(p).test(t);
        assert.equal(matches(arnPatternOf(p, false), t), expected, `${p} ${t}`);
      }),
      { numRuns: 8000 },
    );
  });

  it('completes an incomplete ARN', () => {
    assert.ok(matches(arnPatternOf('arn:aws:sqs', true), 'arn:aws:sqs:us-east-1:111122223333:q'));
    assert.ok(!matches(arnPatternOf('arn:aws:sqs', false), 'arn:aws:sqs:us-east-1:111122223333:q'));
    assert.ok(!matches(arnPatternOf('arn:aws:sqs', true), 'arn:aws:sns:us-east-1:111122223333:q'));
  });
});

function segmentExpression(source: string): RegExp {
  const fields = source.split(':');
  const character = (code: string, at: number, field: string) => {
    if (code === '?') return '[^:]';
    if (code !== '*') return code;
    return at === field.length - 1 ? '.*' : '[^:]*';
  };
  const head = fields.slice(0, 5).map((field) => [...field].map((code, at) => character(code, at, field)).join(''));
  const tail = fields.slice(5).join(':').replace(/[.]/g, '\\.').replaceAll('?', '.').replaceAll('*', '.*');
  return new RegExp(`^${[...head, tail].join(':')}$`, 's');
}
