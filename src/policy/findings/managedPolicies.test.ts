// AWS's own policies: those that the reference names under a check have its finding, and hardly any has an error.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as facts from '../../core/facts.ts';
import { managedPolicies } from '../../identity/managedPolicies.ts';
import { findingsOf, type IssueCode } from './index.ts';

const found = new Map(
  managedPolicies().map(({ name, document }) => [name, findingsOf(document, { policyType: 'IDENTITY_POLICY' }, facts)]),
);

const named: readonly (readonly [code: IssueCode, policies: readonly string[]])[] = [
  ['PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE', ['AdministratorAccess', 'IAMFullAccess']],
  ['CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE', ['AdministratorAccess', 'IAMFullAccess']],
  ['CREATE_SLR_WITH_STAR_IN_RESOURCE', ['PowerUserAccess', 'AWSOrganizationsServiceTrustPolicy']],
  ['PASS_ROLE_WITH_STAR_IN_RESOURCE', ['AdministratorAccess-Amplify', 'AWSServiceRoleForAmazonEKSNodegroup']],
  ['POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA', ['ReadOnlyAccess', 'AWSSupportServiceRolePolicy']],
  [
    'STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS',
    ['AmazonSecurityLakeAdministrator', 'AWSCodePipeline_FullAccess', 'S3UnlockBucketPolicy', 'SQSUnlockQueuePolicy'],
  ],
];

describe('AWS managed policies', () => {
  for (const [code, policies] of named) {
    for (const name of policies) {
      it(`${name} has ${code}`, () => {
        const codes = found.get(name)?.map(({ issueCode }) => issueCode) ?? assert.fail('no such policy');
        assert.ok(codes.includes(code), codes.join(', '));
      });
    }
  }

  /** What is left are services that AWS has closed, and ARNs and actions that its reference does not list. */
  it('hardly ever have an error', () => {
    const wrong = [...found].filter(([, findings]) => findings.some(({ findingType }) => findingType === 'ERROR'));
    assert.ok(found.size > 1500);
    assert.ok(wrong.length < found.size / 12, `${wrong.length} of ${found.size}`);
  });
});
