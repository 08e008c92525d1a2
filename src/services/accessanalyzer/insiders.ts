/** The users and roles of an account, each with the policies that say what it may do. */
import type { Context } from '../../core/context.ts';
import { chainOf, organizationPath } from '../../identity/organization.ts';
import { guardrailsOf, managedDocument, policiesHeld } from '../../identity/policies.ts';
import { byName, groups, type Role, roleArn, roles, type User, userArn, users } from '../../identity/principals.ts';
import { type CompiledPolicy, compilePolicy, type Principal } from '../../policy/index.ts';
import { everyRow } from '../../store/everyRow.ts';

export interface Insider {
  readonly kind: 'user' | 'role';
  readonly account: string;
  readonly arn: string;
  readonly principal: Principal;
  /** Facts of its requests that policies may ask for. */
  readonly context: Readonly<Record<string, string | readonly string[]>>;
  readonly identity: readonly CompiledPolicy[];
  readonly boundary?: CompiledPolicy;
  readonly scps: readonly (readonly CompiledPolicy[])[] | undefined;
  readonly isManagement: boolean;
}

/** Service-linked roles act for their services only and are left out. */
export async function* insidersOf(ctx: Context, account: string, inOrganization: boolean): AsyncGenerator<Insider> {
  const chain = await chainOf(ctx.store, account);
  const scps = await guardrailsOf(ctx.store, chain, 'SERVICE_CONTROL_POLICY');
  const place = chain && {
    'aws:PrincipalOrgID': chain.organization.id,
    'aws:PrincipalOrgPaths': [organizationPath(chain)],
  };
  const common = {
    account,
    scps,
    isManagement: inOrganization && chain?.organization.management === account,
  };
  for await (const user of everyRow(ctx.store, users, [account])) {
    const arn = userArn(user);
    const principal: Principal = { type: 'User', arn };
    const context = { ...contextOf(user, arn), ...place, 'aws:userid': user.id, 'aws:PrincipalType': 'User' };
    yield { ...common, kind: 'user', arn, principal, context, ...(await standing(ctx, user)) };
  }
  for await (const role of everyRow(ctx.store, roles, [account])) {
    if (role.linkedService !== undefined) continue;
    const arn = roleArn(role);
    const session = `arn:aws:sts::${account}:assumed-role/${role.name}/session`;
    const principal: Principal = { type: 'AssumedRole', arn: session };
    const userid = `${role.id}:session`;
    const context = { ...contextOf(role, arn), ...place, 'aws:userid': userid, 'aws:PrincipalType': 'AssumedRole' };
    yield { ...common, kind: 'role', arn, principal, context, ...(await standing(ctx, role)) };
  }
}

function contextOf({ account, tags }: User | Role, arn: string) {
  const tagged = tags.map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value]);
  return {
    ...Object.fromEntries(tagged),
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': account,
    'aws:PrincipalIsAWSService': 'false',
    'aws:SourceIp': '240.0.0.1',
    'kms:CallerAccount': account,
  };
}

async function standing(ctx: Context, holder: User | Role) {
  const identity = [...(await policiesHeld(ctx.store, holder))];
  for (const name of 'groups' in holder ? holder.groups : []) {
    const group = await ctx.store.get(groups, byName(holder.account, name));
    if (group) identity.push(...(await policiesHeld(ctx.store, group)));
  }
  if (holder.boundary === undefined) return { identity };
  const boundary =
    (await managedDocument(ctx.store, holder.boundary)) ?? compilePolicy('{"Version":"2012-10-17","Statement":[]}');
  return { identity, boundary };
}
