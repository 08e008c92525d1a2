/**
 * OpenID Connect providers. The plane calls no strangers: thumbprints that are not given stay empty, and STS then
 * trusts a provider's server as any client would. `http://` is taken for providers on this machine only.
 */
import {
  type AddClientIDToOpenIDConnectProviderRequest,
  type CreateOpenIDConnectProviderRequest,
  type CreateOpenIDConnectProviderResponse,
  type DeleteOpenIDConnectProviderRequest,
  EntityAlreadyExistsException,
  type GetOpenIDConnectProviderRequest,
  type GetOpenIDConnectProviderResponse,
  InvalidInputException,
  LimitExceededException,
  type ListOpenIDConnectProvidersResponse,
  NoSuchEntityException,
  type RemoveClientIDFromOpenIDConnectProviderRequest,
  type UpdateOpenIDConnectProviderThumbprintRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail, ValidationFailure } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { type OpenIdProvider, openIdProviderArn, openIdProviders } from '../../identity/providers.ts';
import { tagging } from './tagging.ts';
import { iamResourceTags, newTags, tagsView } from './tags.ts';

const PROVIDERS_MAX = 100;
const CLIENT_IDS_MAX = 100;
const THUMBPRINTS_MAX = 5;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

type Create = Operation<Present<CreateOpenIDConnectProviderRequest>, CreateOpenIDConnectProviderResponse>;
export const CreateOpenIDConnectProvider: Create = {
  access: (input, ctx) => ({
    resource: openIdProviderArn({ account: ctx.account, url: withoutScheme(input.Url) }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    requireUrl(input.Url);
    const provider: OpenIdProvider = {
      account: ctx.account,
      url: withoutScheme(input.Url),
      clientIds: checkedClientIds(ctx, [...new Set(input.ClientIDList ?? [])]),
      thumbprints: checkedThumbprints(input.ThumbprintList ?? []),
      tags: newTags(input.Tags, 'TagsPerOpenIDConnectProvider'),
      created: ctx.now.toISOString(),
    };
    const max = providersMax(ctx);
    if (!(await ctx.store.fits(openIdProviders, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${max}`);
    }
    if (!(await ctx.store.insert(openIdProviders, provider))) {
      fail(EntityAlreadyExistsException, `Provider with url ${input.Url} already exists.`);
    }
    return { OpenIDConnectProviderArn: openIdProviderArn(provider), ...tagsView(provider.tags) };
  },
};

type ByArn<T> = Operation<Present<T> & { readonly OpenIDConnectProviderArn: string }, object, OpenIdProvider>;
const onProvider = {
  load: (input: { readonly OpenIDConnectProviderArn: string }, ctx: Context) =>
    findProvider(ctx, input.OpenIDConnectProviderArn),
  access: (_input: unknown, _ctx: Context, provider: OpenIdProvider) => providerAccess(provider),
};

type Get = Operation<Present<GetOpenIDConnectProviderRequest>, GetOpenIDConnectProviderResponse, OpenIdProvider>;
export const GetOpenIDConnectProvider: Get = {
  ...onProvider,
  async run(_input, _ctx, provider) {
    return {
      Url: provider.url,
      ClientIDList: [...provider.clientIds],
      ThumbprintList: [...provider.thumbprints],
      CreateDate: new Date(provider.created),
      Tags: [...provider.tags],
    };
  },
};

export const ListOpenIDConnectProviders: Operation<object, ListOpenIDConnectProvidersResponse> = {
  access: (_input, ctx) => ({ resource: openIdProviderArn({ account: ctx.account, url: '*' }) }),
  async run(_input, ctx) {
    const { rows } = await ctx.store.list(openIdProviders, [ctx.account], { limit: providersMax(ctx) });
    return { OpenIDConnectProviderList: rows.map((provider) => ({ Arn: openIdProviderArn(provider) })) };
  },
};

export const AddClientIDToOpenIDConnectProvider: ByArn<AddClientIDToOpenIDConnectProviderRequest> = {
  ...onProvider,
  async run(input, ctx, provider) {
    const clientIds = checkedClientIds(ctx, [...new Set([...provider.clientIds, input.ClientID])]);
    await ctx.store.replace(openIdProviders, { ...provider, clientIds });
    return {};
  },
};

/** Removing what is not there is no error. */
export const RemoveClientIDFromOpenIDConnectProvider: ByArn<RemoveClientIDFromOpenIDConnectProviderRequest> = {
  ...onProvider,
  async run(input, ctx, provider) {
    const clientIds = provider.clientIds.filter((id) => id !== input.ClientID);
    await ctx.store.replace(openIdProviders, { ...provider, clientIds });
    return {};
  },
};

export const UpdateOpenIDConnectProviderThumbprint: ByArn<UpdateOpenIDConnectProviderThumbprintRequest> = {
  ...onProvider,
  async run(input, ctx, provider) {
    const thumbprints = checkedThumbprints(input.ThumbprintList);
    await ctx.store.replace(openIdProviders, { ...provider, thumbprints });
    return {};
  },
};

export const DeleteOpenIDConnectProvider: ByArn<DeleteOpenIDConnectProviderRequest> = {
  ...onProvider,
  async run(_input, ctx, provider) {
    await ctx.store.remove(openIdProviders, [provider.account, provider.url]);
    return {};
  },
};

export const {
  Tag: TagOpenIDConnectProvider,
  Untag: UntagOpenIDConnectProvider,
  List: ListOpenIDConnectProviderTags,
} = tagging<OpenIdProvider, { readonly OpenIDConnectProviderArn: string }>({
  find: (ctx, input) => findProvider(ctx, input.OpenIDConnectProviderArn),
  access: providerAccess,
  quotaName: 'TagsPerOpenIDConnectProvider',
  save: (ctx, provider, tags) => ctx.store.replace(openIdProviders, { ...provider, tags }),
});

async function findProvider(ctx: Context, arn: string): Promise<OpenIdProvider | Missing> {
  const [, account, url] = /^arn:aws:iam::(\d{12}):oidc-provider\/(.+)$/.exec(arn) ?? [];
  if (account === undefined || url === undefined) fail(InvalidInputException, `Invalid ARN: ${arn}`);
  const provider = account === ctx.account ? await ctx.store.get(openIdProviders, [account, url]) : undefined;
  return (
    provider ?? new Missing(arn, awsError(NoSuchEntityException, `OpenIDConnect Provider not found for arn ${arn}`))
  );
}

function providerAccess(provider: OpenIdProvider, conditions: Access['conditions'] = {}): Access {
  const { tags } = provider;
  const resource = openIdProviderArn(provider);
  return { resource, resourceTags: tags, conditions: { ...iamResourceTags(tags), ...conditions } };
}

const providersMax = (ctx: Context) => quota(ctx, 'OpenIdConnectProvidersQuota', PROVIDERS_MAX);
const withoutScheme = (url: string) => url.replace(/^https?:\/\//, '');

function requireUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.protocol === 'http:' && LOOPBACK.has(url.hostname);
  const isClean = url?.search === '' && url.hash === '' && url.username === '' && /^[\x21-\x7e]+$/.test(text);
  if (url && isClean && (url.protocol === 'https:' || isPlain)) return;
  throw new ValidationFailure('Invalid Open ID Connect Provider URL');
}

function checkedClientIds(ctx: Context, clientIds: readonly string[]): readonly string[] {
  const max = quota(ctx, 'ClientIdsPerOpenIdConnectProviderQuota', CLIENT_IDS_MAX);
  if (clientIds.length <= max) return clientIds;
  return fail(LimitExceededException, `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${max}`);
}

function checkedThumbprints(thumbprints: readonly string[]): readonly string[] {
  if (thumbprints.length > THUMBPRINTS_MAX) {
    fail(InvalidInputException, `Thumbprint list must contain fewer than ${THUMBPRINTS_MAX} entries.`);
  }
  for (const thumbprint of thumbprints) {
    if (!/^[0-9a-fA-F]{40}$/.test(thumbprint)) fail(InvalidInputException, `Invalid thumbprint: ${thumbprint}`);
  }
  return thumbprints;
}
