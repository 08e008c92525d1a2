/** Login profiles: whether a user, or a member account's root user, has a console password. */
import {
  type ChangePasswordRequest,
  type CreateLoginProfileRequest,
  type CreateLoginProfileResponse,
  type DeleteLoginProfileRequest,
  EntityAlreadyExistsException,
  type GetLoginProfileRequest,
  type GetLoginProfileResponse,
  InvalidUserTypeException,
  NoSuchEntityException,
  type LoginProfile as SdkLoginProfile,
  type UpdateLoginProfileRequest,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { AccessDenied, awsError, CommonError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { attemptBeforehand, succeeded } from '../../identity/attempts.ts';
import type { PasswordPolicy } from '../../identity/passwordPolicies.ts';
import { isPassword, type LoginProfile, loginProfiles, verifierOf } from '../../identity/passwords.ts';
import type { User } from '../../identity/principals.ts';
import { checkPassword, policyOf, selfServiceGrant } from './passwordPolicy.ts';
import { findOwned, findOwner, findUser, isRoot, type Owned, type Owner, userAccess } from './subjects.ts';

type OwnedProfile = Owned<LoginProfile>;

/** As many earlier passwords as a policy can ask us to remember, and the one in force. */
const VERIFIERS_MAX = 24;

/** For a member account's root user, from a session of AssumeRoot: allows root to recover its password. */
export const CreateLoginProfile: Operation<CreateLoginProfileRequest, CreateLoginProfileResponse, Owner> = {
  load: (input, ctx) => findOwner(ctx, input.UserName),
  access: (_input, _ctx, owner) => userAccess(owner),
  async run(input, ctx, owner) {
    requireSessionForRoot(ctx, owner);
    const { Password } = input;
    if (owner.name === undefined && Password !== undefined) failValidation('Password must not be specified.');
    if (owner.name !== undefined && Password === undefined) failValidation(MISSING_PASSWORD);
    if (Password !== undefined) await checkPassword(ctx, Password);
    const now = ctx.now.toISOString();
    const profile: LoginProfile = {
      account: owner.account,
      owner: owner.id,
      created: now,
      changed: now,
      resetRequired: input.PasswordResetRequired ?? false,
      verifiers: Password === undefined ? [] : [await verifierOf(ctx, Password)],
    };
    if (!(await ctx.store.insert(loginProfiles, profile))) {
      fail(EntityAlreadyExistsException, `Login Profile for user ${nameOf(owner)} already exists.`);
    }
    return { LoginProfile: profileView(owner, profile) };
  },
};

export const GetLoginProfile: Operation<GetLoginProfileRequest, GetLoginProfileResponse, OwnedProfile> = {
  load: (input, ctx) => findProfile(ctx, input.UserName),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, _ctx, { owner, row: profile }) {
    return { LoginProfile: profileView(owner, profile) };
  },
};

export const UpdateLoginProfile: Operation<Present<UpdateLoginProfileRequest>, object, OwnedProfile> = {
  load: (input, ctx) => findProfile(ctx, input.UserName),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(input, ctx, { row: profile }) {
    const changed = input.Password === undefined ? profile : await withPassword(ctx, profile, input.Password);
    const resetRequired = input.PasswordResetRequired ?? profile.resetRequired;
    await ctx.store.replace(loginProfiles, { ...changed, resetRequired });
    return {};
  },
};

export const DeleteLoginProfile: Operation<DeleteLoginProfileRequest, object, OwnedProfile> = {
  load: (input, ctx) => findProfile(ctx, input.UserName),
  access: (_input, _ctx, { owner }) => userAccess(owner),
  async run(_input, ctx, { owner, row: profile }) {
    requireSessionForRoot(ctx, owner);
    await ctx.store.remove(loginProfiles, [profile.account, profile.owner]);
    return {};
  },
};

/** A user's own password. The account's policy may give this permission to all users. */
export const ChangePassword: Operation<
  Present<ChangePasswordRequest>,
  object,
  { readonly user: User; readonly policy: PasswordPolicy | undefined }
> = {
  async load(_input, ctx) {
    if (ctx.caller.type !== 'User' || ctx.caller.userName === undefined) {
      return new Missing(
        ctx.caller.arn,
        awsError(InvalidUserTypeException, 'Only IAM Users can change their own password.'),
      );
    }
    const user = await findUser(ctx, ctx.caller.userName);
    return user instanceof Missing ? user : { user, policy: await policyOf(ctx) };
  },
  access: (_input, ctx, { user, policy }) => ({
    ...userAccess(user),
    ...selfServiceGrant(ctx, policy, 'iam:ChangePassword'),
  }),
  async run(input, ctx, { user }) {
    const profile = await ctx.store.get(loginProfiles, [user.account, user.id]);
    const verifier = profile?.verifiers[0];
    if (!profile || verifier === undefined) throw noSuchProfile(user);
    await checkPassword(ctx, input.NewPassword);
    const tried = ['old password', user.account, user.id];
    if ((await attemptBeforehand(ctx, ...tried)) > 0) throw new CommonError('Throttling', 'Rate exceeded');
    if (!(await isPassword(ctx, verifier, input.OldPassword)))
      throw new AccessDenied('The old password was incorrect.');
    await succeeded(ctx, ...tried);
    const changed = await withPassword(ctx, profile, input.NewPassword);
    await ctx.store.replace(loginProfiles, { ...changed, resetRequired: false });
    return {};
  },
};

const MISSING_PASSWORD =
  "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null";

const failValidation = (sentence: string): never => {
  throw new CommonError('ValidationError', sentence);
};

/** Root's password is made and removed only by a session for privileged tasks, never by root's own credentials. */
function requireSessionForRoot(ctx: Context, owner: Owner): void {
  if (owner.name !== undefined || !isRoot(ctx) || ctx.caller.session?.kind === 'AssumedRoot') return;
  failValidation('Must specify userName when calling with root user credentials');
}

async function withPassword(ctx: Context, profile: LoginProfile, password: string): Promise<LoginProfile> {
  await checkPassword(ctx, password, profile);
  const verifiers = [await verifierOf(ctx, password), ...profile.verifiers].slice(0, VERIFIERS_MAX);
  return { ...profile, verifiers, changed: ctx.now.toISOString() };
}

const findProfile = (ctx: Context, userName: string | undefined): Promise<OwnedProfile | Missing> =>
  findOwned(ctx, userName, (owner) => ctx.store.get(loginProfiles, [owner.account, owner.id]), noSuchProfile);

const nameOf = (owner: Owner) => owner.name ?? 'root';

const noSuchProfile = (owner: Owner) =>
  awsError(NoSuchEntityException, `Login Profile for User ${nameOf(owner)} cannot be found.`);

const profileView = (owner: Owner, profile: LoginProfile): SdkLoginProfile => ({
  UserName: owner.name,
  CreateDate: new Date(profile.created),
  PasswordResetRequired: profile.resetRequired,
});
