// Analysis of policies as sets: what a policy allows, compared with another policy, with a list of access, with the
// public. See checks.ts.

export type { Means, PolicyType } from './boxes.ts';
export {
  type CheckResult,
  checkAccessNotGranted,
  checkNoNewAccess,
  type ListedAccess,
  type Reason,
} from './checks.ts';
export { accessFault, formFault } from './form.ts';
export { checkNoPublicAccess, type PublicResourceType, resourceTypes } from './publicAccess.ts';
export { isAllowedBy, type Witness } from './witness.ts';
