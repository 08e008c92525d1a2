/** Devices of people of a directory: how one is added, when it proved itself, and what is recorded of it. */
import type { Context } from '../core/context.ts';
import { record } from '../core/ownRecords.ts';
import { holderOf, passkeys } from '../identity/passkeys.ts';
import { addDevice, type Person } from '../identity/personCredentials.ts';
import { personIdentity, type SignedIn } from '../identity/portalSessions.ts';
import type { Site } from './sites.ts';
import { made } from './webauthn.ts';

export const passkeyHolder = ({ identityStore, user }: Person) => holderOf(identityStore, user);

/** A passkey that a browser made when it was asked to. False: it is not to be believed, or one too many. */
export async function addPasskey(
  ctx: Context,
  person: Person,
  cookie: string,
  site: Site | undefined,
  answer: string,
): Promise<boolean> {
  const passkey = await made(ctx, cookie, site, passkeyHolder(person), answer);
  if (!passkey || !(await ctx.store.insert(passkeys, passkey))) return false;
  if (await addDevice(ctx, person, { passkey: passkey.id })) return true;
  await ctx.store.remove(passkeys, [passkey.id]);
  return false;
}

/** As AWS records what people do with their devices on the pages of the portal. */
export function recordDeviceDeed(
  ctx: Context,
  { instance, user, session }: SignedIn,
  eventName: string,
  more: Readonly<Record<string, string>> = {},
): void {
  const { account, region, identityStore } = instance;
  record(ctx, {
    ...{ account, region, readOnly: false, eventSource: 'sso-directory.amazonaws.com', eventName },
    userIdentity: personIdentity(instance, user, session),
    requestParameters: { identityStoreId: identityStore, userId: user.id, ...more },
    responseElements: null,
  });
}
