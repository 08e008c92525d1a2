// cases.json: one question each, with the answer that AWS's documentation gives and the page that gives it. Every
// FAIL must come with a witness that the evaluator confirms, and the answer within milliseconds.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compilePolicy } from '../index.ts';
import {
  type CheckResult,
  checkAccessNotGranted,
  checkNoNewAccess,
  checkNoPublicAccess,
  isAllowedBy,
  type ListedAccess,
  type PolicyType,
  type PublicResourceType,
} from './index.ts';

interface Case {
  readonly id: string;
  readonly title: string;
  readonly api: keyof typeof answers;
  readonly policyType: PolicyType;
  readonly resourceType: PublicResourceType;
  readonly existingPolicyDocument: object;
  readonly newPolicyDocument: object;
  readonly policyDocument: object;
  readonly access: readonly ListedAccess[];
  readonly expected: 'PASS' | 'FAIL';
  readonly why: string;
}

const answers = {
  CheckNoNewAccess: (one: Case): CheckResult =>
    checkNoNewAccess(compilePolicy(one.existingPolicyDocument), compilePolicy(one.newPolicyDocument), one.policyType),
  CheckAccessNotGranted: (one: Case) =>
    checkAccessNotGranted(compilePolicy(one.policyDocument), one.access, one.policyType),
  CheckNoPublicAccess: (one: Case) => checkNoPublicAccess(compilePolicy(one.policyDocument), one.resourceType),
} as const;

describe('analysis cases', () => {
  for (const one of JSON.parse(readFileSync(join(import.meta.dirname, 'cases.json'), 'utf8')) as Case[]) {
    it(`${one.id} ${one.api}: ${one.title}`, () => {
      const { result, reasons, witness } = answers[one.api](one);
      assert.equal(result, one.expected, `${one.why} ${JSON.stringify(witness)}`);
      assert.equal(reasons.length > 0, result === 'FAIL');
      if (result === 'PASS') return;
      assert.ok(witness);
      const updated = compilePolicy(one.newPolicyDocument ?? one.policyDocument);
      assert.ok(isAllowedBy(updated, one.policyType ?? 'RESOURCE_POLICY', witness));
      if (one.existingPolicyDocument) {
        assert.ok(!isAllowedBy(compilePolicy(one.existingPolicyDocument), one.policyType, witness));
      }
    });
  }
});
