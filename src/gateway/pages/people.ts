/**
 * Somebody of a directory, as an administrator sees them: whether they may sign in, and where they are signed in.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/disableuser.html
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/end-active-sessions.html
 */
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { type DirectoryUser, keepUser } from '../../identity/directory.ts';
import type { Instance } from '../../identity/instances.ts';
import { BROWSER, endSessionsOf, portalSessions } from '../../identity/portalSessions.ts';
import { everyRow } from '../../store/everyRow.ts';
import { type Asked, instancePage, userNamed } from './instancePages.ts';

/** `people/USER_NAME` */
export const peoplePage = instancePage('people', {
  GET: { action: 'identitystore-auth:ListSessions', readOnly: true, recorded, run: shown },
  POST: {
    action: ({ body }) => (body.status === 'ENABLED' ? 'sso-directory:EnableUser' : 'sso-directory:DisableUser'),
    readOnly: false,
    recorded,
    run: changed,
  },
  DELETE: { action: 'identitystore-auth:BatchDeleteSession', readOnly: false, recorded, run: signedOut },
});

interface Shown {
  readonly userId: string;
  readonly userName: string;
  readonly status: DirectoryUser['status'];
  readonly sessions: readonly { readonly id: string; readonly created: string; readonly expires: string }[];
}

function recorded(_asked: Asked, said: object): object {
  return { userId: (said as Shown).userId };
}

async function shown(ctx: Context, instance: Instance, { id }: Asked): Promise<Shown> {
  return view(ctx, await userNamed(ctx, instance, id));
}

async function view({ store, now }: Context, user: DirectoryUser): Promise<Shown> {
  const sessions = [];
  for await (const row of everyRow(store, portalSessions, [user.identityStore, user.id], 'user')) {
    if (row.client !== BROWSER || row.expires <= now.getTime()) continue;
    sessions.push({ id: row.signIn, created: row.created, expires: new Date(row.expires).toISOString() });
  }
  return { userId: user.id, userName: user.userName, status: user.status, sessions };
}

/** Who is disabled is signed out, and not signed in again by being enabled. */
async function changed(ctx: Context, instance: Instance, { id, body: { status } }: Asked): Promise<Shown> {
  if (status !== 'ENABLED' && status !== 'DISABLED') {
    throw new CommonError('InvalidStatus', 'status must be ENABLED or DISABLED.');
  }
  const before = await userNamed(ctx, instance, id);
  const user = { ...before, status, updated: ctx.now.toISOString(), updatedBy: ctx.caller.arn } as const;
  await keepUser(ctx, user);
  if (status === 'DISABLED') await endSessionsOf(ctx.store, user.identityStore, user.id);
  return view(ctx, user);
}

async function signedOut(ctx: Context, instance: Instance, { id }: Asked): Promise<Shown> {
  const user = await userNamed(ctx, instance, id);
  await endSessionsOf(ctx.store, user.identityStore, user.id);
  return view(ctx, user);
}
