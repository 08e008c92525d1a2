/** People in a directory, and how they get in: what somebody with a browser, a mailbox and a telephone does. */

import { lettersOf } from '../identity/letters.ts';
import { stepAt, totp } from '../identity/mfa.ts';
import { browserOn } from './browser.ts';
import type { Cloud } from './cloud.ts';

export type Portal = Awaited<ReturnType<typeof portalOf>>;

/** An organization with IAM Identity Center. */
export async function portalOf(cloud: Cloud) {
  const { organizations, ssoAdmin, identitystore } = cloud.root;
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  const { InstanceArn } = await ssoAdmin.createInstance({});
  const { IdentityStoreId } = (await ssoAdmin.listInstances({})).Instances![0]!;
  return {
    cloud,
    InstanceArn: InstanceArn!,
    IdentityStoreId: IdentityStoreId!,
    async person(UserName: string) {
      const { UserId } = await identitystore.createUser({
        ...{ IdentityStoreId, UserName, DisplayName: UserName, Name: { GivenName: UserName, FamilyName: 'Doe' } },
        Emails: [{ Value: `${UserName}@example.com`, Primary: true }],
      });
      return UserId!;
    },
    /** A permission set with a managed policy of AWS, assigned to a user or group in some accounts. */
    async assign(Name: string, policy: string, principal: Principal, ...targets: readonly string[]) {
      const { PermissionSet } = await ssoAdmin.createPermissionSet({ InstanceArn, Name });
      const PermissionSetArn = PermissionSet!.PermissionSetArn!;
      const ManagedPolicyArn = `arn:aws:iam::aws:policy/${policy}`;
      await ssoAdmin.attachManagedPolicyToPermissionSet({ InstanceArn, PermissionSetArn, ManagedPolicyArn });
      for (const TargetId of targets) {
        await ssoAdmin.createAccountAssignment({
          ...{ InstanceArn, PermissionSetArn, TargetId, TargetType: 'AWS_ACCOUNT' },
          ...{ PrincipalType: principal.type, PrincipalId: principal.id },
        });
      }
      await cloud.settle();
      return PermissionSetArn;
    },
  };
}

interface Principal {
  readonly type: 'USER' | 'GROUP';
  readonly id: string;
}

/** The letters that wait in the outbox of an account. */
export const lettersIn = ({ deps, managementAccount }: Cloud, account = managementAccount) =>
  deps.store.transaction((store) => lettersOf({ store, secrets: deps.secrets, now: deps.now(), root: true }, account));

/** The address in the newest letter. */
export async function linkIn(cloud: Cloud): Promise<string> {
  const letter = (await lettersIn(cloud)).at(-1);
  return /https?:\/\/[^/\s]+(\/\S+)/.exec(letter?.text ?? '')![1]!;
}

/** What the application on somebody's telephone shows for a key, thirty seconds further each time it is asked. */
export function telephone(cloud: Cloud, key: string): () => string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = Array.from(key, (char) => alphabet.indexOf(char).toString(2).padStart(5, '0')).join('');
  const seed = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  return () => {
    cloud.advance('PT30S');
    return totp(seed, stepAt(cloud.now()));
  };
}

export const PASSWORD = 'Correct-horse-1';

/** Somebody new: asks for a link, chooses a password, signs in and adds a telephone. */
export async function welcome(cloud: Cloud, name: string, start = '/start') {
  const browser = browserOn(cloud.send);
  await browser.go('/start/forgot');
  await browser.submit('/start/forgot', { name });
  await browser.go(await linkIn(cloud));
  await browser.submit('/start/password', { password: PASSWORD, again: PASSWORD });
  await browser.go(start);
  const { text } = await browser.submit('/start/signin', { name, password: PASSWORD });
  const key = /id="key">([A-Z2-7]+)</.exec(text)![1]!;
  const code = telephone(cloud, key);
  const page = await browser.submit('/start/code', { code: code() });
  return { browser, code, page, key };
}
