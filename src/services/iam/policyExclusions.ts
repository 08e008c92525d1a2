/** Policies that a simulation leaves out: by type, by ARN, or by the name of an inline policy and who has it. */
import { InvalidInputException, type PolicyIdentifier } from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import { matchesPattern } from '../../policy/index.ts';
import type { PolicySource } from './policySources.ts';

/** The policies that no identifier means. */
export function withoutExcluded(
  sources: readonly PolicySource[],
  excluded: readonly PolicyIdentifier[],
): readonly PolicySource[] {
  const tests = excluded.map(testOf);
  return sources.filter((source) => !tests.some((test) => test(source)));
}

/** Whether a whole layer is left out: `scp`, `permission-boundary`. */
export const isExcludedLayer = (type: string, excluded: readonly PolicyIdentifier[]) =>
  excluded.some((identifier) => identifier.PolicyType === type);

type Test = (source: PolicySource) => boolean;

function testOf({ PolicyType, PolicyArn, InlinePolicyIdentifier: inline }: PolicyIdentifier): Test {
  if (PolicyType !== undefined) return (source) => typeOf(source) === PolicyType;
  if (PolicyArn !== undefined) {
    const resource = /^arn:aws:iam::(?:\d{12}|aws):policy\/(.+)$/.exec(PolicyArn)?.[1];
    if (resource === undefined || !isPattern(resource)) fail(InvalidInputException, `Invalid policy ARN: ${PolicyArn}`);
    return (source) => source.arn !== undefined && matchesPattern(PolicyArn, source.arn);
  }
  const { PolicyName, AttachmentType, AttachmentName } = inline ?? {};
  if (!PolicyName || !AttachmentType || !AttachmentName || !isPattern(AttachmentName)) {
    fail(InvalidInputException, 'Invalid inline policy identifier.');
  }
  return ({ arn, name, holder }) =>
    arn === undefined &&
    name === PolicyName &&
    holder?.kind === AttachmentType.toLowerCase() &&
    matchesPattern(AttachmentName, holder.name);
}

const typeOf = (source: PolicySource) => (source.arn === undefined ? 'inline' : source.type);

/** At most one asterisk. */
const isPattern = (text: string) => text.split('*').length <= 2;
