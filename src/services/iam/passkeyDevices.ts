/**
 * Passkeys and security keys as MFA devices. No API registers them: the pages of sign-in do, for whoever is signed in,
 * by these two, which ask for the permission of EnableMFADevice as AWS's console does: to begin, and with what was made.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_fido_supported_configurations.html
 */
import { EntityAlreadyExistsException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { CommonError, fail } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { mfaDevices } from '../../identity/mfa.ts';
import { type Passkey, passkeys } from '../../identity/passkeys.ts';
import { requireRoom } from './mfaDevices.ts';
import { findOwner, type Owner, userAccess } from './subjects.ts';

const ACTION = 'iam:EnableMFADevice';

/** Whether the caller may begin; nothing is changed yet, and nothing recorded. */
export const BeginPasskey: Operation<object, object, Owner> = {
  action: ACTION,
  recorded: 'never',
  load: (_input, ctx) => findOwner(ctx, undefined),
  access: (_input, _ctx, owner) => userAccess(owner, { 'iam:RegisterSecurityKey': 'Create' }),
  async run(_input, ctx, owner) {
    await requireRoom(ctx, owner);
    return {};
  },
};

interface Made {
  readonly name: string;
  /** Believed: whoever calls has verified it. */
  readonly passkey: Passkey;
}

/**
 * The authenticator tells no certification: that is in the FIDO Alliance's list, which nothing here fetches. So a policy
 * that demands one refuses every passkey.
 */
export const EnablePasskey: Operation<Made, { readonly SerialNumber: string }, Owner> = {
  action: ACTION,
  eventName: 'EnableMFADevice',
  readOnly: false,
  load: (_input, ctx) => findOwner(ctx, undefined),
  access: (_input, _ctx, owner) => userAccess(owner, { 'iam:RegisterSecurityKey': 'Activate' }),
  async run({ name, passkey }, ctx, owner) {
    if (!/^[\w+=,.@-]{1,64}$/.test(name)) {
      const sentence = 'The specified value for deviceName is invalid. It must contain only alphanumeric characters';
      throw new CommonError('ValidationError', `${sentence} and/or the following: +=,.@_-`);
    }
    await requireRoom(ctx, owner);
    const serial = serialOf(ctx, owner, name);
    ctx.audit.requestParameters = { userName: owner.name ?? 'AWS ROOT USER', serialNumber: serial };
    if (!(await ctx.store.insert(passkeys, passkey))) {
      fail(EntityAlreadyExistsException, 'The security key is already registered.');
    }
    const now = ctx.now.toISOString();
    const row = { account: owner.account, serial, path: '/', name, passkey: passkey.id, created: now, tags: [] };
    await ctx.store.insert(mfaDevices, { ...row, owner: owner.id, enabled: now });
    return { SerialNumber: serial };
  },
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** `…:u2f/user/alice/laptop-NSSQURFMVVHQLMHYNZQJFH4EHM`, `…:u2f/root/laptop-…`: AWS keeps the old protocol's name. */
function serialOf(ctx: Context, { account, name: user }: Owner, name: string): string {
  const unique = Array.from(ctx.random(26), (byte) => ALPHABET[byte % 32]).join('');
  return `arn:aws:iam::${account}:u2f/${user === undefined ? 'root' : `user/${user}`}/${name}-${unique}`;
}
