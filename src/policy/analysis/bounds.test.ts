// Hostile policies: whatever is asked, the answer comes in bounded time, and what could not be searched is never
// passed.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePolicy, matchesPattern } from '../index.ts';
import { fitsConstraint, shortestText } from './automata.ts';
import { wildGlob } from './globs.ts';
import { checkNoNewAccess } from './index.ts';

const policyOf = (...Statement: object[]) => compilePolicy({ Version: '2012-10-17', Statement });
const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
const budget = () => ({ steps: 1_000_000, nodes: 1000 });

describe('bounded analysis', () => {
  it('says might where the automata grow beyond the bound', () => {
    const late = (letter: string, count: number) => `arn:aws:s3:::*${letter}${'?'.repeat(count)}`;
    const existing = policyOf({ ...allow, Resource: late('a', 25) }, { ...allow, Resource: late('b', 26) });
    const { result, message, witness } = checkNoNewAccess(
      existing,
      policyOf({ ...allow, Resource: late('a', 24) }),
      'IDENTITY_POLICY',
      { budget: { steps: 100_000, nodes: 1000 } },
    );
    assert.deepEqual([result, witness], ['FAIL', undefined]);
    assert.match(message, /might allow new access/);
  });

  it('says might where the search grows beyond the bound, and is right when it is given more', () => {
    const pigeons = Array.from({ length: 7 }, (_, i) => ({
      ...allow,
      Effect: 'Deny',
      Condition: { StringNotEquals: Object.fromEntries(Array.from({ length: 6 }, (_, j) => [`k:${j}`, `v${i}`])) },
    }));
    const check = (nodes: number) =>
      checkNoNewAccess(policyOf({ ...allow, Effect: 'Deny' }), policyOf(allow, ...pigeons), 'IDENTITY_POLICY', {
        budget: { steps: 5_000_000, nodes },
      });
    assert.deepEqual([check(10).result, check(10).witness], ['FAIL', undefined]);
    assert.equal(check(100_000).result, 'PASS');
  });

  it('takes long lists and many statements', () => {
    const many = Array.from({ length: 150 }, (_, i) => ({
      Effect: 'Allow',
      Action: `s3:Get${i}*`,
      Resource: `arn:aws:s3:::bucket-${i}/*`,
    }));
    assert.equal(checkNoNewAccess(policyOf(...many), policyOf(...many), 'IDENTITY_POLICY').result, 'PASS');
    const list = { ...allow, Resource: many.map(({ Resource }) => Resource) };
    assert.equal(checkNoNewAccess(policyOf(list), policyOf(...many), 'IDENTITY_POLICY').result, 'PASS');
    assert.equal(checkNoNewAccess(policyOf(...many), policyOf(list), 'IDENTITY_POLICY').result, 'FAIL');
  });
});

describe('automata', () => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '*', '?', ':'), { maxLength: 7 })
    .map((letters) => letters.join(''));
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ':'), { maxLength: 7 }).map((letters) => letters.join(''));

  it('match what patterns match', () => {
    fc.assert(
      fc.property(pattern, text, (glob, one) => {
        const constraint = { globs: [wildGlob(glob)], negated: false };
        assert.equal(fitsConstraint(one, constraint, budget()), matchesPattern(glob, one));
      }),
    );
  });

  it('find a text exactly where there is one', () => {
    const sets = fc.array(
      fc.record({ globs: fc.array(pattern, { minLength: 1, maxLength: 2 }), negated: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(sets, fc.array(text, { minLength: 30, maxLength: 30 }), (written, texts) => {
        const isIn = (one: string) =>
          written.every(({ globs, negated }) => globs.some((glob) => matchesPattern(glob, one)) !== negated);
        const constraints = written.map(({ globs, negated }) => ({
          negated,
          globs: globs.map((glob) => wildGlob(glob)),
        }));
        const found = shortestText(constraints, budget());
        if (found === undefined) assert.equal(texts.find(isIn), undefined);
        else assert.ok(isIn(found));
      }),
    );
  });
});
