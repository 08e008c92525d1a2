// Soundness, against the evaluator: a PASS means that no request of a grid is newly allowed, whatever the policies;
// every witness of a FAIL is what it claims to be; and where the answer is only "might", that is rare.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type CompiledPolicy, compilePolicy } from '../index.ts';
import {
  checkAccessNotGranted,
  checkNoNewAccess,
  checkNoPublicAccess,
  isAllowedBy,
  type PolicyType,
  type Witness,
} from './index.ts';

const runs = 250;

const actions = ['*', 's3:*', 's3:Get*', 's3:GetObject', 's3:*Object', 'S3:?utObject', 'ec2:*'];
const resources = [
  '*',
  'arn:aws:s3:::b/*',
  'arn:aws:s3:::b/a*',
  'arn:aws:s3:::b/*a',
  'arn:aws:s3:::b/a',
  `arn:aws:s3:::b/\${aws:username}`,
  `arn:aws:s3:::b/\${aws:username}*`,
  `arn:aws:s3:::\${team, 'b'}/*`,
];
const principals = [
  '*',
  '111122223333',
  '444455556666',
  'arn:aws:iam::111122223333:user/alice',
  'arn:aws:iam::111122223333:role/App',
  'arn:aws:sts::111122223333:assumed-role/App/s',
];

const part = (values: readonly string[]) => fc.subarray([...values], { minLength: 1, maxLength: 2 });
const onTeam = ['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike', 'StringEqualsIgnoreCase'].flatMap(
  (operator) => [operator, `${operator}IfExists`, `ForAllValues:${operator}`, `ForAnyValue:${operator}`],
);
const onNumber = ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericGreaterThanEquals'];
const onCaller = ['ArnLike', 'ArnNotLike', 'StringEquals', 'StringNotLikeIfExists'];
const one = (operators: readonly string[], key: string, values: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...operators), part(values))
    .map(([operator, wanted]) => ({ [operator]: { [key]: wanted } }));
const conditions = [
  one(onTeam, 'team', ['red', 'r*', 'RED', 'blue', '?lue', `\${aws:username}`]),
  one(onNumber, 'size', ['1', '5', '5.5', '10']),
  one(['DateLessThan', 'DateGreaterThan'], 'aws:CurrentTime', ['2026-01-01', '2026-06-01T12:00:00Z']),
  one(['IpAddress', 'NotIpAddress'], 'aws:SourceIp', ['10.0.0.0/8', '10.1.0.0/16', '203.0.113.0/24']),
  one(['Bool', 'BoolIfExists'], 'aws:SecureTransport', ['true', 'false']),
  one(['Null'], 'team', ['true', 'false']),
];
const callerConditions = [
  one(onCaller, 'aws:PrincipalArn', ['arn:aws:iam::111122223333:*', 'arn:aws:iam::*:role/App', '*']),
  one(['StringEquals', 'StringNotEquals'], 'aws:PrincipalAccount', ['111122223333', '444455556666']),
];

function statementOf(type: PolicyType): fc.Arbitrary<object> {
  const kinds = type === 'RESOURCE_POLICY' ? [...conditions, ...callerConditions] : conditions;
  return fc
    .record({
      Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
      action: fc.tuple(fc.constantFrom('Action', 'Action', 'NotAction'), part(actions)),
      resource: fc.tuple(fc.constantFrom('Resource', 'Resource', 'NotResource'), part(resources)),
      principal: fc.tuple(fc.constantFrom('Principal', 'Principal', 'NotPrincipal'), part(principals)),
      Condition: fc.option(fc.oneof(...kinds), { nil: undefined, freq: 1 }),
    })
    .map(({ Effect, action, resource, principal, Condition }) => ({
      Effect,
      [action[0]]: action[1],
      [resource[0]]: resource[1],
      ...(type === 'RESOURCE_POLICY'
        ? { [Effect === 'Allow' ? 'Principal' : principal[0]]: { AWS: principal[1] } }
        : {}),
      ...(Condition ? { Condition } : {}),
    }));
}

const policyOf = (type: PolicyType) =>
  fc
    .array(statementOf(type), { minLength: 1, maxLength: 3 })
    .map((Statement) => compilePolicy({ Version: '2012-10-17', Statement }))
    .map((policy) => Object.assign({}, policy, { [fc.toStringMethod]: () => policy.body.text }));

const callers: readonly Pick<Witness, 'principal' | 'principalAccount' | 'context'>[] = [
  { principal: { type: 'Anonymous' }, principalAccount: null, context: {} },
  ...['111122223333', '444455556666', '777788889999'].flatMap((principalAccount) => [
    {
      principal: { type: 'User' as const, arn: `arn:aws:iam::${principalAccount}:user/alice` },
      principalAccount,
      context: {
        'aws:PrincipalArn': `arn:aws:iam::${principalAccount}:user/alice`,
        'aws:PrincipalAccount': principalAccount,
      },
    },
    ...['s', 't'].map((session) => ({
      principal: { type: 'AssumedRole' as const, arn: `arn:aws:sts::${principalAccount}:assumed-role/App/${session}` },
      principalAccount,
      context: {
        'aws:PrincipalArn': `arn:aws:iam::${principalAccount}:role/App`,
        'aws:PrincipalAccount': principalAccount,
      },
    })),
  ]),
];

const alice = {
  principal: { type: 'User' as const, arn: 'arn:aws:iam::111122223333:user/alice' },
  principalAccount: '111122223333',
};

const absent = { nil: undefined };
const request = fc
  .record({
    caller: fc.constantFrom(...callers),
    action: fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:GetBucket', 'ec2:RunInstances', 'sqs:Send'),
    resource: fc.constantFrom(
      ...['b/a', 'b/ab', 'b/ba', 'b/alice', 'b/aliceX', 'red/a', 'b/x'].map((x) => `arn:aws:s3:::${x}`),
      '*',
    ),
    team: fc.option(
      fc.oneof(fc.constantFrom('red', 'RED', 'blue', 'glue', 'alice', 'b', 'r'), fc.subarray(['red', 'blue', 'x'])),
      absent,
    ),
    size: fc.option(fc.constantFrom('0', '1', '2', '5', '5.2', '5.5', '7', '10', '11'), absent),
    time: fc.option(fc.constantFrom('2025-01-01', '2026-01-01', '2026-03-01', '2027-01-01'), absent),
    ip: fc.option(fc.constantFrom('10.0.0.1', '10.1.2.3', '203.0.113.9', '8.8.8.8', '::1'), absent),
    secure: fc.option(fc.constantFrom('true', 'false'), absent),
    username: fc.option(fc.constantFrom('alice', 'a', 'red'), absent),
  })
  .map(({ caller, action, resource, team, size, time, ip, secure, username }) => {
    const values = {
      team,
      size,
      'aws:CurrentTime': time,
      'aws:SourceIp': ip,
      'aws:SecureTransport': secure,
      'aws:username': username,
    };
    const present = Object.entries(values).filter(([, value]) => value !== undefined);
    return { ...caller, action, resource, context: { ...caller.context, ...Object.fromEntries(present) } } as Witness;
  });

const sample = fc.sample(request, { seed: 1, numRuns: 1500 });
const owned = sample.filter(({ principalAccount }) => principalAccount !== null);

/** Operators without a set qualifier ask about single values: a list in the request is what AWS leaves undefined. */
function isProper({ context }: Witness, policies: readonly CompiledPolicy[]): boolean {
  if (!Array.isArray(context.team)) return true;
  return policies.every(({ body }) =>
    body.document.statements.every(
      ({ conditions: all, resource, notResource }) =>
        [
          ...all
            .filter(({ key }) => key === 'team')
            .map(({ operator }) => operator.includes(':') || operator === 'Null'),
        ].every(Boolean) && !`${resource}${notResource}`.includes('team'),
    ),
  );
}

for (const type of ['IDENTITY_POLICY', 'RESOURCE_POLICY'] as const) {
  const requests = type === 'IDENTITY_POLICY' ? owned : sample;
  describe(`analysis of ${type}`, () => {
    it('checkNoNewAccess passes nothing new, and shows what is new', () => {
      let fails = 0;
      let doubts = 0;
      fc.assert(
        fc.property(policyOf(type), policyOf(type), (existing, updated) => {
          const { result, witness } = checkNoNewAccess(existing, updated, type);
          if (witness) {
            assert.ok(isAllowedBy(updated, type, witness) && !isAllowedBy(existing, type, witness));
            fails++;
          } else if (result === 'FAIL') doubts++;
          if (result === 'FAIL') return;
          const isNew = (one: Witness) =>
            isProper(one, [existing, updated]) && isAllowedBy(updated, type, one) && !isAllowedBy(existing, type, one);
          assert.equal(requests.find(isNew), undefined);
        }),
        { numRuns: runs },
      );
      assert.ok(doubts * 20 < fails, `${doubts} doubts, ${fails} certain`);
    });

    it('checkNoNewAccess passes a policy compared with itself, and with itself and more', () => {
      fc.assert(
        fc.property(policyOf(type), policyOf(type), (policy, other) => {
          assert.equal(checkNoNewAccess(policy, policy, type).result, 'PASS');
          const allows = other.body.document.statements.filter(({ effect }) => effect === 'Allow');
          const text = (wanted: CompiledPolicy) => JSON.parse(wanted.body.text).Statement as object[];
          const more = [...text(policy), ...allows.map(({ index }) => text(other)[index] ?? {})];
          const both = compilePolicy({ Version: '2012-10-17', Statement: more });
          assert.equal(checkNoNewAccess(both, policy, type).result, 'PASS');
        }),
        { numRuns: runs },
      );
    });

    it('checkAccessNotGranted passes nothing that is granted, and shows what is', () => {
      const access = fc.record({
        actions: part(['s3:GetObject', 's3:P*', 'ec2:*']),
        resources: part(resources.slice(1, 5)),
      });
      fc.assert(
        fc.property(policyOf(type), access, (policy, listed) => {
          const { result, witness } = checkAccessNotGranted(policy, [listed], type);
          if (witness) assert.ok(isAllowedBy(policy, type, witness));
          if (result === 'FAIL') return;
          const asked = compilePolicy({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: listed.actions, Resource: listed.resources }],
          });
          const isGranted = (one: Witness) =>
            isProper(one, [policy]) &&
            isAllowedBy(policy, type, one) &&
            isAllowedBy(asked, 'IDENTITY_POLICY', { ...one, ...alice });
          assert.equal(requests.find(isGranted), undefined);
        }),
        { numRuns: runs },
      );
    });
  });
}

describe('checkNoPublicAccess', () => {
  const known = new Set(['111122223333', '444455556666']);
  const strangers = sample.filter(({ principalAccount, context }) => {
    return !known.has(principalAccount ?? '') && context['aws:SourceIp'] === undefined;
  });

  it('passes nothing that a stranger may do', () => {
    fc.assert(
      fc.property(policyOf('RESOURCE_POLICY'), (policy) => {
        const { result, witness } = checkNoPublicAccess(policy, 'AWS::S3::Bucket');
        if (witness) assert.ok(isAllowedBy(policy, 'RESOURCE_POLICY', witness));
        if (result === 'FAIL') return;
        const isOpen = (one: Witness) => isProper(one, [policy]) && isAllowedBy(policy, 'RESOURCE_POLICY', one);
        assert.equal(strangers.find(isOpen), undefined);
      }),
      { numRuns: runs },
    );
  });
});
