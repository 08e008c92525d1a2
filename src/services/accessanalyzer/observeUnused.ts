/**
 * Unused access: roles, access keys, passwords and permissions that nobody used for as long as the analyzer is told to
 * wait. What counts as use is what IAM's own last-accessed reports tell; an entity younger than that is left alone, and
 * so are service-linked roles and what the analyzer's rules exclude.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
 */
import type { AnalysisRuleCriteria, FindingDetails, FindingType } from '@aws-sdk/client-accessanalyzer';
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { keyUses, roleUses } from '../../identity/lastUsed.ts';
import { loginProfiles } from '../../identity/passwords.ts';
import { accessKeys, type Role, roleArn, roles, type User, userArn, users } from '../../identity/principals.ts';
import { everyRow } from '../../store/everyRow.ts';
import type { LookedAt, Observed } from './analyses.ts';
import type { Analyzer } from './analyzerRows.ts';
import type { Observation } from './findingRows.ts';
import { unusedPermissions } from './unusedPermissions.ts';
import type { Zone } from './zone.ts';

const DAY = 24 * 3600 * 1000;

export async function observeUnused(ctx: Context, analyzer: Analyzer, _zone: Zone, account: string): Promise<Observed> {
  const { unusedAccessAge = 90, analysisRule } = analyzer.configuration?.unusedAccess ?? {};
  const exclusions = analysisRule?.exclusions ?? [];
  const since = new Date(ctx.now.getTime() - unusedAccessAge * DAY).toISOString();
  const observations: Observation[] = [];
  const resources: LookedAt[] = [];
  const isLeftOut = (tags: readonly Tag[]) => exclusions.some((rule) => isExcluded(rule, account, tags));
  for await (const role of everyRow(ctx.store, roles, [account])) {
    if (role.linkedService !== undefined || isLeftOut(role.tags)) continue;
    resources.push({ arn: roleArn(role), type: 'AWS::IAM::Role' });
    observations.push(...(await unusedOfRole(ctx, role, since)));
  }
  for await (const user of everyRow(ctx.store, users, [account])) {
    if (isLeftOut(user.tags)) continue;
    resources.push({ arn: userArn(user), type: 'AWS::IAM::User' });
    observations.push(...(await unusedOfUser(ctx, user, since)));
  }
  return { observations, resources };
}

/** All that a rule names must be so; a tag with an empty value stands for any value. */
function isExcluded(
  { accountIds, resourceTags }: AnalysisRuleCriteria,
  account: string,
  tags: readonly Tag[],
): boolean {
  if (!accountIds?.length && !resourceTags?.length) return false;
  if (accountIds?.length && !accountIds.includes(account)) return false;
  if (!resourceTags?.length) return true;
  return resourceTags.some((wanted) =>
    Object.entries(wanted).every(([key, value]) =>
      tags.some((tag) => tag.Key === key && (value === '' || tag.Value === value)),
    ),
  );
}

async function unusedOfRole(ctx: Context, role: Role, since: string): Promise<Observation[]> {
  if (role.created > since) return [];
  const observe = observer('AWS::IAM::Role', roleArn(role), role.account);
  const lastAccessed = (await ctx.store.get(roleUses, [role.id]))?.time;
  if (isUnusedSince(lastAccessed, since)) {
    return [observe('UnusedIAMRole', { unusedIamRoleDetails: accessed(lastAccessed) }, [])];
  }
  return permissionsOf(ctx, role, since, observe);
}

async function unusedOfUser(ctx: Context, user: User, since: string): Promise<Observation[]> {
  const observe = observer('AWS::IAM::User', userArn(user), user.account);
  const found: Observation[] = [];
  for await (const key of everyRow(ctx.store, accessKeys, [user.account, user.name.toLowerCase()], 'owner')) {
    const lastAccessed = (await ctx.store.get(keyUses, [key.id]))?.time;
    if (key.status !== 'Active' || key.created > since || !isUnusedSince(lastAccessed, since)) continue;
    const unusedIamUserAccessKeyDetails = { accessKeyId: key.id, ...accessed(lastAccessed) };
    found.push(observe('UnusedIAMUserAccessKey', { unusedIamUserAccessKeyDetails }, [key.id]));
  }
  const password = await ctx.store.get(loginProfiles, [user.account, user.id]);
  if (password && password.created <= since && isUnusedSince(user.passwordLastUsed, since)) {
    const unusedIamUserPasswordDetails = accessed(user.passwordLastUsed);
    found.push(observe('UnusedIAMUserPassword', { unusedIamUserPasswordDetails }, [password.created]));
  }
  if (user.created <= since) found.push(...(await permissionsOf(ctx, user, since, observe)));
  return found;
}

type Observer = ReturnType<typeof observer>;

async function permissionsOf(ctx: Context, holder: User | Role, since: string, observe: Observer) {
  const unused = await unusedPermissions(ctx, holder, since);
  if (unused.length === 0) return [];
  const details = unused.map(({ service, lastAccessed, actions }) => ({
    unusedPermissionDetails: {
      serviceNamespace: service,
      ...accessed(lastAccessed),
      ...(actions && {
        actions: actions.map(({ name, lastAccessed }) => ({ action: name, ...accessed(lastAccessed) })),
      }),
    },
  }));
  const identity = unused.map(({ service, actions }) => [service, ...(actions ?? []).map(({ name }) => name)]);
  return [{ ...observe('UnusedPermission', details, identity) }];
}

const observer =
  (resourceType: Observation['resourceType'], resource: string, owner: string) =>
  (type: FindingType, details: FindingDetails | readonly FindingDetails[], identity: unknown): Observation => {
    return { type, resource, resourceType, owner, details: [details].flat() as FindingDetails[], identity };
  };

export const isUnusedSince = (lastAccessed: string | undefined, since: string) =>
  lastAccessed === undefined || lastAccessed <= since;

/** Text, as rows keep times; findingRows.ts makes dates of them again. */
const accessed = (time: string | undefined) => (time === undefined ? {} : { lastAccessed: time as unknown as Date });
