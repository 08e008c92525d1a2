/** Policy validation: the findings of src/policy/findings, a page at a time. Nothing is kept between pages. */
import type { ValidatePolicyRequest, ValidatePolicyResponse } from '@aws-sdk/client-accessanalyzer';
import * as facts from '../../core/facts.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { type Finding, findingsOf } from '../../policy/findings/index.ts';
import { failField, failNotSupported } from './errors.ts';
import { itemsPage } from './pages.ts';

type Answered = NonNullable<ValidatePolicyResponse['findings']>[number];

export const ValidatePolicy: Operation<Present<ValidatePolicyRequest>, ValidatePolicyResponse> = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run(input) {
    const { policyDocument, policyType, validatePolicyResourceType: resourceType, locale = 'EN' } = input;
    if (locale !== 'EN') failNotSupported(`Findings are not available in the locale ${locale}. Use EN.`);
    if (resourceType && policyType !== 'RESOURCE_POLICY') {
      const message = 'A resource type can be specified only if the policy type is RESOURCE_POLICY';
      failField('validatePolicyResourceType', message);
    }
    const { items, page } = itemsPage(findingsOf(policyDocument, { policyType, resourceType }, facts), input);
    return { findings: items.map(view), ...page };
  },
};

/** The SDK's types are the same shape, but not readonly. */
const view = (finding: Finding) => finding as unknown as Answered;
