/** Credentials of a person in an account: a session of the role that stands for a permission set there. */
import type { Context, Session } from '../core/context.ts';
import { durationMs } from '../core/duration.ts';
import { accessKeyId, secretAccessKey } from '../core/ids.ts';
import type { Tag } from '../core/operation.ts';
import { attributesOf } from './accessControlAttributes.ts';
import type { DirectoryUser } from './directory.ts';
import { externalSignIns, openedSignIn } from './identitySources.ts';
import { unlock } from './instanceKeys.ts';
import { accountWithin, assignmentsOf, permissionSets, provisionedSets } from './permissionSets.ts';
import type { SignedIn } from './portalSessions.ts';
import { type Role, roles } from './principals.ts';
import { samlProviderArn } from './providers.ts';
import { samlProviderName } from './samlIdentity.ts';
import { sealSession } from './sessions.ts';
import { attributeAt } from './userAttributes.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds. */
  readonly expiration: number;
}

/** Undefined when the person does not have the permission set of that name in the account. */
export async function roleCredentials(
  ctx: Context,
  person: SignedIn,
  account: string,
  setName: string,
): Promise<RoleCredentials | undefined> {
  const { instance, user } = person;
  const set = (await ctx.store.list(permissionSets, [instance.id, setName], { limit: 1, index: 'name' })).rows[0];
  if (!set || !(await accountWithin(ctx.store, instance, account, ctx.now))) return undefined;
  const assigned = await assignmentsOf(ctx.store, instance, user.id, account);
  if (!assigned.some(({ permissionSet }) => permissionSet === set.id)) return undefined;
  const standing = await ctx.store.get(provisionedSets, [instance.id, account, set.id]);
  const role = standing && (await ctx.store.get(roles, [account, standing.role.toLowerCase()]));
  if (!role) return undefined;
  const issued = ctx.now.getTime();
  const session: Session = {
    kind: 'AssumedRole',
    accessKeyId: accessKeyId('ASIA', account, ctx),
    secretAccessKey: secretAccessKey(ctx),
    account,
    issued,
    expires: issued + durationMs(set.sessionDuration)!,
    name: sessionNameOf(user),
    ...standingOn(role),
    ...(await tagged(ctx, person)),
    federation: {
      provider: samlProviderArn({ account, name: samlProviderName(instance) }),
      type: 'SAML',
      claims: {
        'saml:sub': user.id,
        'saml:aud': 'https://signin.aws.amazon.com/saml',
        // By which policies tell people apart, and keep out who is gone:
        // https://docs.aws.amazon.com/singlesignon/latest/userguide/authconcept-revoke-access.html
        'identitystore:UserId': user.id,
      },
    },
  };
  return {
    accessKeyId: session.accessKeyId,
    secretAccessKey: session.secretAccessKey,
    sessionToken: sealSession(ctx.secrets, session, ctx.random(12)),
    expiration: session.expires,
  };
}

const standingOn = (role: Role) => ({
  principalId: role.id,
  principalName: role.name,
  principalArn: `arn:aws:iam::${role.account}:role${role.path}${role.name}`,
});

/** The user's name, as far as session names have its characters. */
const sessionNameOf = ({ userName }: DirectoryUser) => userName.replace(/[^\w+=,.@-]/g, '_').slice(0, 64);

/** Attributes for access control, as session tags: of the directory, else as the identity provider outside said. */
async function tagged(ctx: Context, { instance, user, session }: SignedIn): Promise<{ tags?: readonly Tag[] }> {
  await unlock(ctx, instance, 'sso');
  const configured = await attributesOf(ctx.store, instance.id);
  if (!configured) return {};
  const signIn = await ctx.store.get(externalSignIns, [session.signIn]);
  const said = signIn ? openedSignIn(ctx.store, signIn).attributes : {};
  const values = new Map(Object.entries(said));
  for (const { key, sources } of configured.attributes) {
    const value = sources.map((source) => attributeAt(user, source)).find((text) => text !== undefined);
    if (value !== undefined) values.set(key, value.slice(0, 256));
  }
  const tags = [...values].map(([Key, Value]) => ({ Key, Value }));
  return tags.length > 0 ? { tags } : {};
}
