/** What must be gone before a user can be deleted, each with IAM's sentence. */
import { DeleteConflictException } from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { mfaDevices } from '../../identity/mfa.ts';
import { loginProfiles } from '../../identity/passwords.ts';
import { accessKeys, byName, type User } from '../../identity/principals.ts';
import { serviceSpecificCredentials } from '../../identity/serviceCredentials.ts';
import { signingCertificates } from './signingCertificates.ts';
import { sshPublicKeys } from './sshKeys.ts';

export async function requireDeletable(ctx: Context, user: User): Promise<void> {
  const owner = [user.account, user.id];
  const { store } = ctx;
  const stop = (what: string) => fail(DeleteConflictException, `Cannot delete entity, must ${what} first.`);
  if (user.groups.length > 0) stop('remove users from group');
  if (user.attached.length > 0) stop('detach all policies');
  if (Object.keys(user.inline).length > 0) stop('delete policies');
  if (await store.get(loginProfiles, owner)) stop('delete login profile');
  if ((await store.count(accessKeys, byName(user.account, user.name), 'owner')) > 0) stop('delete access keys');
  if ((await store.count(mfaDevices, owner, 'owner')) > 0) stop('delete MFA device');
  if ((await store.count(signingCertificates, owner, 'owner')) > 0) stop('delete signing certificates');
  if ((await store.count(sshPublicKeys, owner, 'owner')) > 0) stop('remove referenced objects');
  if ((await store.count(serviceSpecificCredentials, owner, 'owner')) > 0) stop('remove referenced objects');
}
