/** Issuers outside of IAM Identity Center whose tokens say who somebody is. */
import type {
  CreateTrustedTokenIssuerRequest,
  CreateTrustedTokenIssuerResponse,
  DeleteTrustedTokenIssuerRequest,
  DescribeTrustedTokenIssuerRequest,
  DescribeTrustedTokenIssuerResponse,
  ListTrustedTokenIssuersRequest,
  ListTrustedTokenIssuersResponse,
  UpdateTrustedTokenIssuerRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type TrustedTokenIssuer, trustedTokenIssuerArn, trustedTokenIssuers } from '../../identity/applications.ts';
import { type Instance, instanceArn } from '../../identity/instances.ts';
import { accessTo, onInstance } from './access.ts';
import { type FoundIssuer, onIssuer } from './applicationAccess.ts';
import { once } from './clientTokens.ts';
import { failConflict, failInvalid, failQuota } from './errors.ts';
import { rowsPage } from './pages.ts';
import { checkedTags, putTags } from './tagRows.ts';

type OnIssuer<In, Out> = Operation<In, Out, FoundIssuer>;
type OnInstance<In, Out> = Operation<In, Out, Instance>;
type Asked = Present<CreateTrustedTokenIssuerRequest>;

/** Attributes by which a directory finds one user. */
const ATTRIBUTES = new Set(['username', 'emails.value', 'externalids.id']);

export const CreateTrustedTokenIssuer: OnInstance<Asked, CreateTrustedTokenIssuerResponse> = {
  ...onInstance,
  access: ({ Tags }, ctx, instance) => [
    accessTo(instanceArn(instance)),
    accessTo(trustedTokenIssuerArn({ account: ctx.account, instance: instance.id, id: '*' }), {
      conditions: requestTags(Tags),
    }),
  ],
  run: async (input, ctx, instance) => ({
    TrustedTokenIssuerArn: await once(ctx, instance.id, 'CreateTrustedTokenIssuer', input, () =>
      made(ctx, instance, input),
    ),
  }),
};

async function made(ctx: Context, instance: Instance, input: Asked): Promise<string> {
  const oidc = input.TrustedTokenIssuerConfiguration.OidcJwtConfiguration;
  if (!oidc) return failInvalid('The configuration must have the member OidcJwtConfiguration.');
  const max = quota(ctx, 'TrustedTokenIssuersPerInstanceQuota', 10);
  if (!(await ctx.store.fits(trustedTokenIssuers, [instance.id], max))) {
    failQuota(`The number of trusted token issuers exceeds the limit of ${max}.`);
  }
  const row: TrustedTokenIssuer = {
    instance: instance.id,
    id: `tti-${uuid(ctx)}`,
    account: ctx.account,
    name: input.Name,
    issuerUrl: oidc.IssuerUrl!,
    claim: oidc.ClaimAttributePath!,
    attribute: checkedAttribute(oidc.IdentityStoreAttributePath!),
  };
  await requireFree(ctx, row, 'name', row.name);
  await requireFree(ctx, row, 'url', row.issuerUrl);
  await ctx.store.insert(trustedTokenIssuers, row);
  await putTags(ctx, trustedTokenIssuerArn(row), checkedTags(input.Tags));
  return trustedTokenIssuerArn(row);
}

async function requireFree(ctx: Context, { instance }: TrustedTokenIssuer, index: 'name' | 'url', value: string) {
  if (await ctx.store.fits(trustedTokenIssuers, [instance, value], 1, index)) return;
  failConflict(`A trusted token issuer with the ${index === 'name' ? 'name' : 'issuer URL'} ${value} exists already.`);
}

function checkedAttribute(path: string): string {
  return ATTRIBUTES.has(path.toLowerCase())
    ? path
    : failInvalid(`The identity store attribute path ${path} is not supported.`);
}

export const DescribeTrustedTokenIssuer: OnIssuer<
  Present<DescribeTrustedTokenIssuerRequest>,
  DescribeTrustedTokenIssuerResponse
> = {
  ...onIssuer,
  run: async (_input, _ctx, { issuer }) => ({
    ...issuerView(issuer),
    TrustedTokenIssuerConfiguration: {
      OidcJwtConfiguration: {
        IssuerUrl: issuer.issuerUrl,
        ClaimAttributePath: issuer.claim,
        IdentityStoreAttributePath: issuer.attribute,
        JwksRetrievalOption: 'OPEN_ID_DISCOVERY',
      },
    },
  }),
};

export const UpdateTrustedTokenIssuer: OnIssuer<Present<UpdateTrustedTokenIssuerRequest>, object> = {
  ...onIssuer,
  async run({ Name, TrustedTokenIssuerConfiguration: configuration }, ctx, { issuer }) {
    const { ClaimAttributePath, IdentityStoreAttributePath: path } = configuration?.OidcJwtConfiguration ?? {};
    const name = Name ?? issuer.name;
    if (name !== issuer.name) await requireFree(ctx, issuer, 'name', name);
    await ctx.store.replace(trustedTokenIssuers, {
      ...issuer,
      name,
      claim: ClaimAttributePath ?? issuer.claim,
      attribute: path === undefined ? issuer.attribute : checkedAttribute(path),
    });
    return {};
  },
};

export const DeleteTrustedTokenIssuer: OnIssuer<Present<DeleteTrustedTokenIssuerRequest>, object> = {
  ...onIssuer,
  async run({ TrustedTokenIssuerArn }, ctx, { issuer }) {
    await ctx.store.remove(trustedTokenIssuers, [issuer.instance, issuer.id]);
    await putTags(ctx, TrustedTokenIssuerArn, []);
    return {};
  },
};

export const ListTrustedTokenIssuers: OnInstance<
  Present<ListTrustedTokenIssuersRequest>,
  ListTrustedTokenIssuersResponse
> = {
  ...onInstance,
  async run(input, ctx, { id }) {
    const { rows, page } = await rowsPage(ctx, trustedTokenIssuers, [id], input);
    return { TrustedTokenIssuers: rows.map(issuerView), ...page };
  },
};

const issuerView = (issuer: TrustedTokenIssuer) => ({
  TrustedTokenIssuerArn: trustedTokenIssuerArn(issuer),
  Name: issuer.name,
  TrustedTokenIssuerType: 'OIDC_JWT' as const,
});
