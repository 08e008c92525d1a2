import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as facts from '../../core/facts.ts';
import { type Finding, findingsOf } from './index.ts';

const resourcePolicy = { policyType: 'RESOURCE_POLICY' } as const;
const identityPolicy = { policyType: 'IDENTITY_POLICY' } as const;

/** `Statement[0].Action[1] 12:16-12:32 292-308`, with `{key}` for keys and `<8+2>` for parts. */
function places({ locations }: Finding): string[] {
  return locations.map(({ path, span }) => {
    const steps = path.map((step) => {
      if ('index' in step) return `[${step.index}]`;
      if ('value' in step) return `.${step.value}`;
      if ('key' in step) return `.{${step.key}}`;
      return `<${step.substring.start}+${step.substring.length}>`;
    });
    const { start, end } = span;
    return `${steps.join('')} ${start.line}:${start.column}-${end.line}:${end.column} ${start.offset}-${end.offset}`;
  });
}

/** The example of `aws accessanalyzer validate-policy` in the AWS CLI's reference, with AWS's answer. */
const cognito = `{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "",
            "Effect": "Allow",
            "Principal": {
                "Federated": "cognito-identity.amazonaws.com"
            },
            "Action": [
                "sts:AssumeRole",
                "sts:TagSession"
            ],
            "Condition": {
                "StringEquals": {
                    "cognito-identity.amazonaws.com:aud": "us-west-2_EXAMPLE"
                }
            }
        }
    ]
}`;

it('findings, their paths and their lines are those of the AWS CLI reference', () => {
  const findings = findingsOf(cognito, resourcePolicy, facts);
  const told = new Map(findings.map((finding) => [finding.issueCode, finding]));
  assert.deepEqual([...told.keys()].sort(), [
    'EMPTY_SID_VALUE',
    'MISMATCHED_ACTION_FOR_PRINCIPAL',
    'UNSUPPORTED_ACTION_FOR_CONDITION_KEY',
  ]);
  const at = (code: Finding['issueCode']) => places(told.get(code) ?? assert.fail(code));
  assert.deepEqual(at('EMPTY_SID_VALUE'), ['.Statement[0].Sid 5:19-5:21 79-81']);
  assert.deepEqual(at('MISMATCHED_ACTION_FOR_PRINCIPAL'), [
    '.Statement[0].Action[0] 11:16-11:32 258-274',
    '.Statement[0].Principal.Federated 8:29-8:61 170-202',
  ]);
  assert.deepEqual(at('UNSUPPORTED_ACTION_FOR_CONDITION_KEY'), [
    '.Statement[0].Action[1] 12:16-12:32 292-308',
    '.Statement[0].Condition.StringEquals.cognito-identity.amazonaws.com:aud 16:58-16:77 443-462',
  ]);
  assert.equal(
    told.get('UNSUPPORTED_ACTION_FOR_CONDITION_KEY')?.findingDetails,
    'The following actions: sts:TagSession are not supported by the condition key cognito-identity.amazonaws.com:aud. The condition will not be evaluated for these actions. We recommend that you move these actions to a different statement without this condition key.',
  );
});

it('a lone statement has no index, a part of an ARN is a substring, a key is a key', () => {
  const text =
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",\n"Resource":"arn:aws:s3:us-east-1::b/k","Foo":1}}';
  assert.deepEqual(findingsOf(text, identityPolicy, facts).map(places), [
    ['.Statement.Resource<11+9> 2:23-2:32 102-111'],
    ['.Statement.{Foo} 2:39-2:44 118-123'],
  ]);
});

it('escapes do not move what stands behind them', () => {
  const text =
    '{"Version":"2012-10-17","Statement":[{"\\u0045ffect":"Allow","Action":"s3:Get\\u004fbject","F\\u0021o":1,"Resource":"arn:aws:\\u0073x:::b"}]}';
  const spans = findingsOf(text, identityPolicy, facts).map(({ issueCode, locations: [at] }) => [
    issueCode,
    text.slice(at?.span.start.offset, at?.span.end.offset),
  ]);
  assert.deepEqual(spans, [
    ['INVALID_POLICY_ELEMENT', '"F\\u0021o"'],
    ['INVALID_SERVICE', '"arn:aws:\\u0073x:::b"'],
  ]);
});
