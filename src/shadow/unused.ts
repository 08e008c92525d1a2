/**
 * What nobody uses, and what allows more than anybody should have: read off the rows, check by check. A check that
 * needs what was not imported says nothing, and `unknown` says so.
 */
import { groupArn, policyArn, userArn } from '../identity/principals.ts';
import { type CompiledPolicy, compilePolicy } from '../policy/index.ts';
import { everyRow } from './loads.ts';
import { type Credential, credentials, groups, managedPolicies, roles, type ShadowRole, users } from './tables.ts';
import type { World } from './world.ts';

export interface Finding {
  readonly check: Check;
  readonly subject: string;
  readonly detail: string;
}

export interface Unused {
  readonly findings: readonly Finding[];
  /** What could not be judged, in sentences. */
  readonly unknown: readonly string[];
}

export const CHECKS = {
  'unused-role': 'roles that nobody assumed',
  'unused-password': 'passwords that nobody signed in with',
  'unused-access-key': 'active access keys that nobody signed with',
  'old-access-key': 'active access keys that were not rotated',
  'unattached-policy': 'managed policies attached to nothing',
  'empty-group': 'groups without users',
  'no-permissions': 'users and roles without any policy',
  'broad-policy': 'policies that allow everything, or all of IAM, on everything',
  'broad-trust': 'roles that anybody, or an account that was not imported, may assume',
} as const;

export type Check = keyof typeof CHECKS;

interface Times {
  readonly now: Date;
  /** Not used for so long is unused. */
  readonly days: number;
}

const DAY_MS = 86_400_000;

export async function unusedIn(world: World, times: Times): Promise<Unused> {
  const findings: Finding[] = [];
  const seen = { attached: new Set<string>(), members: new Set<string>(), untracked: 0, credentials: 0 };
  for await (const user of everyRow(world.store, users)) {
    const subject = userArn(user);
    for (const arn of [...user.attached, user.boundary ?? '']) seen.attached.add(arn);
    for (const name of user.groups) seen.members.add(`${user.account}/${name.toLowerCase()}`);
    if (user.attached.length + user.groups.length === 0 && Object.keys(user.inline).length === 0) {
      findings.push({ check: 'no-permissions', subject, detail: 'has no policy and is in no group' });
    }
    findings.push(...broadInline(subject, user.inline));
    const credential = await world.store.transaction((tx) =>
      tx.get(credentials, [user.account, user.name.toLowerCase()]),
    );
    if (credential) seen.credentials++;
    findings.push(...passwordFindings(subject, credential ?? passwordOf(user), times));
    findings.push(...keyFindings(subject, credential, times));
  }
  for await (const role of everyRow(world.store, roles)) {
    for (const arn of [...role.attached, role.boundary ?? '']) seen.attached.add(arn);
    if (!role.isTracked) seen.untracked++;
    findings.push(...roleFindings(role, world, times));
  }
  for await (const group of everyRow(world.store, groups)) {
    const subject = groupArn(group);
    for (const arn of group.attached) seen.attached.add(arn);
    findings.push(...broadInline(subject, group.inline));
    if (!seen.members.has(`${group.account}/${group.name.toLowerCase()}`)) {
      findings.push({ check: 'empty-group', subject, detail: 'has no users' });
    }
  }
  findings.push(...(await policyFindings(world, seen.attached)));
  const unknown = [
    ...(seen.credentials === 0
      ? [
          'No credential report was imported: access keys are not judged, passwords only where the dump says when they were used.',
        ]
      : []),
    ...(seen.untracked > 0
      ? [`${seen.untracked} roles come without RoleLastUsed: whether they are used is not known.`]
      : []),
  ];
  const order = Object.keys(CHECKS);
  return { findings: findings.sort((a, b) => order.indexOf(a.check) - order.indexOf(b.check)), unknown };
}

/** How long ago, when that is longer than allowed. `from`: what counts when it was never used. */
function idle(used: string | undefined, from: string, { now, days }: Times): string | undefined {
  const passed = Math.floor((now.getTime() - Date.parse(used ?? from)) / DAY_MS);
  if (!(passed > days)) return undefined;
  return used === undefined
    ? `never used in the ${passed} days since ${from.slice(0, 10)}`
    : `last used ${used.slice(0, 10)}, ${passed} days ago`;
}

function roleFindings(role: ShadowRole, world: World, times: Times): Finding[] {
  const subject = `arn:aws:iam::${role.account}:role${role.path}${role.name}`;
  const findings = broadInline(subject, role.inline);
  if (role.linkedService !== undefined) return [];
  const detail = role.isTracked ? idle(role.lastUsed, role.created, times) : undefined;
  if (detail) findings.push({ check: 'unused-role', subject, detail });
  if (role.attached.length === 0 && Object.keys(role.inline).length === 0) {
    findings.push({ check: 'no-permissions', subject, detail: 'has no policy' });
  }
  return [...findings, ...trustFindings(subject, compilePolicy(role.trust), world)];
}

function trustFindings(subject: string, trust: CompiledPolicy, world: World): Finding[] {
  return trust.body.document.statements.flatMap(({ effect, principal, conditions, index }): Finding[] => {
    if (effect === 'Deny' || !principal) return [];
    const where = `statement ${index + 1} of its trust policy`;
    if (principal.any && conditions.length === 0) {
      return [{ check: 'broad-trust', subject, detail: `${where} trusts anybody` }];
    }
    const outside = principal.AWS.filter((name) => {
      const account = /^(?:arn:aws:(?:iam|sts)::)?(\d{12})(?=$|:)/.exec(name)?.[1];
      return account !== undefined && !world.accounts.includes(account);
    });
    if (outside.length === 0) return [];
    const id = conditions.some(({ key }) => key.toLowerCase() === 'sts:externalid') ? '' : ' without sts:ExternalId';
    return [{ check: 'broad-trust', subject, detail: `${where} trusts ${outside.join(', ')}${id}` }];
  });
}

const passwordOf = (user: { account: string; name: string; created: string; passwordLastUsed?: string }) =>
  user.passwordLastUsed === undefined
    ? undefined
    : { passwordEnabled: true, passwordLastUsed: user.passwordLastUsed, reported: user.created };

function passwordFindings(
  subject: string,
  found: Pick<Credential, 'passwordEnabled' | 'passwordLastUsed' | 'reported'> | undefined,
  times: Times,
): Finding[] {
  if (!found?.passwordEnabled) return [];
  if (found.passwordLastUsed === undefined) return [{ check: 'unused-password', subject, detail: 'never used' }];
  const detail = idle(found.passwordLastUsed, found.reported, times);
  return detail ? [{ check: 'unused-password', subject, detail }] : [];
}

function keyFindings(subject: string, found: Credential | undefined, times: Times): Finding[] {
  return (found?.keys ?? []).flatMap((key): Finding[] => {
    if (!key.active) return [];
    const findings: Finding[] = [];
    const detail = idle(key.lastUsed, key.rotated ?? found?.reported ?? '', times);
    if (detail) findings.push({ check: 'unused-access-key', subject, detail: `key ${key.number} ${detail}` });
    const age = key.rotated === undefined ? 0 : Math.floor((times.now.getTime() - Date.parse(key.rotated)) / DAY_MS);
    if (age > times.days)
      findings.push({ check: 'old-access-key', subject, detail: `key ${key.number} is ${age} days old` });
    return findings;
  });
}

async function policyFindings(world: World, attached: ReadonlySet<string>): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const account of world.accounts) {
    for await (const row of everyRow(world.store, managedPolicies, [account])) {
      const subject = policyArn(row);
      if (!attached.has(subject)) {
        findings.push({ check: 'unattached-policy', subject, detail: 'is attached to nothing and no boundary' });
      }
      const document = row.versions.find((version) => version.id === row.defaultVersion)?.document;
      if (document !== undefined) findings.push(...broad(subject, compilePolicy(document), row.defaultVersion));
    }
  }
  return findings;
}

const broadInline = (subject: string, inline: Readonly<Record<string, string>>): Finding[] =>
  Object.entries(inline).flatMap(([name, document]) => broad(subject, compilePolicy(document), name));

function broad(subject: string, policy: CompiledPolicy, name: string): Finding[] {
  return policy.body.document.statements.flatMap(
    ({ effect, action, notAction, resource, conditions, index }): Finding[] => {
      if (effect === 'Deny' || conditions.length > 0 || !resource?.includes('*')) return [];
      const wide = action?.find((pattern) => /^(\*|\*:\*|iam:\*)$/i.test(pattern));
      if (wide === undefined && notAction === undefined) return [];
      const what = wide ?? `everything but ${notAction?.join(', ')}`;
      return [{ check: 'broad-policy', subject, detail: `statement ${index + 1} of ${name} allows ${what} on *` }];
    },
  );
}
