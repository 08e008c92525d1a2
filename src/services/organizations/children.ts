/** The tree one step up and one step down. */
import {
  ChildNotFoundException,
  type ListChildrenRequest,
  type ListChildrenResponse,
  type ListParentsRequest,
  type ListParentsResponse,
} from '@aws-sdk/client-organizations';
import { awsError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { accounts, units } from '../../identity/organization.ts';
import { cursorIn, rowsPage } from './pages.ts';
import { findPlace, type Place, placeAccess } from './places.ts';
import { operation } from './seats.ts';
import { findParent } from './units.ts';

export const ListChildren = operation<Present<ListChildrenRequest>, ListChildrenResponse, Place>({
  who: 'readers',
  find: (input, ctx, seat) => findParent(ctx, seat, input.ParentId),
  access: (_input, _seat, place) => placeAccess(place),
  async run(input, ctx, { organization }, { id }) {
    const prefix = [organization.id, id];
    const { rows, page } =
      input.ChildType === 'ACCOUNT'
        ? await rowsPage(ctx, accounts, prefix, input, { index: 'parent' })
        : await rowsPage(ctx, units, prefix, input, { index: 'parent' });
    return { Children: rows.map((row) => ({ Id: row.id, Type: input.ChildType })), ...page };
  },
});

export const ListParents = operation<Present<ListParentsRequest>, ListParentsResponse, Place>({
  who: 'readers',
  find: (input, ctx, { organization }) =>
    findPlace(
      ctx,
      organization,
      input.ChildId,
      awsError(ChildNotFoundException, "You specified a child that doesn't exist."),
    ),
  access: (_input, _seat, place) => placeAccess(place),
  async run(input, _ctx, { organization }, { parent }) {
    if (parent === undefined || cursorIn(input) !== undefined) return { Parents: [] };
    return { Parents: [{ Id: parent, Type: parent === organization.root ? 'ROOT' : 'ORGANIZATIONAL_UNIT' }] };
  },
});
