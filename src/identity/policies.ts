/**
 * What a caller may do, as far as it hangs on the caller: identity policies, boundary, session policies, and the
 * guardrails of the organization. All from cached rows; a document is compiled once.
 */
import type { Caller, Session } from '../core/context.ts';
import type { Tag } from '../core/operation.ts';
import { type CompiledPolicy, compilePolicy } from '../policy/index.ts';
import type { Transaction } from '../store/store.ts';
import { managedPolicy } from './managedPolicies.ts';
import {
  type Chain,
  FULL_AWS_ACCESS,
  type OrganizationPolicyType,
  organizationPolicies,
  RCP_FULL_AWS_ACCESS,
} from './organization.ts';
import {
  byName,
  groups,
  type ManagedPolicy,
  managedPolicies,
  type PolicyHolder,
  type Role,
  roles,
  type User,
  users,
} from './principals.ts';

/** What stands behind a caller. */
export interface Standing {
  readonly identity: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy;
  /** Absent: the session has none. */
  readonly session?: readonly CompiledPolicy[];
  /** Tags of the principal: the user's, or the role's with the session's over them. */
  readonly tags: readonly Tag[];
  readonly isServiceLinkedRole: boolean;
}

const NOTHING: Standing = { identity: [], tags: [], isServiceLinkedRole: false };

/** A caller whose user or role is gone, or was made anew under the same name, has no policies. */
export async function standingOf(tx: Transaction, caller: Caller): Promise<Standing> {
  const session = caller.session;
  if (caller.type === 'Root') return session?.kind === 'AssumedRoot' ? taskStanding(session) : NOTHING;
  if (caller.type === 'User') return userStanding(tx, caller.account, caller.userName ?? '', caller.userId);
  if (!session) return NOTHING;
  const base = await principalStanding(tx, session);
  const policies = await sessionPolicies(tx, session);
  return { ...base, ...(policies && { session: policies }), tags: mergedTags(base.tags, session.tags) };
}

/** AssumeRoot: the session is root's, bounded by one of AWS's root task policies. */
function taskStanding(session: Session): Standing {
  const task = awsManaged(session.taskPolicyArn ?? '');
  return { ...NOTHING, session: task ? [task] : [] };
}

function principalStanding(tx: Transaction, session: Session): Promise<Standing> | Standing {
  if (session.principalName === undefined) return NOTHING;
  return session.kind === 'AssumedRole'
    ? roleStanding(tx, session)
    : userStanding(tx, session.account, session.principalName, session.principalId);
}

async function userStanding(tx: Transaction, account: string, name: string, id: string): Promise<Standing> {
  const user = await tx.get(users, byName(account, name));
  if (user?.id !== id) return NOTHING;
  const identity = [...(await policiesHeld(tx, user))];
  for (const name of user.groups) {
    const group = await tx.get(groups, byName(account, name));
    if (group) identity.push(...(await policiesHeld(tx, group)));
  }
  return { identity, ...(await boundaryOf(tx, user)), tags: user.tags, isServiceLinkedRole: false };
}

async function roleStanding(tx: Transaction, session: Session): Promise<Standing> {
  const role = await tx.get(roles, byName(session.account, session.principalName!));
  if (role?.id !== session.principalId) return NOTHING;
  const held = await policiesHeld(tx, role);
  return {
    identity: session.onBehalfOf?.kind === 'identity' ? [...held, ...allowList()] : held,
    ...(await boundaryOf(tx, role)),
    tags: role.tags,
    isServiceLinkedRole: role.linkedService !== undefined,
  };
}

/** What STS attaches to sessions on behalf of somebody: it denies all that services do not offer to them. */
function allowList(): readonly CompiledPolicy[] {
  const policy = awsManaged('arn:aws:iam::aws:policy/AWSIAMIdentityCenterAllowListForIdentityContext');
  return policy ? [policy] : [];
}

async function boundaryOf(tx: Transaction, principal: User | Role): Promise<{ boundary?: CompiledPolicy }> {
  if (principal.boundary === undefined) return {};
  // A boundary whose policy cannot be found permits nothing.
  return { boundary: (await managedDocument(tx, principal.boundary)) ?? compilePolicy(EMPTY, principal.boundary) };
}

const EMPTY = '{"Version":"2012-10-17","Statement":[]}';

/** Inline policies by the row that holds them: compiled with the row, and forgotten with it. */
const inlineCompiled = new WeakMap<PolicyHolder, readonly CompiledPolicy[]>();

export async function policiesHeld(tx: Transaction, holder: PolicyHolder): Promise<readonly CompiledPolicy[]> {
  let inline = inlineCompiled.get(holder);
  if (!inline) {
    inline = Object.entries(holder.inline).map(([name, document]) => compilePolicy(document, name));
    inlineCompiled.set(holder, inline);
  }
  if (holder.attached.length === 0) return inline;
  const all = [...inline];
  for (const arn of holder.attached) {
    const policy = await managedDocument(tx, arn);
    if (policy) all.push(policy);
  }
  return all;
}

const managedCompiled = new WeakMap<ManagedPolicy, CompiledPolicy>();

/** The default version of a managed policy, AWS's or a customer's. */
export async function managedDocument(tx: Transaction, arn: string): Promise<CompiledPolicy | undefined> {
  if (arn.startsWith('arn:aws:iam::aws:policy/')) return awsManaged(arn);
  const [, , , , account, resource] = arn.split(':');
  const row = await tx.get(managedPolicies, byName(account ?? '', resource?.split('/').at(-1) ?? ''));
  if (!row) return undefined;
  const known = managedCompiled.get(row);
  if (known) return known;
  const version = row.versions.find((v) => v.id === row.defaultVersion);
  const policy = compilePolicy(version?.document ?? EMPTY, arn);
  managedCompiled.set(row, policy);
  return policy;
}

/** AWS's own by ARN: there are some 1,500, and they do not change while we run. */
const awsCompiled = new Map<string, CompiledPolicy>();

function awsManaged(arn: string): CompiledPolicy | undefined {
  const known = awsCompiled.get(arn);
  if (known) return known;
  const document = managedPolicy(arn)?.document;
  if (document === undefined) return undefined;
  const policy = compilePolicy(document, arn);
  awsCompiled.set(arn, policy);
  return policy;
}

async function sessionPolicies(tx: Transaction, session: Session): Promise<readonly CompiledPolicy[] | undefined> {
  if (!session.policies?.length && !session.policyArns?.length) return undefined;
  const documents = (session.policies ?? []).map((document) => compilePolicy(document, 'session policy'));
  for (const arn of session.policyArns ?? []) {
    documents.push((await managedDocument(tx, arn)) ?? compilePolicy(EMPTY, arn));
  }
  return documents;
}

function mergedTags(own: readonly Tag[], session: readonly Tag[] | undefined): readonly Tag[] {
  if (!session?.length) return own;
  const keys = new Set(session.map((tag) => tag.Key.toLowerCase()));
  return [...own.filter((tag) => !keys.has(tag.Key.toLowerCase())), ...session];
}

const AWS_OWN: Readonly<Record<string, string>> = {
  [FULL_AWS_ACCESS.id]: FULL_AWS_ACCESS.content,
  [RCP_FULL_AWS_ACCESS.id]: RCP_FULL_AWS_ACCESS.content,
};

/**
 * The service or resource control policies over an account, a list of documents a level, root first and the account
 * last. Undefined where none apply: no organization, the type not enabled, or the management account.
 */
export async function guardrailsOf(
  tx: Transaction,
  chain: Chain | undefined,
  type: OrganizationPolicyType,
): Promise<readonly (readonly CompiledPolicy[])[] | undefined> {
  if (!chain || chain.organization.management === chain.account.id) return undefined;
  if (chain.organization.featureSet !== 'ALL' || !chain.units[0]?.enabledTypes?.includes(type)) return undefined;
  const levels: CompiledPolicy[][] = [];
  for (const target of [...chain.units, chain.account]) {
    const level: CompiledPolicy[] = [];
    for (const id of target.attachments[type] ?? []) {
      const policy = await guardrail(tx, chain.organization.id, id);
      if (policy) level.push(policy);
    }
    levels.push(level);
  }
  return levels;
}

async function guardrail(tx: Transaction, organization: string, id: string): Promise<CompiledPolicy | undefined> {
  const own = AWS_OWN[id];
  if (own) return compilePolicy(own, id);
  const row = await tx.get(organizationPolicies, [organization, id]);
  return row && compilePolicy(row.content, id);
}
