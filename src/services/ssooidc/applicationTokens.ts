/**
 * Tokens for applications, which prove themselves with IAM credentials that the application's own policy names.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateTokenWithIAM.html
 */
import type { CreateTokenWithIAMRequest, CreateTokenWithIAMResponse } from '@aws-sdk/client-sso-oidc';
import type { Context } from '../../core/context.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import {
  type Application,
  applicationArn,
  applicationClient,
  applicationNamed,
  DEFAULT_SCOPES,
  mayUse,
} from '../../identity/applications.ts';
import { type DirectoryUser, findUser } from '../../identity/directory.ts';
import { sealContext } from '../../identity/identityContexts.ts';
import { signedIdToken } from '../../identity/idTokens.ts';
import { unlock } from '../../identity/instanceKeys.ts';
import { isServedIn } from '../../identity/instanceRegions.ts';
import { type Instance, identityStoreArn, instanceArn, instances } from '../../identity/instances.ts';
import { invalidClient, refuse, requireRegion } from './errors.ts';
import { exchangedToken } from './exchanges.ts';
import { type Grant, keep, ofCode, ofRefreshToken } from './tokens.ts';

type Input = Present<CreateTokenWithIAMRequest>;

interface Target {
  readonly application: Application;
  readonly instance: Instance;
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';
const SECONDS = 3600;
/** An application's session lasts as long as that of the portal. */
const SESSION_SECONDS = 8 * 3600;
const NOBODY = '{"Version":"2012-10-17","Statement":[]}';

/** Who was granted what, and who vouched for it. */
export interface ApplicationGrantFound extends Grant {
  /** ARN of the trusted token issuer, or of the application that the token was exchanged of. */
  readonly actor?: string | undefined;
}

type Exchange = (ctx: Context, target: Target, input: Input) => Promise<ApplicationGrantFound>;

const GRANTS: Readonly<Record<string, Exchange>> = {
  authorization_code: (ctx, { application }, input) => ofCode(ctx, applicationClient(application), input),
  refresh_token: (ctx, { application }, input) => ofRefreshToken(ctx, applicationClient(application), input),
  [JWT_BEARER]: async (ctx, { application, instance }, { assertion }) => {
    if (assertion === undefined) return refuse('invalid_request', 'assertion is required.');
    return (await import('./issuerTokens.ts')).assertedUser(ctx, application, instance, assertion);
  },
  [EXCHANGE]: (ctx, { application }, input) => exchangedToken(ctx, application, input),
};

export const CreateTokenWithIAM: Operation<Input, CreateTokenWithIAMResponse, Target> = {
  readOnly: false,
  async load({ clientId }, ctx) {
    const application = await applicationNamed(ctx.store, clientId);
    const instance = application && (await ctx.store.get(instances, [application.instance]));
    if (!application || !instance || !isServedIn(instance, ctx.region, ctx.now)) {
      return new Missing(clientId, invalidClient());
    }
    return { application, instance };
  },
  access: ({ clientId }, _ctx, { application }) => ({
    resource: clientId,
    resourceAccount: application.account,
    resourcePolicy: application.actorPolicy === undefined ? NOBODY : JSON.stringify(application.actorPolicy),
  }),
  async run(input, ctx, target) {
    const { application, instance } = target;
    requireRegion(ctx.region, application.region ?? instance.region);
    const exchange = Object.hasOwn(GRANTS, input.grantType) ? GRANTS[input.grantType] : undefined;
    if (!exchange) return refuse('unsupported_grant_type', `Unsupported grant type ${input.grantType.slice(0, 100)}`);
    if (!application.grants[input.grantType]) {
      refuse('unauthorized_client', 'The application has no grant of this type.');
    }
    await unlock(ctx, instance, 'identitystore');
    const grant = await exchange(ctx, target, input);
    const user = await findUser(ctx.store, grant.identityStore, grant.user);
    if (grant.identityStore !== instance.identityStore || user?.status !== 'ENABLED') {
      return refuse('access_denied', 'The user may not sign in.');
    }
    if (!(await mayUse(ctx.store, instance, application, user.id))) {
      refuse('access_denied', 'The user is not assigned to the application.');
    }
    return issued(ctx, target, user, grant, input);
  },
};

async function issued(
  ctx: Context,
  { application, instance }: Target,
  user: DirectoryUser,
  grant: ApplicationGrantFound,
  input: Input,
): Promise<CreateTokenWithIAMResponse> {
  const scopes = scopesOf(application, grant, input);
  const signIn = grant.signIn ?? uuid(ctx);
  const left = secondsLeft(ctx, grant);
  const seconds = Math.min(left, SECONDS);
  if (seconds <= 0) return refuse('expired_token', 'The session has expired.');
  const client = applicationClient(application);
  const whole = { ...grant, scopes, signIn };
  const accessToken = await keep(ctx, client, whole, 'access', seconds);
  const renewable = application.grants.refresh_token !== undefined && isRenewable(input);
  const refreshToken = renewable ? await keep(ctx, client, whole, 'refresh', left) : undefined;
  const told = { user, instance, application, scopes, seconds, actor: grant.actor };
  const { idToken, identityContext } = await tokensAbout(ctx, told);
  const open = { tokenType: 'Bearer', expiresIn: seconds, scope: [...scopes] };
  // The model does not say of all that is in an answer that it is secret.
  ctx.audit.responseElements = open;
  ctx.audit.additionalEventData = { userId: user.id };
  return {
    ...open,
    accessToken,
    ...(refreshToken && { refreshToken }),
    ...(idToken && { idToken }),
    ...(identityContext && { awsAdditionalDetails: { identityContext } }),
    issuedTokenType: refreshToken ? REFRESH_TOKEN : ACCESS_TOKEN,
  };
}

/** A session ends with the sign-in that it came of; a refresh token renews tokens, not the session. */
const secondsLeft = ({ now }: Context, { ends }: Grant) =>
  ends === undefined ? SESSION_SECONDS : Math.floor((ends - now.getTime()) / 1000);

function isRenewable({ grantType, requestedTokenType }: Input): boolean {
  if (grantType !== EXCHANGE) return true;
  return requestedTokenType === REFRESH_TOKEN;
}

/** Those that were asked for, if the application has them and the token before had them. */
function scopesOf(application: Application, { scopes: before }: Grant, { scope }: Input): readonly string[] {
  const own = [...DEFAULT_SCOPES, ...application.scopes.map(({ name }) => name)];
  const held = before.length > 0 ? own.filter((each) => before.includes(each)) : own;
  if (!scope?.length) return held;
  const wrong = scope.find((each) => !held.includes(each));
  if (wrong !== undefined) refuse('invalid_scope', `Invalid scope ${wrong.slice(0, 100)}`);
  return [...new Set(scope)];
}

interface Told extends Target {
  readonly user: DirectoryUser;
  readonly scopes: readonly string[];
  readonly seconds: number;
  readonly actor: string | undefined;
}

async function tokensAbout(ctx: Context, { user, instance, application, scopes, seconds, actor }: Told) {
  if (!scopes.includes('openid')) return {};
  const credentialId = Buffer.from(ctx.random(24)).toString('base64url');
  const iat = Math.floor(ctx.now.getTime() / 1000);
  const assertion = {
    ...{ userId: user.id, identityStore: instance.identityStore, identityStoreArn: identityStoreArn(instance) },
    ...{ applicationArn: applicationArn(application), instanceArn: instanceArn(instance), credentialId },
    expires: ctx.now.getTime() + seconds * 1000,
  };
  const sealed = (kind: 'identity' | 'audit') => sealContext(ctx.secrets, { ...assertion, kind }, ctx.random(12));
  const identityContext = scopes.includes('sts:identity_context') ? sealed('identity') : undefined;
  const idToken = await signedIdToken(ctx, {
    iss: `https://identitycenter.amazonaws.com/${instance.id}`,
    sub: user.id,
    aud: applicationArn(application),
    'aws:identity_store_id': instance.identityStore,
    'aws:identity_store_arn': identityStoreArn(instance),
    'aws:instance_account': instance.account,
    'aws:instance_arn': instanceArn(instance),
    'aws:credential_id': credentialId,
    ...(identityContext && { 'sts:identity_context': identityContext, 'sts:audit_context': sealed('audit') }),
    ...(actor !== undefined && { act: { sub: actor } }),
    auth_time: `${ctx.now.toISOString().slice(0, 19)}Z`,
    ...{ iat, exp: iat + seconds },
  });
  return { idToken, identityContext };
}
