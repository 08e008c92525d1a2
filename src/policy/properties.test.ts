// Properties that hold for every policy set: the decision is a naive evaluator's; a deny never allows more, an
// allow never denies more; order never matters; the explanation says what the decision says. A run prints its seed
// when it fails.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  compilePolicy,
  contextOf,
  decide,
  explain,
  explanationText,
  type PolicyRequest,
  type PolicySet,
} from './index.ts';
import { naiveVerdict, type Statement, type World } from './naive.ts';

const accounts = ['111122223333', '444455556666'] as const;
const [account] = accounts;
const user = `arn:aws:iam::${account}:user/alice`;
const role = `arn:aws:iam::${account}:role/App`;
const session = `arn:aws:sts::${account}:assumed-role/App/s`;

const principals = ['*', account, accounts[1], user, role, session, `arn:aws:iam::${account}:root`];
const actions = ['*', 's3:*', 's3:GetObject', 's3:Get*', 'S3:PUT?bject', 'ec2:*', 'kms:Decrypt'];
const resources = ['*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/a', 'arn:aws:s3:::*/a', `arn:aws:s3:::b/\${aws:username}`];

const condition = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant({ StringEquals: { team: ['red', 'blue'] } }) },
  { weight: 1, arbitrary: fc.constant({ StringNotEquals: { team: 'red' } }) },
  { weight: 1, arbitrary: fc.constant({ 'ForAllValues:StringEquals': { tags: ['x', 'y'] } }) },
  { weight: 1, arbitrary: fc.constant({ 'ForAnyValue:StringEquals': { tags: 'x' } }) },
  { weight: 1, arbitrary: fc.constant({ StringEqualsIfExists: { team: 'red' } }) },
  { weight: 1, arbitrary: fc.constant({ Null: { team: 'true' } }) },
);

function statementOf(withPrincipal: boolean): fc.Arbitrary<Statement> {
  return fc
    .record({
      Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
      negateAction: fc.boolean(),
      negateResource: fc.boolean(),
      action: fc.subarray(actions, { minLength: 1, maxLength: 2 }),
      resource: fc.subarray(resources, { minLength: 1, maxLength: 2 }),
      principal: fc.subarray(principals, { minLength: 1, maxLength: 2 }),
      Condition: condition,
    })
    .map(({ Effect, negateAction, negateResource, action, resource, principal, Condition }) => ({
      Effect,
      ...(withPrincipal ? { Principal: { AWS: principal } } : {}),
      ...(negateAction ? { NotAction: action } : { Action: action }),
      ...(negateResource ? { NotResource: resource } : { Resource: resource }),
      ...(Condition ? { Condition } : {}),
    }));
}

const policy = fc.array(statementOf(false), { minLength: 0, maxLength: 3 });
const resourcePolicy = fc.array(statementOf(true), { minLength: 0, maxLength: 3 });
const everything: Statement = { Effect: 'Allow', Action: '*', Resource: '*' };
const open = (statement: Statement) =>
  fc.integer({ min: 0, max: 2 }).map((n) => Array.from({ length: n }, () => [[statement]]));

const world: fc.Arbitrary<World> = fc.record({
  principal: fc.constantFrom(
    { type: 'User' as const, arn: user },
    { type: 'AssumedRole' as const, arn: session },
    { type: 'Root' as const, arn: `arn:aws:iam::${account}:root` },
    { type: 'Anonymous' as const },
  ),
  action: fc.constantFrom('s3:GetObject', 's3:PutObject', 'ec2:RunInstances'),
  resource: fc.constantFrom('arn:aws:s3:::b/a', 'arn:aws:s3:::b/alice', 'arn:aws:s3:::c/a', '*'),
  context: fc.record(
    {
      team: fc.constantFrom('red', 'blue', 'green'),
      tags: fc.subarray(['x', 'y', 'z']),
      'aws:username': fc.constant('alice'),
      'aws:PrincipalArn': fc.constant(role),
    },
    { requiredKeys: ['aws:PrincipalArn'] },
  ),
  resourceAccount: fc.constantFrom(...accounts),
  identity: fc.array(policy, { maxLength: 2 }),
  resourcePolicy: fc.option(resourcePolicy, { nil: undefined }),
  boundary: fc.option(policy, { nil: undefined, freq: 2 }),
  session: fc.option(fc.array(policy, { maxLength: 2 }), { nil: undefined, freq: 2 }),
  scps: fc.oneof(open(everything), fc.array(fc.array(policy, { maxLength: 2 }), { maxLength: 2 })),
  rcps: fc.oneof(
    open({ ...everything, Principal: '*' }),
    fc.array(fc.array(resourcePolicy, { maxLength: 2 }), { maxLength: 1 }),
  ),
});

const compiled = (statements: readonly Statement[]) => compilePolicy({ Version: '2012-10-17', Statement: statements });

function questionOf(world: World): [PolicyRequest, PolicySet] {
  const policies: PolicySet = {
    identity: world.identity.map(compiled),
    resource: world.resourcePolicy && compiled(world.resourcePolicy),
    boundary: world.boundary && compiled(world.boundary),
    session: world.session?.map(compiled),
    scps: world.scps.map((level) => level.map(compiled)),
    rcps: world.rcps.map((level) => level.map(compiled)),
  };
  const request: PolicyRequest = {
    principal: world.principal,
    action: world.action,
    resource: world.resource,
    context: contextOf(world.context),
    principalAccount: world.principal.type === 'Anonymous' ? null : account,
    resourceAccount: world.resourceAccount,
  };
  return [request, policies];
}

const verdictOf = (world: World) => decide(...questionOf(world)).verdict;

describe('decide', () => {
  it('says what a naive evaluator says', () => {
    const property = fc.property(world, (w) => assert.equal(verdictOf(w), naiveVerdict(w)));
    fc.assert(property, { numRuns: 6000 });
  });

  it('never allows more with one more deny', () => {
    const property = fc.property(world, statementOf(true), fc.nat(4), (w, extra, place) => {
      const before = verdictOf(w);
      const after = verdictOf(added(w, { ...extra, Effect: 'Deny' }, place));
      if (before !== 'Allowed') assert.notEqual(after, 'Allowed');
      if (before === 'ExplicitlyDenied') assert.equal(after, 'ExplicitlyDenied');
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('never denies more with one more allow', () => {
    const property = fc.property(world, statementOf(true), fc.nat(4), (w, extra, place) => {
      const before = verdictOf(w);
      const after = verdictOf(added(w, { ...extra, Effect: 'Allow' }, place));
      if (before === 'Allowed') assert.equal(after, 'Allowed');
      if (before === 'ExplicitlyDenied') assert.equal(after, 'ExplicitlyDenied');
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('does not care about order', () => {
    const property = fc.property(world, (w) => assert.equal(verdictOf(reversed(w)), verdictOf(w)));
    fc.assert(property, { numRuns: 2000 });
  });

  it('is explained with the same verdict and layers that agree', () => {
    const property = fc.property(world, (w) => {
      const [request, policies] = questionOf(w);
      const explanation = explain(request, policies);
      assert.equal(explanation.verdict, verdictOf(w));
      const denies = explanation.layers.some((layer) => layer.applies && layer.result === 'Deny');
      assert.equal(denies, explanation.verdict === 'ExplicitlyDenied');
      assert.ok(explanationText(explanation).startsWith(explanation.verdict));
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

/** One more statement in a policy that is there; where there is none, the world stays as it is. */
function added(w: World, statement: Statement, place: number): World {
  const { Principal: _, ...plain } = statement;
  const first = <T>(list: readonly (readonly T[])[], item: T) =>
    list.map((inner, i) => (i === 0 ? [...inner, item] : inner));
  if (place === 0) return { ...w, identity: first(w.identity, plain) };
  if (place === 1 && w.resourcePolicy) return { ...w, resourcePolicy: [...w.resourcePolicy, statement] };
  if (place === 2 && w.boundary) return { ...w, boundary: [...w.boundary, plain] };
  if (place === 3 && w.session) return { ...w, session: first(w.session, plain) };
  return { ...w, scps: w.scps.map((level) => first(level, plain)) };
}

function reversed(w: World): World {
  const policies = (list: readonly (readonly Statement[])[]) =>
    list.map((statements) => statements.toReversed()).toReversed();
  return {
    ...w,
    identity: policies(w.identity),
    resourcePolicy: w.resourcePolicy?.toReversed(),
    boundary: w.boundary?.toReversed(),
    session: w.session && policies(w.session),
    scps: w.scps.map(policies).toReversed(),
    rcps: w.rcps.map(policies).toReversed(),
  };
}
