/**
 * Whose attributes a call is about. Without `AccountId` it is the caller's own account, in the standalone context. With
 * it the call is made in the context of an organization: by the management account, or the account to which the
 * administration of this service is delegated, about a member account
 * (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-api-modes-of-operation.html).
 */
import { AccessDeniedException } from '@aws-sdk/client-account';
import type { Context } from '../../core/context.ts';
import { awsError } from '../../core/errors.ts';
import { type Access, Missing, type Operation } from '../../core/operation.ts';
import {
  type Account,
  accounts,
  type Chain,
  chainOf,
  isDelegatedAdministrator,
  organizationPath,
  organizationTags,
  trustedServices,
} from '../../identity/organization.ts';

export interface Subject {
  readonly account: Account;
  readonly access: Access;
}

export interface Description<In, Out> {
  /** As in the IAM action. */
  readonly name: string;
  /** The call has no standalone context. */
  readonly membersOnly?: true;
  readonly conditions?: (input: In) => Access['conditions'];
  readonly run: (input: In, ctx: Context, account: Account) => Promise<Out>;
}

export function operation<In extends { readonly AccountId?: string | undefined }, Out>(
  described: Description<In, Out>,
): Operation<In, Out, Subject> {
  const { name, membersOnly } = described;
  return {
    load: (input, ctx) => subjectOf(ctx, `account:${name}`, input.AccountId, membersOnly),
    access: (input, _ctx, { access }) => ({
      ...access,
      conditions: { ...access.conditions, ...described.conditions?.(input) },
    }),
    run: (input, ctx, { account }) => described.run(input, ctx, account),
  };
}

const SERVICE = 'account.amazonaws.com';

async function subjectOf(ctx: Context, action: string, id: string | undefined, membersOnly: true | undefined) {
  const own = `arn:aws:account::${ctx.account}:account`;
  const refused = (reason: string) => new Missing(own, denied(ctx, action, reason));
  if (id === undefined) {
    const account = await ctx.store.get(accounts, [ctx.account]);
    return account && !membersOnly ? { account, access: { resource: own } } : refused('');
  }
  const chain = await chainOf(ctx.store, ctx.account);
  if (!chain) return refused('');
  const reason = await refusalOf(ctx, chain, id);
  if (reason !== undefined) return refused(reason);
  const member = await chainOf(ctx.store, id);
  return member?.organization.id === chain.organization.id ? memberSubject(ctx, member) : refused('');
}

/** Why the caller may not name accounts of its organization; undefined if it may. */
async function refusalOf(ctx: Context, { organization }: Chain, id: string): Promise<string | undefined> {
  const isManagement = organization.management === ctx.account;
  const mayName = isManagement || (await isDelegatedAdministrator(ctx.store, organization.id, ctx.account, SERVICE));
  if (!mayName) return '';
  if (id === organization.management) {
    return ' (The management account can only be managed using the standalone context from the management account.)';
  }
  if (organization.featureSet !== 'ALL') return ' (Your organization must first enable all features.)';
  const trusted = await ctx.store.get(trustedServices, [organization.id, SERVICE]);
  return trusted ? undefined : ' (Your organization must first enable trusted access with AWS Account Management.)';
}

const denied = (ctx: Context, action: string, reason: string) =>
  awsError(AccessDeniedException, `User: ${ctx.caller.arn} is not authorized to perform: ${action}${reason}`);

async function memberSubject(ctx: Context, member: Chain): Promise<Subject> {
  const { account, organization } = member;
  const tags = (await ctx.store.get(organizationTags, [organization.id, account.id]))?.tags ?? [];
  const named = tags.map(({ Key, Value }) => [`account:AccountResourceOrgTags/${Key}`, [Value]] as const);
  const paths = [`${organizationPath(member)}${account.id}/`];
  return {
    account,
    access: {
      resource: `arn:aws:account::${organization.management}:account/${organization.id}/${account.id}`,
      resourceAccount: ctx.account,
      conditions: { 'account:AccountResourceOrgPaths': paths, ...Object.fromEntries(named) },
    },
  };
}
