/** Profiles: which roles, what their sessions may do at most, what of a certificate becomes tags. */
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { passRole } from '../../identity/passRole.ts';
import { validatePolicy } from '../../policy/index.ts';
import { refuse } from './errors.ts';
import { DEFAULT_MAPPINGS, mappingsView } from './mappings.ts';
import { accessTo, byId, changed, createAccess, find, newRow, pageOf } from './resources.ts';
import { arnOf, type Profile, profiles } from './rows.ts';
import { acceptedTags } from './tags.ts';
import type * as t from './types.ts';

export const SERVICE = 'rolesanywhere.amazonaws.com';
const HOUR_SECONDS = 3600;

export const profileView = (profile: Profile): t.ProfileDetail => ({
  profileId: profile.id,
  profileArn: arnOf('profile', profile),
  name: profile.name,
  requireInstanceProperties: profile.requireInstanceProperties,
  enabled: profile.enabled,
  createdBy: profile.createdBy,
  ...(profile.sessionPolicy !== undefined && { sessionPolicy: profile.sessionPolicy }),
  roleArns: [...profile.roleArns],
  managedPolicyArns: [...profile.managedPolicyArns],
  createdAt: new Date(profile.created),
  updatedAt: new Date(profile.updated),
  durationSeconds: profile.durationSeconds,
  acceptRoleSessionName: profile.acceptRoleSessionName,
  attributeMappings: mappingsView(profile.mappings),
});

const answer = (profile: Profile): t.ProfileDetailResponse => ({ profile: profileView(profile) });

/** A role that is handed on: whoever makes the profile must be allowed to pass it. */
const passes = (roleArns: readonly string[] = []) => roleArns.map((arn) => passRole(arn, SERVICE));

export const CreateProfile: Operation<Present<t.CreateProfileRequest>, t.ProfileDetailResponse> = {
  access: (input) => [createAccess(input), ...passes(input.roleArns)],
  async run(input, ctx) {
    requireValid(input);
    const max = quota(ctx, 'Profiles', 250);
    if (!(await ctx.store.fits(profiles, [ctx.account, ctx.region], max, 'place'))) {
      refuse(`The maximum number of profiles (${max}) has been reached.`);
    }
    const profile: Profile = {
      ...newRow(ctx),
      name: input.name,
      createdBy: ctx.caller.arn,
      enabled: input.enabled ?? false,
      tags: acceptedTags([], input.tags),
      roleArns: input.roleArns,
      managedPolicyArns: input.managedPolicyArns ?? [],
      ...(input.sessionPolicy !== undefined && { sessionPolicy: input.sessionPolicy }),
      durationSeconds: input.durationSeconds ?? HOUR_SECONDS,
      requireInstanceProperties: input.requireInstanceProperties ?? false,
      acceptRoleSessionName: input.acceptRoleSessionName ?? false,
      mappings: DEFAULT_MAPPINGS,
    };
    await ctx.store.replace(profiles, profile);
    return answer(profile);
  },
};

function requireValid({ sessionPolicy }: { readonly sessionPolicy?: string | undefined }): void {
  const sentence = sessionPolicy === undefined ? undefined : validatePolicy(sessionPolicy, 'session');
  if (sentence !== undefined) refuse(`Invalid session policy: ${sentence}`);
}

export const loadProfile = ({ profileId }: { profileId: string }, ctx: Context) =>
  find(ctx, 'profile', profiles, profileId);

export const UpdateProfile: Operation<Present<t.UpdateProfileRequest>, t.ProfileDetailResponse, Profile> = {
  load: loadProfile,
  access: (input, _ctx, profile) => [accessTo('profile', profile), ...passes(input.roleArns)],
  async run({ profileId: _, ...input }, ctx, profile) {
    requireValid(input);
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    return answer(await changed(ctx, profiles, profile, given as Partial<Profile>));
  },
};

export const ListProfiles: Operation<t.ListRequest, t.ListProfilesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await pageOf(ctx, profiles, input);
    return { profiles: rows.map(profileView), ...page };
  },
};

export const {
  Get: GetProfile,
  Enable: EnableProfile,
  Disable: DisableProfile,
  Delete: DeleteProfile,
} = byId({
  kind: 'profile',
  table: profiles,
  idOf: ({ profileId }: Present<t.ScalarProfileRequest>) => profileId,
  answer,
});
