/** Who signed in, told to the command line that was let in: it names its profile's session by it. */
import type { Context } from '../core/context.ts';
import { signedIdToken } from '../identity/idTokens.ts';
import { holderOf, type Login } from './logins.ts';

export const idToken = (ctx: Context, login: Login): Promise<string> =>
  signedIdToken(ctx, {
    iss: ctx.settings.endpoint,
    aud: login.client,
    sub: holderOf(login).arn,
    iat: Math.floor(ctx.now.getTime() / 1000),
    exp: Math.floor(login.expires / 1000),
    sid: login.standing.signInSessionArn,
  });
