// Documents made to be slow: pairs of everything with everything, patterns that backtrack, findings without end. The
// largest document that is read takes about as long whatever it holds.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as facts from '../../core/facts.ts';
import { promptly } from '../../testing/promptly.ts';
import { findingsOf, type PolicyType } from './index.ts';

const size = 250_000;

const list = (make: (i: number) => string) => {
  const items: string[] = [];
  for (let length = 0; length < size - 1000; length += (items.at(-1)?.length ?? 0) + 3) items.push(make(items.length));
  return items;
};
const keys = (make: (i: number) => string) => Object.fromEntries(Array.from({ length: 999 }, (_, i) => [make(i), 'x']));
const fill = (text: string) => text.repeat(Math.floor((size - 1000) / text.length));
const half = (items: string[]) => items.slice(0, items.length / 2);

/** Elements in which a statement is changed. */
const documents: Readonly<Record<string, object>> = {
  'patterns of actions': { Action: list((i) => `s3:*a${i}*b*`) },
  'actions that do not exist': { Action: list((i) => `s3:GetObj${i}`) },
  'services that do not exist': { Action: list((i) => `svc${i}:Get`) },
  'prefixes of actions': { Action: list((i) => `s3:Get${i}*`) },
  'one long action': { Action: `s3:${fill('*a')}` },
  'patterns of resources': { Resource: list((i) => `arn:aws:ec2:*:*:*x${i}*y*`) },
  'one long resource': { Resource: `arn:aws:s3:::${fill('*a')}` },
  'long resources': { Resource: list((i) => `arn:aws:ec2:*:*:inst${i}${'*a'.repeat(500)}`) },
  'keys and actions': {
    Action: half(list((i) => (i % 2 ? 's3:GetObject' : `s3:PutObject${' '.repeat(i % 7)}`))),
    Condition: { StringEquals: keys((i) => `s3:ExistingObjectTag/${i}`) },
  },
  'tags and actions': {
    Action: half(list((i) => `iam:listusers${i}`)),
    Condition: { StringEquals: keys((i) => `aws:ResourceTag/${i}`) },
  },
  'open variables': { Resource: `arn:aws:s3:::${fill('${')}` },
  'open variables in a value': { Condition: { StringLike: { 'aws:userid': fill('${a') } } },
  'one long key': { Condition: { StringEquals: { [`aws:${fill('a/')}`]: 'x' } } },
  'one long operator': { Condition: { [fill('ForAllValues:')]: { a: 'x' } } },
  'one long service': { Condition: { StringEquals: { 'iam:PassedToService': `${fill('a.')}!` } } },
  'principals and actions': {
    Resource: undefined,
    Principal: { Federated: half(list((i) => `arn:aws:iam::111122223333:saml-provider/${i}`)) },
    Action: half(list(() => 'sts:AssumeRole')),
  },
  'roles and sessions': {
    Resource: undefined,
    Principal: { AWS: list((i) => `arn:aws:iam::111122223333:role/${'a/'.repeat(9)}${i}`) },
    Action: 'sts:AssumeRole',
  },
};

describe('a hostile document', () => {
  for (const [name, changes] of Object.entries(documents)) {
    it(`takes no longer than a large one: ${name}`, () => {
      const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...changes };
      const text = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
      assert.ok(text.length > size / 3 && text.length < 262_144, String(text.length));
      const policyType: PolicyType = 'Principal' in changes ? 'RESOURCE_POLICY' : 'IDENTITY_POLICY';
      const findings = promptly(() => findingsOf(text, { policyType }, facts));
      assert.notEqual(findings[0]?.issueCode, 'JSON_SYNTAX_ERROR');
      assert.ok(findings.flatMap(({ locations }) => locations).length <= 30_000);
    });
  }

  it('that is too large says so', () => {
    const [finding] = findingsOf(' '.repeat(300_000), { policyType: 'IDENTITY_POLICY' }, facts);
    assert.equal(finding?.findingDetails, 'Fix the JSON syntax error.');
  });
});

const names = ['Version', 'Statement', 'Effect', 'Action', 'NotAction', 'Resource', 'Principal', 'Condition', 'Sid'];
const words = [
  'Allow',
  '*',
  's3:*',
  'iam:PassRole',
  'arn:aws:s3:::b',
  'StringLike',
  'aws:SourceIp',
  '${',
  '10.0.0.0/8',
];
const text = fc.oneof(fc.constantFrom(...words), fc.string());
const { policy } = fc.letrec((tie) => ({
  policy: fc.oneof(
    { depthSize: 'medium' },
    text,
    fc.boolean(),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('policy'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...names), text), tie('policy'), { maxKeys: 5 }),
  ),
}));
const types: readonly PolicyType[] = [
  ...(['IDENTITY_POLICY', 'RESOURCE_POLICY', 'SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const),
];

describe('any document', () => {
  const holds = (value: unknown, policyType: PolicyType) => {
    const document = JSON.stringify(value, null, 1);
    for (const { locations, findingDetails } of findingsOf(document, { policyType }, facts)) {
      assert.ok(findingDetails.length > 0);
      for (const { span } of locations) {
        assert.ok(span.start.offset <= span.end.offset && span.end.offset <= document.length);
        assert.ok((document.split('\n')[span.start.line - 1]?.length ?? -1) >= span.start.column);
      }
    }
  };
  it('is answered with findings whose spans lie in it', () => {
    fc.assert(fc.property(policy, fc.constantFrom(...types), holds), { numRuns: 300 });
  });
  it('made of statements is answered, too', () => {
    const statement = fc.dictionary(fc.constantFrom(...names), policy, { maxKeys: 6 });
    const document = fc.record({
      Version: fc.constant('2012-10-17'),
      Statement: fc.array(statement, { maxLength: 4 }),
    });
    fc.assert(fc.property(document, fc.constantFrom(...types), holds), { numRuns: 500 });
  });
});
