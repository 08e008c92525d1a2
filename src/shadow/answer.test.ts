import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePolicy, contextOf, decide } from '../policy/index.ts';
import { answer, questionOf } from './answer.ts';
import { ACCOUNT, userArn } from './fixtures.ts';
import type { Standing, Target } from './world.ts';

const KEYS = ['test:a', 'test:b'] as const;
const VALUES = [undefined, 'x', 'y'] as const;

const condition = fc.tuple(
  fc.constantFrom(
    'StringEquals',
    'StringNotEquals',
    'StringEqualsIfExists',
    'ForAnyValue:StringLike',
    'ForAllValues:StringLike',
  ),
  fc.constantFrom(...KEYS),
  fc.constantFrom('x', 'y', `\${test:a}`, '*'),
);
const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
  Action: fc.constantFrom('s3:GetObject', '*', 's3:PutObject'),
  Resource: fc.constantFrom('*', 'arn:aws:s3:::x', `arn:aws:s3:::\${test:a}`, 'arn:aws:s3:::y'),
  conditions: fc.array(condition, { maxLength: 2 }),
});
const document = fc.array(statement, { minLength: 1, maxLength: 4 }).map((statements) => ({
  Version: '2012-10-17',
  Statement: statements.map(({ conditions, ...rest }) => ({
    ...rest,
    Condition: Object.fromEntries(conditions.map(([operator, key, value]) => [operator, { [key]: value }])),
  })),
}));

describe('answer', () => {
  it('says yes or no only where every value of what was not said leads there', () => {
    fc.assert(
      fc.property(document, fc.option(document), fc.option(document), (identity, boundary, scp) => {
        const standing = standingWith(identity, boundary, scp);
        const given = { context: {}, absent: [], now: new Date(0) };
        const { verdict, dependsOn } = answer(standing, 's3:GetObject', target, given);
        const { request, policies } = questionOf(standing, 's3:GetObject', target, given);
        const possible = new Set<boolean>();
        for (const a of VALUES) {
          for (const b of VALUES) {
            const context = contextOf({ ...request.context.entries, 'test:a': a, 'test:b': b });
            possible.add(decide({ ...request, context }, policies).verdict === 'Allowed');
          }
        }
        if (verdict === 'Allowed') assert.deepEqual([...possible], [true]);
        if (verdict === 'Denied') assert.deepEqual([...possible], [false]);
        assert.equal(verdict === 'Depends', dependsOn.length > 0);
        for (const key of dependsOn) assert.ok(KEYS.includes(key as never), key);
      }),
      { numRuns: 3000 },
    );
  });
});

const target: Target = { resource: 'arn:aws:s3:::x', place: { account: ACCOUNT } };

function standingWith(identity: object, boundary: object | null, scp: object | null): Standing {
  const arn = userArn('a');
  return {
    subject: { kind: 'root', arn, account: ACCOUNT },
    principal: { type: 'User', arn },
    ...{ identity: [compilePolicy(identity)], missing: [], entries: {} },
    ...(boundary && { boundary: compilePolicy(boundary) }),
    place: { account: ACCOUNT, ...(scp && { scps: [[compilePolicy(scp)]] }) },
  };
}
