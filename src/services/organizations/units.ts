/** Organizational units: up to five levels below the root, their names unique among siblings. */
import {
  type CreateOrganizationalUnitRequest,
  type CreateOrganizationalUnitResponse,
  type DeleteOrganizationalUnitRequest,
  type DescribeOrganizationalUnitRequest,
  type DescribeOrganizationalUnitResponse,
  DuplicateOrganizationalUnitException,
  type ListOrganizationalUnitsForParentRequest,
  type ListOrganizationalUnitsForParentResponse,
  OrganizationalUnitNotEmptyException,
  OrganizationalUnitNotFoundException,
  ParentNotFoundException,
  type UpdateOrganizationalUnitRequest,
  type UpdateOrganizationalUnitResponse,
  type OrganizationalUnit as View,
} from '@aws-sdk/client-organizations';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import type { Missing, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { accounts, type Organization, type Unit, units } from '../../identity/organization.ts';
import { unitArn } from './arns.ts';
import { rowsPage } from './pages.ts';
import { findPlace, type Place, placeAccess, putTags } from './places.ts';
import { firstAttachments } from './policyTypes.ts';
import { violated } from './refusals.ts';
import { rootOf } from './roots.ts';
import { operation, type Seat } from './seats.ts';
import { checkedNewTags } from './tagging.ts';

const DEPTH_MAX = 5;
const UNITS_MAX = 2000;

export const CreateOrganizationalUnit = operation<
  Present<CreateOrganizationalUnitRequest>,
  CreateOrganizationalUnitResponse,
  Place
>({
  who: 'management',
  find: (input, ctx, seat) => findParent(ctx, seat, input.ParentId),
  access: (input, _seat, parent) => placeAccess(parent, requestTags(input.Tags)),
  async run(input, ctx, { organization }, parent) {
    const tags = checkedNewTags(input.Tags);
    if ((await pathOf(ctx, organization, parent.id)).length > DEPTH_MAX) violated('OU_DEPTH_LIMIT_EXCEEDED');
    const max = quota(ctx, 'OrganizationalUnitsQuota', UNITS_MAX) + 1;
    if (!(await ctx.store.fits(units, [organization.id], max))) violated('OU_NUMBER_LIMIT_EXCEEDED');
    await requireFreeName(ctx, organization, parent.id, input.Name);
    const root = await rootOf(ctx, organization);
    const unit: Unit = {
      organization: organization.id,
      id: `ou-${organization.root.slice(2)}-${lowerId(8, ctx)}`,
      name: input.Name,
      parent: parent.id,
      attachments: root ? firstAttachments(root) : {},
    };
    await ctx.store.insert(units, unit);
    await putTags(ctx, organization, unit.id, tags);
    return { OrganizationalUnit: await viewOf(ctx, organization, unit) };
  },
});

export const UpdateOrganizationalUnit = operation<
  Present<UpdateOrganizationalUnitRequest>,
  UpdateOrganizationalUnitResponse,
  Place
>({
  who: 'management',
  find: (input, ctx, seat) => findUnit(ctx, seat, input.OrganizationalUnitId),
  access: (_input, _seat, place) => placeAccess(place),
  async run({ Name = '' }, ctx, { organization }, { id, name, parent = '' }) {
    if (Name !== '' && Name !== name) await requireFreeName(ctx, organization, parent, Name);
    const unit = await ctx.store.get(units, [organization.id, id]);
    if (!unit) return fail(OrganizationalUnitNotFoundException, NO_SUCH_UNIT);
    const renamed = Name === '' ? unit : { ...unit, name: Name };
    await ctx.store.replace(units, renamed);
    return { OrganizationalUnit: await viewOf(ctx, organization, renamed) };
  },
});

export const DeleteOrganizationalUnit = operation<Present<DeleteOrganizationalUnitRequest>, object, Place>({
  who: 'management',
  find: (input, ctx, seat) => findUnit(ctx, seat, input.OrganizationalUnitId),
  access: (_input, _seat, place) => placeAccess(place),
  async run(_input, ctx, { organization }, { id }) {
    const children = [organization.id, id];
    const empty =
      (await ctx.store.fits(units, children, 1, 'parent')) && (await ctx.store.fits(accounts, children, 1, 'parent'));
    if (!empty) {
      fail(
        OrganizationalUnitNotEmptyException,
        'The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, ' +
          'and try the operation again.',
      );
    }
    await ctx.store.remove(units, [organization.id, id]);
    await putTags(ctx, organization, id, []);
    return {};
  },
});

export const DescribeOrganizationalUnit = operation<
  Present<DescribeOrganizationalUnitRequest>,
  DescribeOrganizationalUnitResponse,
  Place
>({
  who: 'readers',
  find: (input, ctx, seat) => findUnit(ctx, seat, input.OrganizationalUnitId),
  access: (_input, _seat, place) => placeAccess(place),
  run: async (_input, ctx, { organization }, place) => ({ OrganizationalUnit: await viewOf(ctx, organization, place) }),
});

export const ListOrganizationalUnitsForParent = operation<
  Present<ListOrganizationalUnitsForParentRequest>,
  ListOrganizationalUnitsForParentResponse,
  Place
>({
  who: 'readers',
  find: (input, ctx, seat) => findParent(ctx, seat, input.ParentId),
  access: (_input, _seat, place) => placeAccess(place),
  async run(input, ctx, { organization }, parent) {
    const { rows, page } = await rowsPage(ctx, units, [organization.id, parent.id], input, { index: 'parent' });
    const views: View[] = [];
    for (const unit of rows) views.push(await viewOf(ctx, organization, unit));
    return { OrganizationalUnits: views, ...page };
  },
});

const NO_SUCH_UNIT = "You specified an organizational unit that doesn't exist.";

/** The root or unit under which something is. */
export const findParent = (ctx: Context, { organization }: Seat, id: string): Promise<Place | Missing> =>
  findPlace(ctx, organization, id, awsError(ParentNotFoundException, "You specified a parent that doesn't exist."));

async function findUnit(ctx: Context, { organization }: Seat, id: string): Promise<Place | Missing> {
  return findPlace(ctx, organization, id, awsError(OrganizationalUnitNotFoundException, NO_SUCH_UNIT));
}

/** From the root down to this unit. */
async function pathOf(ctx: Context, organization: Organization, id: string): Promise<readonly string[]> {
  const path: string[] = [];
  for (let at: string | undefined = id; at; at = (await ctx.store.get(units, [organization.id, at]))?.parent)
    path.unshift(at);
  return path;
}

async function requireFreeName(ctx: Context, { id }: Organization, parent: string, name: string): Promise<void> {
  if (await ctx.store.fits(units, [id, parent, name], 1, 'name')) return;
  fail(DuplicateOrganizationalUnitException, 'An OU with the same name already exists.');
}

async function viewOf(
  ctx: Context,
  organization: Organization,
  { id, name }: Pick<Place, 'id' | 'name'>,
): Promise<View> {
  const path = await pathOf(ctx, organization, id);
  return { Id: id, Arn: unitArn(organization, id), Name: name, Path: `${[organization.id, ...path].join('/')}/` };
}
