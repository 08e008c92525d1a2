import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { promptly } from '../testing/promptly.ts';
import {
  compilePolicy,
  contextOf,
  type Decision,
  decide,
  denialReason,
  explain,
  explanationText,
  named,
  type PolicyKind,
  type PolicyRequest,
  type PolicySet,
  PolicySyntaxError,
} from './index.ts';

const account = '111122223333';
const request: PolicyRequest = {
  principal: { type: 'User', arn: `arn:aws:iam::${account}:user/tester` },
  action: 'ce:GetCostAndUsage',
  resource: `arn:aws:ce:us-east-1:${account}:/GetCostAndUsage`,
  context: contextOf({ 'aws:username': 'tester', 'aws:RequestedRegion': 'us-east-1' }),
  principalAccount: account,
  resourceAccount: account,
};
const policy = (...statements: object[]) => compilePolicy({ Version: '2012-10-17', Statement: statements });
const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' };
const denyAll = { Effect: 'Deny', Action: '*', Resource: '*' };
const full = policy(allowAll);
const other = policy({ Effect: 'Allow', Action: 'ec2:*', Resource: '*' });
const trust = policy({ Effect: 'Deny', Principal: '*', Action: 'sts:*' });
const assume = { action: 'sts:AssumeRole', resource: `arn:aws:iam::${account}:role/x` };
const key = { action: 'kms:Decrypt', resource: `arn:aws:kms:us-east-1:${account}:key/k` };

const denials: readonly [string, Partial<PolicyRequest>, PolicySet][] = [
  ['because no identity-based policy allows the ce:GetCostAndUsage action', {}, { identity: [other] }],
  ['because no permissions boundary allows the ce:GetCostAndUsage action', {}, { identity: [full], boundary: other }],
  ['because no session policy allows the ce:GetCostAndUsage action', {}, { identity: [full], session: [other] }],
  [
    'because no service control policy allows the ce:GetCostAndUsage action',
    {},
    { identity: [full], scps: [[full], [other]] },
  ],
  [
    'because no VPC endpoint policy allows the ce:GetCostAndUsage action',
    {},
    { identity: [full], vpcEndpoint: policy({ ...allowAll, Action: 'ec2:*', Principal: '*' }) },
  ],
  [
    'because no resource-based policy allows the ce:GetCostAndUsage action',
    { resourceAccount: '444455556666' },
    { identity: [full] },
  ],
  ['because no resource-based policy allows the kms:Decrypt action', key, { identity: [full] }],
  ['because no role trust policy allows the sts:AssumeRole action', assume, { identity: [full] }],
  ['with an explicit deny in an identity-based policy', {}, { identity: [full, policy(denyAll)] }],
  ['with an explicit deny in a permissions boundary', {}, { identity: [full], boundary: policy(denyAll) }],
  ['with an explicit deny in a session policy', {}, { identity: [full], session: [policy(denyAll)] }],
  ['with an explicit deny in a service control policy', {}, { identity: [full], scps: [[full, policy(denyAll)]] }],
  [
    'with an explicit deny in a resource-based policy',
    {},
    { identity: [full], resource: policy({ ...denyAll, Principal: '*' }) },
  ],
  [
    'with an explicit deny in a VPC endpoint policy',
    {},
    { identity: [full], vpcEndpoint: policy({ ...denyAll, Principal: '*' }) },
  ],
  ['with an explicit deny in the role trust policy', assume, { identity: [full], resource: trust }],
  [
    'with an explicit deny in a resource control policy',
    key,
    { identity: [full], rcps: [[policy({ ...denyAll, Principal: '*' })]] },
  ],
  ['', {}, { identity: [full] }],
];

describe('denialReason', () => {
  for (const [sentence, change, policies] of denials) {
    it(`says "${sentence}"`, () => {
      const asked = { ...request, ...change };
      assert.equal(denialReason(decide(asked, policies), asked.action), sentence);
    });
  }
});

describe('decide', () => {
  const told = (decision: Decision): unknown => [decision.kind, decision.policy?.name, decision.statement?.index];

  it('names the policy and statement that decided', () => {
    const mine = named(
      policy({ ...allowAll, Action: 'ec2:*' }, { ...allowAll, Sid: 'All' }),
      'arn:aws:iam::aws:policy/Mine',
    );
    assert.deepEqual(told(decide(request, { identity: [other, mine] })), [
      'identity',
      'arn:aws:iam::aws:policy/Mine',
      1,
    ]);
    const scp = compilePolicy({ Version: '2012-10-17', Statement: [allowAll, denyAll] }, 'p-guard');
    assert.deepEqual(told(decide(request, { identity: [full], scps: [[scp]] })), ['scp', 'p-guard', 1]);
    assert.deepEqual(told(decide(request, { identity: [] })), ['identity', undefined, undefined]);
  });

  it('finds keys that were mentioned only after the context was built, in any case', () => {
    const context = contextOf({ 'Late:Key': 'yes' });
    const late = policy({ ...allowAll, Condition: { StringEquals: { 'late:KEY': 'yes' } } });
    assert.equal(decide({ ...request, context }, { identity: [late] }).verdict, 'Allowed');
    const again = contextOf({ 'LATE:key': 'yes' });
    assert.equal(decide({ ...request, context: again }, { identity: [late] }).verdict, 'Allowed');
  });

  it('drops names that no policy mentions', () => {
    const entries = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`aws:RequestTag/stranger${i}`, 'x']));
    assert.equal(contextOf(entries).slots.length, 0);
  });

  it('applies NotAction to an action without a name', () => {
    const guard = policy(allowAll, { Effect: 'Deny', NotAction: 'iam:*', Resource: '*' });
    assert.equal(decide({ ...request, action: '' }, { identity: [guard] }).verdict, 'ExplicitlyDenied');
  });

  it('is not led astray by names of object prototypes', () => {
    const context = contextOf({ constructor: 'x', ['__proto__']: 'y', toString: 'z' });
    const odd = policy({ ...allowAll, Condition: { StringEquals: { constructor: 'x', tostring: 'z' } } });
    assert.equal(decide({ ...request, context }, { identity: [odd] }).verdict, 'Allowed');
    assert.throws(() => compilePolicy('{"Statement":{"constructor":1}}'), PolicySyntaxError);
  });
});

describe('compilePolicy', () => {
  it('compiles a text once', () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [allowAll] });
    assert.equal(compilePolicy(text).body, compilePolicy(text, 'other name').body);
  });

  const hostile: readonly [string, string][] = [
    [
      '10,000 statements',
      JSON.stringify({
        Statement: Array.from({ length: 10_000 }, (_, i) => ({
          Effect: 'Deny',
          Action: `s3:*a*b*c${i}`,
          Resource: [`arn:aws:s3:::*a*b*${i}`],
        })),
      }),
    ],
    ['7,000 statements', JSON.stringify({ Statement: Array(7000).fill({ Effect: 'Deny', Action: 's3:*' }) })],
    ['10,001 statements', JSON.stringify({ Statement: Array(10_001).fill(allowAll) })],
    ['a megabyte of stars', JSON.stringify({ Statement: { ...allowAll, Resource: '*a'.repeat(500_000) } })],
    ['200,000 stars', JSON.stringify({ Statement: { ...allowAll, Resource: '*a'.repeat(100_000) } })],
    ['a megabyte of brackets', '['.repeat(1_000_000)],
    ['a megabyte of keys', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`).join()}}`],
    ['more than a megabyte', ' '.repeat(1_048_577)],
    ['an unterminated escape', `"${'\\u0041'.repeat(40_000)}`],
  ];
  for (const [title, text] of hostile) {
    it(`takes or refuses ${title} at once`, () => {
      try {
        promptly(() => compilePolicy(text));
      } catch (error) {
        assert.ok(error instanceof PolicySyntaxError);
      }
    });
  }

  const refused: readonly [string, string][] = [
    [
      '{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}}',
      'Duplicate name "Effect" at position 31',
    ],
    ['{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}', 'Effect must be Allow or Deny at position 23'],
    ['{"Statement":{"Effect":"Allow","Resource":"*"}}', 'A statement has either Action or NotAction at position 13'],
    [
      '{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Foo":{"a":"b"}}}}',
      'Unknown condition operator "Foo" at position 57',
    ],
    ['{"Statement":{"Effect":"Allow","Action":[1]}}', 'Expected a string at position 41'],
    ['{"Version":"2012-10-18","Statement":[]}', 'Version must be 2008-10-17 or 2012-10-17 at position 11'],
    ['{"Version":"2012-10-17"}', 'Statement is missing at position 0'],
    ['"text"', 'A policy document is an object at position 0'],
  ];
  for (const [text, message] of refused) {
    it(`refuses: ${message}`, () => {
      assert.throws(
        () => compilePolicy(text),
        (error) => error instanceof PolicySyntaxError && error.message === message,
      );
    });
  }
});

describe('explanationText', () => {
  it('derives a denial, layer by layer', () => {
    const scp = compilePolicy(
      {
        Version: '2012-10-17',
        Statement: [
          allowAll,
          { ...denyAll, Sid: 'Region', Condition: { StringNotEquals: { 'aws:RequestedRegion': 'eu-west-1' } } },
        ],
      },
      'p-region',
    );
    const explanation = explain(request, { identity: [named(other, 'inline/ec2')], scps: [[scp]] });
    assert.deepEqual(explanationText(explanation).split('\n'), [
      'ExplicitlyDenied: with an explicit deny in a service control policy',
      `  principal  User arn:aws:iam::${account}:user/tester`,
      '  action     ce:GetCostAndUsage',
      `  resource   arn:aws:ce:us-east-1:${account}:/GetCostAndUsage`,
      `  accounts   principal ${account}, resource ${account}`,
      'Service control policies, level 1 of 1: DENIES',
      '  p-region: DENIES',
      '    + 1 Allow applies',
      '    + 2 Region Deny applies',
      'Identity-based policies: does not allow',
      '  inline/ec2: does not allow',
      '    - 1 Allow does not apply',
      '        Action "ec2:*" does not mean ce:GetCostAndUsage',
      'Why',
      '  1. Statement 2 (Region) of p-region applies and denies: with an explicit deny in a service control policy.',
    ]);
  });

  it('shows what a condition wanted and found', () => {
    const strict = policy({
      ...allowAll,
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, StringEquals: { 'aws:username': ['a', 'b'] } },
    });
    const text = explanationText(explain(request, { identity: [strict] }));
    assert.ok(text.includes('Bool aws:MultiFactorAuthPresent wanted "true": the request has no such key'));
    assert.ok(text.includes('StringEquals aws:username wanted ["a", "b"]: found "tester"'));
  });

  it('lets nothing of a stranger move the cursor', () => {
    const text = explanationText(explain({ ...request, action: 'x:\u001b[2J\n' }, { identity: [] }));
    assert.ok(!text.includes('\u001b'));
    assert.ok(text.includes('action     x:\ufffd[2J\ufffd'));
  });
});

const kinds: readonly PolicyKind[] = [
  'identity',
  'resource',
  'boundary',
  'session',
  'scp',
  'rcp',
  'vpcEndpoint',
  'grant',
  'trust',
];

it('denialReason has words for every kind of policy', () => {
  for (const kind of kinds) {
    assert.match(denialReason({ verdict: 'ImplicitlyDenied', kind }, 'a:B'), /^because no .+ allows the a:B action$/);
    assert.match(denialReason({ verdict: 'ExplicitlyDenied', kind }, 'a:B'), /^with an explicit deny in (an?|the) .+$/);
  }
});
