/** SAML identity providers, as their metadata documents describe them. */
import { createPrivateKey } from 'node:crypto';
import {
  type CreateSAMLProviderRequest,
  type CreateSAMLProviderResponse,
  type DeleteSAMLProviderRequest,
  EntityAlreadyExistsException,
  type GetSAMLProviderRequest,
  type GetSAMLProviderResponse,
  InvalidInputException,
  LimitExceededException,
  type ListSAMLProvidersResponse,
  NoSuchEntityException,
  type UpdateSAMLProviderRequest,
  type UpdateSAMLProviderResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { readSamlMetadata } from '../../federation/samlMetadata.ts';
import { type SamlPrivateKey, type SamlProvider, samlProviderArn, samlProviders } from '../../identity/providers.ts';
import { tagging } from './tagging.ts';
import { iamResourceTags, newTags, tagsView } from './tags.ts';

const PROVIDERS_MAX = 100;
const PRIVATE_KEYS_MAX = 2;
/** Metadata without an end of its own holds this long. */
const VALID_YEARS = 100;

export const CreateSAMLProvider: Operation<Present<CreateSAMLProviderRequest>, CreateSAMLProviderResponse> = {
  access: (input, ctx) => ({
    resource: samlProviderArn({ account: ctx.account, name: input.Name }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    const provider: SamlProvider = {
      account: ctx.account,
      name: input.Name,
      id: capitalsId('SAMLSP', ctx),
      created: ctx.now.toISOString(),
      tags: newTags(input.Tags, 'TagsPerSAMLProvider'),
      ...described(ctx, input.SAMLMetadataDocument),
      encryption: input.AssertionEncryptionMode,
      privateKeys: input.AddPrivateKey === undefined ? [] : [newKey(ctx, input.AddPrivateKey)],
    };
    requireKeyForEncryption(provider);
    const max = providersMax(ctx);
    if (!(await ctx.store.fits(samlProviders, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for SAMLProvidersPerAccount: ${max}`);
    }
    if (!(await ctx.store.insert(samlProviders, provider))) {
      fail(EntityAlreadyExistsException, `SAMLProvider ${input.Name} already exists.`);
    }
    return { SAMLProviderArn: samlProviderArn(provider), ...tagsView(provider.tags) };
  },
};

const onProvider = {
  load: (input: { readonly SAMLProviderArn: string }, ctx: Context) => findProvider(ctx, input.SAMLProviderArn),
  access: (_input: unknown, _ctx: Context, provider: SamlProvider) => providerAccess(provider),
};

export const GetSAMLProvider: Operation<Present<GetSAMLProviderRequest>, GetSAMLProviderResponse, SamlProvider> = {
  ...onProvider,
  async run(_input, _ctx, provider) {
    const keys = provider.privateKeys.map((key) => ({ KeyId: key.id, Timestamp: new Date(key.created) }));
    return {
      SAMLProviderUUID: provider.id,
      SAMLMetadataDocument: provider.metadata,
      CreateDate: new Date(provider.created),
      ValidUntil: new Date(provider.validUntil),
      Tags: [...provider.tags],
      ...(provider.encryption === undefined ? {} : { AssertionEncryptionMode: provider.encryption }),
      ...(keys.length > 0 ? { PrivateKeyList: keys } : {}),
    };
  },
};

export const ListSAMLProviders: Operation<object, ListSAMLProvidersResponse> = {
  access: (_input, ctx) => ({ resource: samlProviderArn({ account: ctx.account, name: '*' }) }),
  async run(_input, ctx) {
    const { rows } = await ctx.store.list(samlProviders, [ctx.account], { limit: providersMax(ctx) });
    const view = (provider: SamlProvider) => ({
      Arn: samlProviderArn(provider),
      ValidUntil: new Date(provider.validUntil),
      CreateDate: new Date(provider.created),
    });
    return { SAMLProviderList: rows.map(view) };
  },
};

type Update = Operation<Present<UpdateSAMLProviderRequest>, UpdateSAMLProviderResponse, SamlProvider>;
export const UpdateSAMLProvider: Update = {
  ...onProvider,
  async run(input, ctx, provider) {
    const changed: SamlProvider = {
      ...provider,
      ...(input.SAMLMetadataDocument === undefined ? {} : described(ctx, input.SAMLMetadataDocument)),
      encryption: input.AssertionEncryptionMode ?? provider.encryption,
      privateKeys: changedKeys(ctx, provider, input),
    };
    requireKeyForEncryption(changed);
    await ctx.store.replace(samlProviders, changed);
    return { SAMLProviderArn: samlProviderArn(changed) };
  },
};

export const DeleteSAMLProvider: Operation<Present<DeleteSAMLProviderRequest>, object, SamlProvider> = {
  ...onProvider,
  async run(_input, ctx, provider) {
    await ctx.store.remove(samlProviders, [provider.account, provider.name]);
    return {};
  },
};

export const {
  Tag: TagSAMLProvider,
  Untag: UntagSAMLProvider,
  List: ListSAMLProviderTags,
} = tagging<SamlProvider, { readonly SAMLProviderArn: string }>({
  find: (ctx, input) => findProvider(ctx, input.SAMLProviderArn),
  access: providerAccess,
  quotaName: 'TagsPerSAMLProvider',
  save: (ctx, provider, tags) => ctx.store.replace(samlProviders, { ...provider, tags }),
});

async function findProvider(ctx: Context, arn: string): Promise<SamlProvider | Missing> {
  const [, account, name] = /^arn:aws:iam::(\d{12}):saml-provider\/([\w.-]+)$/.exec(arn) ?? [];
  if (account === undefined || name === undefined) fail(InvalidInputException, `Invalid ARN: ${arn}`);
  const provider = account === ctx.account ? await ctx.store.get(samlProviders, [account, name]) : undefined;
  return provider ?? new Missing(arn, awsError(NoSuchEntityException, `Manifest not found for arn ${arn}`));
}

function providerAccess(provider: SamlProvider, conditions: Access['conditions'] = {}): Access {
  const { tags } = provider;
  const resource = samlProviderArn(provider);
  return { resource, resourceTags: tags, conditions: { ...iamResourceTags(tags), ...conditions } };
}

const providersMax = (ctx: Context) => quota(ctx, 'SAMLProvidersQuota', PROVIDERS_MAX);

type Described = Pick<SamlProvider, 'metadata' | 'validUntil' | 'entityId' | 'certificates' | 'signOn'>;

function described(ctx: Context, metadata: string): Described {
  const found = readSamlMetadata(metadata) ?? fail(InvalidInputException, 'Could not parse metadata');
  const { entityId, certificates, signOn } = found;
  const end = new Date(ctx.now);
  end.setUTCFullYear(end.getUTCFullYear() + VALID_YEARS);
  return { metadata, entityId, certificates, signOn, validUntil: (found.validUntil ?? end).toISOString() };
}

function changedKeys(
  ctx: Context,
  provider: SamlProvider,
  input: UpdateSAMLProviderRequest,
): readonly SamlPrivateKey[] {
  let keys = provider.privateKeys;
  if (input.RemovePrivateKey !== undefined) {
    if (!keys.some(({ id }) => id === input.RemovePrivateKey)) {
      fail(NoSuchEntityException, `Private key ${input.RemovePrivateKey} cannot be found.`);
    }
    keys = keys.filter(({ id }) => id !== input.RemovePrivateKey);
  }
  if (input.AddPrivateKey !== undefined) keys = [...keys, newKey(ctx, input.AddPrivateKey)];
  if (keys.length <= PRIVATE_KEYS_MAX) return keys;
  return fail(LimitExceededException, `Cannot exceed quota for PrivateKeysPerSAMLProvider: ${PRIVATE_KEYS_MAX}`);
}

function newKey(ctx: Context, pem: string): SamlPrivateKey {
  try {
    if (createPrivateKey(pem).asymmetricKeyType !== 'rsa') throw new Error('not RSA');
  } catch {
    fail(InvalidInputException, 'The private key must be an unencrypted RSA key in PEM format.');
  }
  const sealed = ctx.secrets.seal('saml-private-key', pem, ctx.random(12));
  return { id: capitalsId('SAMLPK', ctx), created: ctx.now.toISOString(), sealed };
}

function requireKeyForEncryption(provider: SamlProvider): void {
  if (provider.encryption !== 'Required' || provider.privateKeys.length > 0) return;
  fail(InvalidInputException, 'A private key is required when AssertionEncryptionMode is Required.');
}

/** 23 capitals and digits. */
const capitalsId = (prefix: string, ctx: Context) =>
  prefix + Array.from(ctx.random(17), (byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
