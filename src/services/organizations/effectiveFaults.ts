/**
 * What makes an effective policy invalid although each policy in it is well-formed: elements that are wanting, and
 * lists that have grown too long by being merged ("About invalid effective policy alerts" in the user guide).
 */
import type { EffectivePolicyType, EffectivePolicyValidationError } from '@aws-sdk/client-organizations';
import type { OrganizationPolicyType } from '../../identity/organization.ts';
import { type Merged, plain } from '../../identity/policyInheritance.ts';
import { policyShapes, type Shape } from './policyShapes.ts';

/** Characters of an effective tag policy, and required tag keys of one resource type. */
const TAG_POLICY_SIZE_MAX = 395_000;
const REQUIRED_TAGS_MAX = 50;

export function faultsOf(type: EffectivePolicyType, merged: Merged): EffectivePolicyValidationError[] {
  const shape = policyShapes[type];
  const found: EffectivePolicyValidationError[] = [];
  if (shape && plain(merged) !== undefined) check(merged, shape, [], found);
  if (type === 'TAG_POLICY') checkTags(merged, found);
  return found;
}

/** Whether policies of that type, each well-formed, may make no sense together. */
export function mayBeFaulty(type: OrganizationPolicyType): boolean {
  const shape = policyShapes[type];
  return shape !== undefined && (type === 'TAG_POLICY' || isBounded(shape));
}

function isBounded(shape: Shape): boolean {
  if (shape.kind === 'fields') return shape.required.length > 0 || Object.values(shape.fields).some(isBounded);
  if (shape.kind === 'each') return shape.max !== undefined || isBounded(shape.shape);
  return shape.kind === 'list' && (shape.min !== undefined || shape.max !== undefined);
}

function check(merged: Merged, shape: Shape, path: readonly string[], found: EffectivePolicyValidationError[]): void {
  const report = (code: string, message: string, at = path) =>
    found.push({
      ErrorCode: code,
      ErrorMessage: message,
      PathToError: at.join('/'),
      ContributingPolicies: [...merged.from],
    });
  if (shape.kind === 'list') {
    const count = Array.isArray(merged.value) ? merged.value.length : 0;
    if (count > (shape.max ?? Number.POSITIVE_INFINITY)) report('ELEMENTS_TOO_MANY', tooMany(path, shape.max));
    if (count < (shape.min ?? 0)) report('ELEMENTS_TOO_FEW', `'${path.at(-1)}' has fewer than ${shape.min} elements.`);
  }
  if (shape.kind === 'fields') {
    for (const key of shape.required) {
      if (!isSet(merged, key)) report('KEY_REQUIRED', `'${key}' is required.`, [...path, key]);
    }
  }
  if (shape.kind === 'each' && shape.max !== undefined && merged.children.size > shape.max) {
    report('ELEMENTS_TOO_MANY', tooMany(path, shape.max));
  }
  for (const [key, child] of merged.children) {
    const below = shape.kind === 'each' ? shape.shape : shape.kind === 'fields' ? shape.fields[key] : undefined;
    const wanted = shape.kind === 'each' || isSet(merged, key);
    if (below && wanted) check(child, below, [...path, key], found);
  }
}

/** Whether a policy said something there, be it an empty list. */
function isSet(merged: Merged, key: string): boolean {
  const child = merged.children.get(key);
  return child !== undefined && plain(child) !== undefined;
}

const tooMany = (path: readonly string[], max: number | undefined) => `'${path.at(-1)}' has more than ${max} elements.`;

function checkTags(merged: Merged, found: EffectivePolicyValidationError[]): void {
  const ContributingPolicies = [...merged.from];
  if (JSON.stringify(plain(merged) ?? {}).length > TAG_POLICY_SIZE_MAX) {
    const ErrorMessage = `The effective policy has more than ${TAG_POLICY_SIZE_MAX} characters.`;
    found.push({ ErrorCode: 'ELEMENTS_TOO_MANY', ErrorMessage, PathToError: 'tags', ContributingPolicies });
  }
  const keys = new Map<string, number>();
  for (const tag of merged.children.get('tags')?.children.values() ?? []) {
    for (const type of tag.children.get('report_required_tag_for')?.value ?? []) {
      keys.set(type, (keys.get(type) ?? 0) + 1);
    }
  }
  for (const [type, count] of keys) {
    if (count <= REQUIRED_TAGS_MAX) continue;
    const ErrorMessage = `More than ${REQUIRED_TAGS_MAX} tag keys are required for ${type}.`;
    found.push({ ErrorCode: 'ELEMENTS_TOO_MANY', ErrorMessage, PathToError: 'tags', ContributingPolicies });
  }
}
