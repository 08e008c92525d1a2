/** How much of everything an account has, beside what it may have. */
import type { GetAccountSummaryResponse } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import type { Operation } from '../../core/operation.ts';
import { type QuotaName, quota } from '../../core/quotas.ts';
import { mfaDevices } from '../../identity/mfa.ts';
import { loginProfiles } from '../../identity/passwords.ts';
import { accessKeys, byName, groups, managedPolicies, roles, users } from '../../identity/principals.ts';
import { openIdProviders, samlProviders } from '../../identity/providers.ts';
import { everyRow } from '../../store/everyRow.ts';
import { instanceProfiles } from './instanceProfiles.ts';
import { serverCertificates } from './serverCertificates.ts';
import { signingCertificates } from './signingCertificates.ts';
import { GLOBAL_ENDPOINT_TOKEN_VERSION } from './tokenPreferences.ts';

/** AWS's standard quotas, under the names by which the summary tells them and the operator sets them. */
const QUOTAS = {
  AccessKeysPerUserQuota: 2,
  AssumeRolePolicySizeQuota: 2048,
  AttachedPoliciesPerGroupQuota: 10,
  AttachedPoliciesPerRoleQuota: 10,
  AttachedPoliciesPerUserQuota: 10,
  GroupPolicySizeQuota: 5120,
  GroupsPerUserQuota: 10,
  GroupsQuota: 300,
  InstanceProfilesQuota: 1000,
  PoliciesQuota: 1500,
  PolicySizeQuota: 6144,
  PolicyVersionsInUseQuota: 10000,
  RolePolicySizeQuota: 10240,
  RolesQuota: 1000,
  ServerCertificatesQuota: 20,
  SigningCertificatesPerUserQuota: 2,
  UserPolicySizeQuota: 2048,
  UsersQuota: 5000,
  VersionsPerPolicyQuota: 5,
} as const;

export const GetAccountSummary: Operation<object, GetAccountSummaryResponse> = {
  access: () => ({ resource: '*' }),
  async run(_input, ctx) {
    const quotas = Object.entries(QUOTAS).map(([name, standard]) => [name, quota(ctx, name as QuotaName, standard)]);
    const counted = { ...(await countsOf(ctx)), ...(await rootCounts(ctx)) };
    return {
      SummaryMap: {
        ...Object.fromEntries(quotas),
        ...counted,
        GlobalEndpointTokenVersion: GLOBAL_ENDPOINT_TOKEN_VERSION,
      },
    };
  },
};

async function countsOf(ctx: Context) {
  const { store } = ctx;
  const account = [ctx.account];
  let versions = 0;
  for await (const policy of everyRow(ctx.store, managedPolicies, account)) versions += policy.versions.length;
  return {
    Users: await store.count(users, account),
    Groups: await store.count(groups, account),
    Roles: await store.count(roles, account),
    Policies: await store.count(managedPolicies, account),
    PolicyVersionsInUse: versions,
    InstanceProfiles: await store.count(instanceProfiles, account),
    ServerCertificates: await store.count(serverCertificates, account),
    Providers: (await store.count(openIdProviders, account)) + (await store.count(samlProviders, account)),
    MFADevices: await store.count(mfaDevices, account),
    MFADevicesInUse: await store.count(mfaDevices, [ctx.account, 'Assigned'], 'status'),
  };
}

/** Of the root user, whether it has each kind of credentials: 1 or 0. */
async function rootCounts(ctx: Context) {
  const root = [ctx.account, ctx.account];
  const keys = await ctx.store.count(accessKeys, byName(ctx.account, ''), 'owner');
  const password = await ctx.store.get(loginProfiles, root);
  return {
    AccountAccessKeysPresent: keys > 0 ? 1 : 0,
    AccountMFAEnabled: (await ctx.store.count(mfaDevices, root, 'owner')) > 0 ? 1 : 0,
    AccountPasswordPresent: password === undefined ? 0 : 1,
    AccountSigningCertificatesPresent: (await ctx.store.count(signingCertificates, root, 'owner')) > 0 ? 1 : 0,
  };
}
