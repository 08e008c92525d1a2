/**
 * Tag policies as they bind an account: which tags a policy with `enforced_for` keeps from which types of resource.
 * Untagged resources and tags that no policy names are never touched; `report_required_tag_for` only informs tools that
 * plan.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies-enforcement.html
 */
import type { Tag } from '../core/operation.ts';
import type { Transaction } from '../store/store.ts';
import { effectivePolicy } from './effectivePolicies.ts';

type Type = readonly [resource: RegExp, type: string];

/**
 * Of the services that the plane has: the types for which AWS enforces, by how the resource part of an ARN begins.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_supported-resources-enforcement.html
 */
const TYPES: Readonly<Record<string, readonly Type[]>> = {
  'access-analyzer': [],
  cloudtrail: [[/^trail\//, 'trail']],
  cloudwatch: [
    [/^alarm:/, 'alarm'],
    [/^insight-rule\//, 'insight-rule'],
    [/^metric-stream\//, 'metric-stream'],
  ],
  events: [
    [/^event-bus\//, 'event-bus'],
    [/^rule\//, 'rule'],
  ],
  firehose: [[/^deliverystream\//, 'deliverystream']],
  iam: [
    [/^mfa\//, 'mfa'],
    [/^server-certificate\//, 'server-certificate'],
    [/^saml-provider\//, 'saml-provider'],
    [/^oidc-provider\//, 'oidc-provider'],
    [/^policy\//, 'policy'],
    [/^instance-profile\//, 'instance-profile'],
  ],
  kinesis: [],
  kms: [[/^(key\/|\*$)/, 'key']],
  logs: [
    [/^log-group:/, 'log-group'],
    [/^destination:/, 'destination'],
  ],
  nile: [],
  organizations: [
    [/^account\//, 'account'],
    [/^ou\//, 'ou'],
    [/^root\//, 'root'],
    [/^policy\//, 'policy'],
  ],
  s3: [
    [/^[^/*]+$/, 'bucket'],
    [/^storage-lens\//, 'storage-lens'],
    [/^storage-lens-group\//, 'storage-lens-group'],
  ],
  scheduler: [[/^schedule-group\//, 'schedule-group']],
  sns: [[/^[^:*]+$/, 'topic']],
  sqs: [[/^[^:*]+$/, 'queue']],
  sso: [],
};

/** Operations that make something whose ARN is not known before, or not what policies are asked about. */
const MADE_BY: Readonly<Record<string, string>> = {
  'organizations:CreateAccount': 'organizations:account',
  'organizations:CreateOrganizationalUnit': 'organizations:ou',
  'organizations:InviteAccountToOrganization': 'organizations:account',
  's3:PutStorageLensConfiguration': 's3:storage-lens',
};

/** `s3:bucket`, as tag policies call what an action is about; undefined for a type that AWS does not enforce. */
export function enforcedType(action: string, resource: string): string | undefined {
  const made = MADE_BY[action];
  if (made !== undefined) return made;
  const service = action.slice(0, action.indexOf(':'));
  const part = resource.split(':').slice(5).join(':') || resource;
  const type = TYPES[service]?.find(([beginning]) => beginning.test(part))?.[1];
  return type && `${service}:${type}`;
}

/** Whether a policy may name it in `enforced_for`: of services beyond the plane whatever looks like a type. */
export function mayBeEnforced(type: string): boolean {
  const at = type.indexOf(':');
  const [service, name] = [type.slice(0, at), type.slice(at + 1)];
  const known = Object.hasOwn(TYPES, service) ? TYPES[service] : undefined;
  if (!known) return true;
  if (name === 'ALL_SUPPORTED' || name === '*') return known.length > 0 && service !== 'logs';
  return known.some(([, each]) => each === name);
}

/** The first of these tags that the account's tag policy keeps from resources of that type. */
export async function refusedTag(
  tx: Pick<Transaction, 'get'>,
  account: string,
  type: string,
  tags: readonly Tag[],
): Promise<Tag | undefined> {
  const content = (await effectivePolicy(tx, account, 'TAG_POLICY'))?.content as Content | undefined;
  if (!content?.tags) return undefined;
  const rules = rulesIn(content.tags);
  return tags.find((tag) => {
    const rule = rules.get(tag.Key.toLowerCase());
    return rule?.isEnforced(type) === true && !(tag.Key === rule.key && rule.allows(tag.Value));
  });
}

interface Content {
  readonly tags?: Readonly<Record<string, Setting>>;
}
interface Setting {
  readonly tag_key?: string;
  readonly tag_value?: readonly string[];
  readonly enforced_for?: readonly string[];
}

interface Rule {
  /** In the capitals that it must have. */
  readonly key: string;
  readonly allows: (value: string) => boolean;
  readonly isEnforced: (type: string) => boolean;
}

const known = new WeakMap<object, ReadonlyMap<string, Rule>>();

/** By key in small letters. */
function rulesIn(tags: Readonly<Record<string, Setting>>): ReadonlyMap<string, Rule> {
  let rules = known.get(tags);
  if (!rules) {
    rules = new Map(Object.entries(tags).map(([name, setting]) => [name.toLowerCase(), ruleOf(name, setting)]));
    known.set(tags, rules);
  }
  return rules;
}

function ruleOf(name: string, { tag_key, tag_value, enforced_for = [] }: Setting): Rule {
  const types = new Set(enforced_for);
  return {
    key: tag_key ?? name.toLowerCase(),
    allows: (value) => tag_value === undefined || tag_value.some((pattern) => isLike(value, pattern)),
    isEnforced(type) {
      const service = type.slice(0, type.indexOf(':'));
      return types.has(type) || types.has(`${service}:ALL_SUPPORTED`) || types.has(`${service}:*`);
    },
  };
}

/** One `*` at most stands for any text. */
function isLike(value: string, pattern: string): boolean {
  const at = pattern.indexOf('*');
  if (at < 0) return value === pattern;
  const [start, end] = [pattern.slice(0, at), pattern.slice(at + 1)];
  return value.length >= start.length + end.length && value.startsWith(start) && value.endsWith(end);
}
