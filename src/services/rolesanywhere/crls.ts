/** Imported revocation lists of a trust anchor. */
import type { Context } from '../../core/context.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { MalformedDer } from './der.ts';
import { missing, refuse } from './errors.ts';
import { accessTo, byId, changed, createAccess, find, newRow, pageOf } from './resources.ts';
import { parseRevocationList } from './revocation.ts';
import { arnOf, type Crl, crls, named, trustAnchors } from './rows.ts';
import { acceptedTags } from './tags.ts';
import type * as t from './types.ts';

const crlView = (crl: Crl): t.CrlDetail => ({
  crlId: crl.id,
  crlArn: arnOf('crl', crl),
  name: crl.name,
  enabled: crl.enabled,
  crlData: Buffer.from(crl.data, 'base64'),
  trustAnchorArn: arnOf('trust-anchor', { ...crl, id: crl.trustAnchor }),
  createdAt: new Date(crl.created),
  updatedAt: new Date(crl.updated),
});

const answer = (crl: Crl): t.CrlDetailResponse => ({ crl: crlView(crl) });

function dataOf(bytes: Uint8Array): string {
  try {
    parseRevocationList(bytes);
  } catch (error) {
    if (error instanceof MalformedDer) refuse('Invalid CRL data.');
    throw error;
  }
  return Buffer.from(bytes).toString('base64');
}

export const ImportCrl: Operation<Present<t.ImportCrlRequest>, t.CrlDetailResponse> = {
  access: createAccess,
  async run(input, ctx) {
    const trustAnchor = await anchorIdOf(input.trustAnchorArn, ctx);
    const data = dataOf(input.crlData);
    const max = quota(ctx, 'CRLsPerTrustAnchor', 2);
    if (!(await ctx.store.fits(crls, [ctx.account, ctx.region, trustAnchor], max, 'anchor'))) {
      refuse(`The maximum number of CRLs of a trust anchor (${max}) has been reached.`);
    }
    const crl: Crl = {
      ...newRow(ctx),
      name: input.name,
      data,
      trustAnchor,
      enabled: input.enabled ?? false,
      tags: acceptedTags([], input.tags),
    };
    await ctx.store.replace(crls, crl);
    return answer(crl);
  },
};

async function anchorIdOf(arn: string, ctx: Context): Promise<string> {
  const name = named(arn);
  const here = name?.kind === 'trust-anchor' && name.account === ctx.account && name.region === ctx.region;
  if (!here) throw missing('trust-anchor');
  const anchor = await find(ctx, 'trust-anchor', trustAnchors, name.id);
  if (anchor instanceof Missing) throw anchor.error;
  return anchor.id;
}

export const UpdateCrl: Operation<Present<t.UpdateCrlRequest>, t.CrlDetailResponse, Crl> = {
  load: ({ crlId }, ctx) => find(ctx, 'crl', crls, crlId),
  access: (_input, _ctx, crl) => accessTo('crl', crl),
  run: async ({ name, crlData }, ctx, crl) =>
    answer(
      await changed(ctx, crls, crl, {
        ...(name !== undefined && { name }),
        ...(crlData !== undefined && { data: dataOf(crlData) }),
      }),
    ),
};

export const ListCrls: Operation<t.ListRequest, t.ListCrlsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await pageOf(ctx, crls, input);
    return { crls: rows.map(crlView), ...page };
  },
};

export const {
  Get: GetCrl,
  Enable: EnableCrl,
  Disable: DisableCrl,
  Delete: DeleteCrl,
} = byId({ kind: 'crl', table: crls, idOf: ({ crlId }: Present<t.ScalarCrlRequest>) => crlId, answer });
