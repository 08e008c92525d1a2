/** Instance profiles: the envelope in which a role is given to a machine. */
import {
  type AddRoleToInstanceProfileRequest,
  type CreateInstanceProfileRequest,
  type CreateInstanceProfileResponse,
  DeleteConflictException,
  type DeleteInstanceProfileRequest,
  EntityAlreadyExistsException,
  type GetInstanceProfileRequest,
  type GetInstanceProfileResponse,
  LimitExceededException,
  type ListInstanceProfilesForRoleRequest,
  type ListInstanceProfilesForRoleResponse,
  type ListInstanceProfilesRequest,
  type ListInstanceProfilesResponse,
  NoSuchEntityException,
  type RemoveRoleFromInstanceProfileRequest,
  type InstanceProfile as SdkProfile,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uniqueId } from '../../core/ids.ts';
import { type Access, Missing, type Operation, type Present, type Tag } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { byName, type Role, roleArn, roles } from '../../identity/principals.ts';
import { table } from '../../store/store.ts';
import { findRole, noSuchRole, protectRole, roleAccess } from './holders.ts';
import { pathPage, rowsPage } from './pages.ts';
import { plainView } from './roleViews.ts';
import { tagging } from './tagging.ts';
import { iamResourceTags, newTags, tagsView } from './tags.ts';

export interface InstanceProfile {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  /** `AIPA…` */
  readonly id: string;
  readonly created: string;
  readonly tags: readonly Tag[];
  /** Unique id of the one role in it. */
  readonly roleId?: string;
}

/** Index `path`: [account, path + name]. `role`: [account, role id]. */
export const instanceProfiles = table<InstanceProfile>('iam_instance_profile', {
  key: (p) => [p.account, p.name.toLowerCase()],
  indexes: {
    path: (p) => [[p.account, `${p.path}${p.name.toLowerCase()}`]],
    role: (p) => (p.roleId === undefined ? [] : [[p.account, p.roleId]]),
  },
});

type Place = Pick<InstanceProfile, 'account' | 'path' | 'name'>;
export const instanceProfileArn = (p: Place) => `arn:aws:iam::${p.account}:instance-profile${p.path}${p.name}`;

export const CreateInstanceProfile: Operation<Present<CreateInstanceProfileRequest>, CreateInstanceProfileResponse> = {
  access: (input, ctx) => ({
    resource: instanceProfileArn({ account: ctx.account, path: input.Path ?? '/', name: input.InstanceProfileName }),
    conditions: requestTags(input.Tags),
  }),
  async run(input, ctx) {
    const profile: InstanceProfile = {
      account: ctx.account,
      name: input.InstanceProfileName,
      path: input.Path ?? '/',
      id: uniqueId('AIPA', ctx),
      created: ctx.now.toISOString(),
      tags: newTags(input.Tags, 'TagsPerInstanceProfile'),
    };
    const max = quota(ctx, 'InstanceProfilesQuota', 1000);
    if (!(await ctx.store.fits(instanceProfiles, [ctx.account], max))) {
      fail(LimitExceededException, `Cannot exceed quota for InstanceProfilesPerAccount: ${max}`);
    }
    if (!(await ctx.store.insert(instanceProfiles, profile))) {
      fail(EntityAlreadyExistsException, `Instance Profile ${profile.name} already exists.`);
    }
    return { InstanceProfile: { ...(await profileView(ctx, profile)), ...tagsView(profile.tags) } };
  },
};

export const GetInstanceProfile: Operation<
  Present<GetInstanceProfileRequest>,
  GetInstanceProfileResponse,
  InstanceProfile
> = {
  load: (input, ctx) => findProfile(ctx, input.InstanceProfileName),
  access: (_input, _ctx, profile) => profileAccess(profile),
  async run(_input, ctx, profile) {
    return { InstanceProfile: { ...(await profileView(ctx, profile)), Tags: [...profile.tags] } };
  },
};

export const ListInstanceProfiles: Operation<Present<ListInstanceProfilesRequest>, ListInstanceProfilesResponse> = {
  access: (input, ctx) => ({
    resource: instanceProfileArn({ account: ctx.account, path: input.PathPrefix ?? '/', name: '' }),
  }),
  async run(input, ctx) {
    const { rows, page } = await pathPage(ctx, instanceProfiles, input);
    return { InstanceProfiles: await Promise.all(rows.map((row) => profileView(ctx, row))), ...page };
  },
};

export const ListInstanceProfilesForRole: Operation<
  Present<ListInstanceProfilesForRoleRequest>,
  ListInstanceProfilesForRoleResponse,
  Role
> = {
  load: (input, ctx) => findRole(ctx, input.RoleName),
  access: (_input, _ctx, role) => roleAccess(role),
  async run(input, ctx, role) {
    const { rows, page } = await rowsPage(ctx, instanceProfiles, [ctx.account, role.id], input, { index: 'role' });
    return { InstanceProfiles: await Promise.all(rows.map((row) => profileView(ctx, row))), ...page };
  },
};

/** The caller must also be allowed to pass the role to EC2. */
export const AddRoleToInstanceProfile: Operation<Present<AddRoleToInstanceProfileRequest>, object, WithRole> = {
  load: async (input, ctx) => {
    const profile = await findProfile(ctx, input.InstanceProfileName);
    if (profile instanceof Missing) return profile;
    return { profile, role: await ctx.store.get(roles, byName(ctx.account, input.RoleName)) };
  },
  access: (input, ctx, { profile, role }) => [
    profileAccess(profile),
    passRole(roleArn(role ?? { account: ctx.account, path: '/', name: input.RoleName }), 'ec2.amazonaws.com'),
  ],
  async run(input, ctx, { profile, role }) {
    if (!role) throw noSuchRole(input.RoleName);
    protectRole(ctx, role);
    if (profile.roleId !== undefined) {
      fail(LimitExceededException, 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
    }
    await ctx.store.replace(instanceProfiles, { ...profile, roleId: role.id });
    return {};
  },
};

interface WithRole {
  readonly profile: InstanceProfile;
  readonly role: Role | undefined;
}

export const RemoveRoleFromInstanceProfile: Operation<
  Present<RemoveRoleFromInstanceProfileRequest>,
  object,
  InstanceProfile
> = {
  load: (input, ctx) => findProfile(ctx, input.InstanceProfileName),
  access: (_input, _ctx, profile) => profileAccess(profile),
  async run(input, ctx, profile) {
    const role = await ctx.store.get(roles, byName(ctx.account, input.RoleName));
    if (!role) throw noSuchRole(input.RoleName);
    if (profile.roleId !== role.id) {
      const sentence = `Role ${role.name} in Instance Profile ${profile.name} cannot be found.`;
      fail(NoSuchEntityException, sentence);
    }
    const { roleId: _gone, ...rest } = profile;
    await ctx.store.replace(instanceProfiles, rest);
    return {};
  },
};

export const DeleteInstanceProfile: Operation<Present<DeleteInstanceProfileRequest>, object, InstanceProfile> = {
  load: (input, ctx) => findProfile(ctx, input.InstanceProfileName),
  access: (_input, _ctx, profile) => profileAccess(profile),
  async run(_input, ctx, profile) {
    if (profile.roleId !== undefined) {
      fail(DeleteConflictException, 'Cannot delete entity, must remove roles from instance profile first.');
    }
    await ctx.store.remove(instanceProfiles, byName(profile.account, profile.name));
    return {};
  },
};

export const {
  Tag: TagInstanceProfile,
  Untag: UntagInstanceProfile,
  List: ListInstanceProfileTags,
} = tagging<InstanceProfile, { readonly InstanceProfileName: string }>({
  find: (ctx, input) => findProfile(ctx, input.InstanceProfileName),
  access: profileAccess,
  quotaName: 'TagsPerInstanceProfile',
  save: (ctx, profile, tags) => ctx.store.replace(instanceProfiles, { ...profile, tags }),
});

async function findProfile(ctx: Context, name: string): Promise<InstanceProfile | Missing> {
  const profile = await ctx.store.get(instanceProfiles, byName(ctx.account, name));
  if (profile) return profile;
  const error = awsError(NoSuchEntityException, `Instance Profile ${name} cannot be found.`);
  return new Missing(instanceProfileArn({ account: ctx.account, path: '/', name }), error);
}

function profileAccess(profile: InstanceProfile, conditions: Access['conditions'] = {}): Access {
  const { tags } = profile;
  const resource = instanceProfileArn(profile);
  return { resource, resourceTags: tags, conditions: { ...iamResourceTags(tags), ...conditions } };
}

export async function profileView(ctx: Context, profile: InstanceProfile): Promise<SdkProfile> {
  const { roleId } = profile;
  const inside = roleId === undefined ? [] : (await ctx.store.list(roles, [roleId], { index: 'id', limit: 1 })).rows;
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: instanceProfileArn(profile),
    CreateDate: new Date(profile.created),
    Roles: await Promise.all(inside.map((role) => plainView(ctx, role))),
  };
}
