/**
 * A place of the tree: the root, an organizational unit or an account. Policies are attached to places, tags too; one
 * look-up serves them all.
 */
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Tag } from '../../core/operation.ts';
import {
  type Account,
  type Attachments,
  accounts,
  type Organization,
  type OrganizationPolicyType,
  organizationTags,
  type Unit,
  units,
} from '../../identity/organization.ts';
import { accountArn, unitArn } from './arns.ts';

export interface Place {
  readonly type: 'ROOT' | 'ORGANIZATIONAL_UNIT' | 'ACCOUNT';
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly parent?: string | undefined;
  readonly attachments: Attachments;
  readonly tags: readonly Tag[];
}

/** The place with that id; `error` if there is none in this organization. */
export async function findPlace(ctx: Context, organization: Organization, id: string, error: Error) {
  const place = await placeOf(ctx, organization, id);
  return place ?? new Missing(placeArn(organization, id), error);
}

export async function placeOf(ctx: Context, organization: Organization, id: string): Promise<Place | undefined> {
  const row = await rowOf(ctx, organization, id);
  if (!row) return undefined;
  const type = id === organization.root ? 'ROOT' : 'created' in row ? 'ACCOUNT' : 'ORGANIZATIONAL_UNIT';
  const { name, parent, attachments } = row;
  const tags = await tagsOf(ctx, organization, id);
  return { type, id, arn: placeArn(organization, id), name, parent, attachments, tags };
}

export async function rowOf(ctx: Context, organization: Organization, id: string): Promise<Unit | Account | undefined> {
  if (!isAccountId(id)) return ctx.store.get(units, [organization.id, id]);
  const account = await ctx.store.get(accounts, [id]);
  return account?.organization === organization.id ? account : undefined;
}

export const isAccountId = (id: string) => /^\d{12}$/.test(id);

export const placeArn = (organization: Organization, id: string) =>
  isAccountId(id) ? accountArn(organization, id) : unitArn(organization, id);

export const placeAccess = (place: Place, conditions?: Access['conditions']): Access => ({
  resource: place.arn,
  resourceTags: place.tags,
  conditions,
});

/** The organization's own account, with its tags; undefined if it is in another organization, or none. */
export async function memberOf(ctx: Context, organization: Organization, id: string): Promise<Account | undefined> {
  const account = await ctx.store.get(accounts, [id]);
  return account?.organization === organization.id ? account : undefined;
}

export async function tagsOf(ctx: Context, organization: Organization, id: string): Promise<readonly Tag[]> {
  return (await ctx.store.get(organizationTags, [organization.id, id]))?.tags ?? [];
}

export async function putTags(ctx: Context, organization: Organization, id: string, tags: readonly Tag[]) {
  if (tags.length > 0) {
    await ctx.store.replace(organizationTags, { organization: organization.id, resource: id, tags });
  } else {
    await ctx.store.remove(organizationTags, [organization.id, id]);
  }
}

/** Sets the policies of one type that are attached to a place. */
export async function putAttachments(
  ctx: Context,
  organization: Organization,
  id: string,
  type: OrganizationPolicyType,
  policies: readonly string[] | undefined,
) {
  const changed = <R extends Unit | Account>(row: R): R => {
    const { [type]: _, ...rest } = row.attachments;
    return { ...row, attachments: policies === undefined ? rest : { ...rest, [type]: policies } };
  };
  const row = await rowOf(ctx, organization, id);
  if (!row || (policies === undefined && !row.attachments[type])) return;
  if ('created' in row) await ctx.store.replace(accounts, changed(row));
  else await ctx.store.replace(units, changed(row));
}
