import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as facts from '../../core/facts.ts';
import cases from './cases.json' with { type: 'json' };
import { checks, type Finding, findingsOf, type IssueCode, type PolicyType, type ResourceType } from './index.ts';

/** A document, its text, or the elements in which a sound statement is changed (null: left out). */
type Sample = string | Record<string, unknown>;

interface Case {
  readonly code: IssueCode;
  readonly in: string;
  readonly bad: Sample;
  readonly good: Sample;
  /** The text at the first location. */
  readonly at?: string;
  readonly details?: string;
}

interface Home {
  readonly policyType: PolicyType;
  readonly resourceType?: ResourceType;
  readonly statement: Record<string, unknown>;
}

const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/k' };
const principal = { Principal: { AWS: '111122223333' } };
const deny = { Effect: 'Deny', Action: 's3:*', Resource: '*' };
const on = (resourceType: ResourceType, statement: object): Home => {
  return { policyType: 'RESOURCE_POLICY', resourceType, statement: { ...principal, ...read, ...statement } };
};
const assume = { Effect: 'Allow', ...principal, Action: 'sts:AssumeRole' };

/** Each with a statement that has no finding. */
const homes: Readonly<Record<string, Home>> = {
  identity: { policyType: 'IDENTITY_POLICY', statement: read },
  scp: { policyType: 'SERVICE_CONTROL_POLICY', statement: deny },
  rcp: { policyType: 'RESOURCE_CONTROL_POLICY', statement: { ...deny, Principal: '*' } },
  resource: { policyType: 'RESOURCE_POLICY', statement: { ...read, ...principal } },
  bucket: on('AWS::S3::Bucket', {}),
  accesspoint: on('AWS::S3::AccessPoint', {
    Resource: 'arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/*',
  }),
  mrap: on('AWS::S3::MultiRegionAccessPoint', { Resource: 'arn:aws:s3::111122223333:accesspoint/a.mrap/object/*' }),
  objectlambda: on('AWS::S3ObjectLambda::AccessPoint', {
    Action: 's3-object-lambda:GetObject',
    Resource: 'arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/p',
  }),
  table: on('AWS::DynamoDB::Table', {
    Action: 'dynamodb:GetItem',
    Resource: 'arn:aws:dynamodb:us-east-1:111122223333:table/t',
  }),
  trust: { policyType: 'RESOURCE_POLICY', resourceType: 'AWS::IAM::AssumeRolePolicyDocument', statement: assume },
};

const homeOf = (name: string): Home => homes[name] ?? assert.fail(name);

function textOf(sample: Sample, { statement }: Home): string {
  if (typeof sample === 'string') return sample;
  const whole = sample as { pad?: number; many?: number };
  if (whole.pad !== undefined) return documentOf([statement]).padEnd(whole.pad);
  if (whole.many !== undefined) {
    const statements = [];
    while (documentOf(statements).length < whole.many) statements.push({ Sid: `S${statements.length}`, ...statement });
    return documentOf(statements);
  }
  if ('Version' in sample || 'Statement' in sample) return JSON.stringify(sample);
  const merged = Object.entries({ ...statement, ...sample }).filter(([, value]) => value !== null);
  return documentOf([Object.fromEntries(merged)]);
}

function documentOf(statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

function validate(text: string, { policyType, resourceType }: Home): readonly Finding[] {
  return findingsOf(text, { policyType, resourceType }, facts);
}

const spanOf = (text: string, { locations }: Finding) => {
  const [first] = locations;
  return first && text.slice(first.span.start.offset, first.span.end.offset);
};

describe('every check', () => {
  for (const [name, home] of Object.entries(homes)) {
    it(`finds nothing in a sound ${name} policy`, () =>
      assert.deepEqual(validate(documentOf([home.statement]), home), []));
  }
  for (const { code, in: name, bad, good, at, details } of cases as readonly Case[]) {
    const home = homeOf(name);
    it(`${code} is found in ${name}: ${JSON.stringify(bad).slice(0, 80)}`, () => {
      const text = textOf(bad, home);
      const findings = validate(text, home);
      const found = findings.find(({ issueCode }) => issueCode === code);
      assert.ok(found, `${text}: ${findings.map(({ issueCode }) => issueCode).join(', ')}`);
      assert.equal(found.findingType, checks[code].type);
      assert.doesNotMatch(found.findingDetails, /\{\{[a-z]|^$|undefined/);
      assert.match(found.learnMoreLink, /#access-analyzer-reference-policy-checks-[a-z]+-[a-z-]+$/);
      if (at !== undefined) assert.equal(spanOf(text, found), at);
      if (details !== undefined) assert.ok(found.findingDetails.startsWith(details), found.findingDetails);
    });
    it(`${code} is not found in ${name}: ${JSON.stringify(good).slice(0, 80)}`, () => {
      const found = validate(textOf(good, home), home).find(({ issueCode }) => issueCode === code);
      assert.equal(found, undefined);
    });
  }
  it('has a case', () => {
    const tried = new Set((cases as readonly Case[]).map(({ code }) => code));
    assert.deepEqual(
      Object.keys(checks).filter((code) => !tried.has(code as IssueCode)),
      [],
    );
  });
});
