/**
 * Services with service-linked roles. In linkedServices.json, by service principal without `.amazonaws.com`: the role's
 * name behind `AWSServiceRoleFor`, its managed policy under `/aws-service-role/`, and `suffix` where the service takes
 * custom suffixes. Source: each service's guide, "Using service-linked roles".
 */
import table from './linkedServices.json' with { type: 'json' };

export interface LinkedService {
  readonly role: string;
  readonly policy: string;
  readonly suffix: boolean;
}

/** By service principal: `guardduty.amazonaws.com`. */
export const linkedServices: ReadonlyMap<string, LinkedService> = new Map(
  Object.entries(table).map(([service, [role, policy, suffix]]) => {
    const linked = { role: `AWSServiceRoleFor${role}`, policy: policy ?? '', suffix: suffix === 'suffix' };
    return [`${service}.amazonaws.com`, linked] as const;
  }),
);
