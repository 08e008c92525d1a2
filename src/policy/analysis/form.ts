// What a document must have so that its analysis means something, beyond being a policy.

import type { CompiledPolicy } from '../compile.ts';
import type { PolicyType } from './boxes.ts';
import type { ListedAccess } from './checks.ts';

/** Why a document is no policy of the type, as a sentence; undefined when it may be one. */
export function formFault({ body }: CompiledPolicy, type: PolicyType): string | undefined {
  for (const { index, principal, notPrincipal, resource, notResource } of body.document.statements) {
    const named = principal !== undefined || notPrincipal !== undefined;
    if (type === 'RESOURCE_POLICY' && !named)
      return `Statement ${index} of the resource policy has no Principal element.`;
    if (type === 'IDENTITY_POLICY' && named)
      return `Statement ${index} of the identity policy has a Principal element.`;
    if (type === 'IDENTITY_POLICY' && !resource && !notResource) {
      return `Statement ${index} of the identity policy has no Resource element.`;
    }
  }
  return undefined;
}

const listMax = 100;

/** Why access cannot be checked; undefined when it can. Source: IAM Access Analyzer API Reference, Access. */
export function accessFault({ actions = [], resources = [] }: ListedAccess): string | undefined {
  if (actions.length + resources.length === 0) return 'The access has neither actions nor resources.';
  if (actions.length > listMax || resources.length > listMax) {
    return `The access has more than ${listMax} actions or resources.`;
  }
  const action = actions.find((text) => !/^(\*|[a-z0-9*?-]+:[a-z0-9*?]+)$/i.test(text));
  if (action !== undefined) return `The action ${action} is not an action of an IAM policy.`;
  const resource = resources.find((text) => text !== '*' && !/^arn:[^:*?]+:[^:*?]+:[^:*?]*:[^:*?]*:.+$/.test(text));
  if (resource === undefined) return undefined;
  return `The resource ${resource} is not an ARN with wildcards in its resource ID only.`;
}
