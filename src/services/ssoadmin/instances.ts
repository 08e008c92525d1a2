/**
 * Instances. An organization's is enabled in AWS's console, behind which stands no public operation; here CreateInstance
 * in the management account does it (with trusted access), and in any other account makes that account's own.
 */
import type {
  CreateInstanceRequest,
  CreateInstanceResponse,
  DeleteInstanceRequest,
  DescribeInstanceRequest,
  DescribeInstanceResponse,
  ListInstancesRequest,
  ListInstancesResponse,
  UpdateInstanceRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { requestTags } from '../../core/tags.ts';
import { accessControlAttributes } from '../../identity/accessControlAttributes.ts';
import {
  applicationArn,
  applications,
  forgetApplication,
  trustedTokenIssuerArn,
  trustedTokenIssuers,
} from '../../identity/applications.ts';
import { directoryGroups, directoryMemberships, directoryUsers } from '../../identity/directory.ts';
import { externalSignIns, identitySources } from '../../identity/identitySources.ts';
import { isServedIn, regionsOf } from '../../identity/instanceRegions.ts';
import { IDENTITY_CENTER, type Instance, identityStoreArn, instanceArn, instances } from '../../identity/instances.ts';
import { chainOf, isDelegatedAdministrator, trustedServices } from '../../identity/organization.ts';
import { permissionSets } from '../../identity/permissionSets.ts';
import { forgetCredentials } from '../../identity/personCredentials.ts';
import { newSamlIdentity, samlIdentities } from '../../identity/samlIdentity.ts';
import { scimTokens } from '../../identity/scimTokens.ts';
import { everyRow } from '../../store/everyRow.ts';
import { onDirectory, onInstance, requireOrganization } from './access.ts';
import { once } from './clientTokens.ts';
import { encrypted, encryptionView } from './encryption.ts';
import { failConflict, failInvalid, notFound } from './errors.ts';
import { rowsPage } from './pages.ts';
import { regionView } from './regions.ts';
import { checkedTags, putTags } from './tagRows.ts';

type OnInstance<In, Out> = Operation<In, Out, Instance>;

const hex = (ctx: Context, digits: number) => Buffer.from(ctx.random(digits / 2)).toString('hex');

export const CreateInstance: Operation<Present<CreateInstanceRequest>, CreateInstanceResponse> = {
  access: ({ Tags }) => ({ resource: 'arn:aws:sso:::instance/*', conditions: requestTags(Tags) }),
  run: async (input, ctx) => ({
    InstanceArn: await once(ctx, ctx.account, 'CreateInstance', input, () => made(ctx, input)),
  }),
};

async function made(ctx: Context, { Name, Tags }: Present<CreateInstanceRequest>): Promise<string> {
  const tags = checkedTags(Tags);
  if ((await ctx.store.list(instances, [ctx.account], { limit: 1, index: 'account' })).rows.length > 0) {
    failConflict('An instance of IAM Identity Center already exists in this account.');
  }
  const organization = await ownOrganization(ctx);
  const instance: Instance = {
    id: `ssoins-${hex(ctx, 16)}`,
    account: ctx.account,
    region: ctx.region,
    identityStore: `d-${hex(ctx, 10)}`,
    name: Name,
    created: ctx.now.toISOString(),
    organization,
  };
  await ctx.store.insert(instances, instance);
  await ctx.store.insert(samlIdentities, await newSamlIdentity(ctx, instance));
  if (organization !== undefined) {
    await ctx.store.insert(trustedServices, { organization, service: IDENTITY_CENTER, since: instance.created });
  }
  await putTags(ctx, instanceArn(instance), tags);
  return instanceArn(instance);
}

/** The organization that the account manages. */
async function ownOrganization(ctx: Context): Promise<string | undefined> {
  const chain = await chainOf(ctx.store, ctx.account);
  return chain?.organization.management === ctx.account ? chain.organization.id : undefined;
}

export const DescribeInstance: OnInstance<Present<DescribeInstanceRequest>, DescribeInstanceResponse> = {
  ...onInstance,
  run: async (_input, ctx, instance) => ({
    ...instanceView(instance, ctx.now),
    EncryptionConfigurationDetails: encryptionView(instance),
    PermissionSetsEnabled: instance.organization !== undefined,
  }),
};

export const UpdateInstance: OnInstance<Present<UpdateInstanceRequest>, object> = {
  ...onInstance,
  /** Of another key the directory must be told. */
  access: (input, ctx, instance) => [
    onInstance.access(input, ctx, instance),
    ...(input.EncryptionConfiguration ? [onDirectory(ctx, instance, 'UpdateIdentityStore')] : []),
  ],
  async run({ Name, EncryptionConfiguration: encryption, PermissionSetsEnabled: enable }, ctx, instance) {
    if (encryption && enable !== undefined) {
      failInvalid('EncryptionConfiguration and PermissionSetsEnabled cannot be set in the same request.');
    }
    if (enable === false) failInvalid('PermissionSetsEnabled must be true: permission sets cannot be disabled.');
    if (enable) requireOrganization(instance);
    const after = encryption ? await encrypted(ctx, instance, encryption) : instance;
    await ctx.store.replace(instances, { ...after, name: Name ?? after.name });
    return {};
  },
};

/** What is in it goes with it; permission sets have to go first, since accounts hold their roles. */
export const DeleteInstance: OnInstance<Present<DeleteInstanceRequest>, object> = {
  ...onInstance,
  access: (input, ctx, instance) => [
    onInstance.access(input, ctx, instance),
    onDirectory(ctx, instance, 'DeleteIdentityStore'),
  ],
  async run(_input, ctx, instance) {
    if (instance.account !== ctx.account) throw notFound(`Instance with ARN ${instanceArn(instance)} not found`);
    const sets = await ctx.store.list(permissionSets, [instance.id], { limit: 1 });
    if (sets.rows.length > 0) failConflict('The instance has permission sets. Delete them first.');
    await forgetPeople(ctx, instance);
    await forgetApplications(ctx, instance);
    for await (const { id } of everyRow(ctx.store, scimTokens, [instance.identityStore])) {
      await ctx.store.remove(scimTokens, [instance.identityStore, id]);
    }
    await ctx.store.remove(instances, [instance.id]);
    await ctx.store.remove(samlIdentities, [instance.id]);
    await ctx.store.remove(identitySources, [instance.identityStore]);
    await ctx.store.remove(accessControlAttributes, [instance.id]);
    await putTags(ctx, instanceArn(instance), []);
    return {};
  },
};

/** With what proved who they were, and what identity providers said of them. */
async function forgetPeople({ store }: Context, { identityStore }: Instance): Promise<void> {
  for await (const { id } of everyRow(store, directoryUsers, [identityStore])) {
    await store.remove(directoryUsers, [identityStore, id]);
    await forgetCredentials(store, identityStore, id);
  }
  for (const rows of [directoryGroups, directoryMemberships] as const) {
    for await (const { id } of everyRow(store, rows as typeof directoryGroups, [identityStore])) {
      await store.remove(rows as typeof directoryGroups, [identityStore, id]);
    }
  }
  for await (const { signIn } of everyRow(store, externalSignIns, [identityStore], 'store')) {
    await store.remove(externalSignIns, [signIn]);
  }
}

async function forgetApplications(ctx: Context, { id: instance }: Instance): Promise<void> {
  for await (const row of everyRow(ctx.store, applications, [instance])) {
    await forgetApplication(ctx.store, row);
    await putTags(ctx, applicationArn(row), []);
  }
  for await (const row of everyRow(ctx.store, trustedTokenIssuers, [instance])) {
    await ctx.store.remove(trustedTokenIssuers, [instance, row.id]);
    await putTags(ctx, trustedTokenIssuerArn(row), []);
  }
}

/** The account's own instance, and its organization's where that was delegated to it. */
export const ListInstances: Operation<ListInstancesRequest, ListInstancesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rowsPage(ctx, instances, [ctx.account], input, { index: 'account' });
    const isHere = (instance: Instance) => isServedIn(instance, ctx.region, ctx.now);
    const seen = [...rows];
    const chain = await chainOf(ctx.store, ctx.account);
    const management = chain?.organization.management;
    if (management !== undefined && management !== ctx.account && input.NextToken === undefined) {
      if (await isDelegatedAdministrator(ctx.store, chain!.organization.id, ctx.account, IDENTITY_CENTER)) {
        seen.push(...(await ctx.store.list(instances, [management], { limit: 1, index: 'account' })).rows);
      }
    }
    return { Instances: seen.filter(isHere).map((instance) => instanceView(instance, ctx.now)), ...page };
  },
};

const instanceView = (instance: Instance, now: Date) => ({
  InstanceArn: instanceArn(instance),
  IdentityStoreId: instance.identityStore,
  IdentityStoreArn: identityStoreArn(instance),
  OwnerAccountId: instance.account,
  ...(instance.name !== undefined && { Name: instance.name }),
  CreatedDate: new Date(instance.created),
  Status: 'ACTIVE' as const,
  PrimaryRegion: instance.region,
  Regions: regionsOf(instance, now).map(regionView),
});
