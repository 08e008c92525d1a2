/** What an application may ask for and how it proves itself: access scopes, authentication, grants, sessions. */
import type {
  DeleteApplicationAccessScopeRequest,
  DeleteApplicationAuthenticationMethodRequest,
  DeleteApplicationGrantRequest,
  GetApplicationAccessScopeRequest,
  GetApplicationAccessScopeResponse,
  GetApplicationAuthenticationMethodRequest,
  GetApplicationAuthenticationMethodResponse,
  GetApplicationGrantRequest,
  GetApplicationGrantResponse,
  GetApplicationSessionConfigurationRequest,
  GetApplicationSessionConfigurationResponse,
  Grant,
  GrantType,
  ListApplicationAccessScopesRequest,
  ListApplicationAccessScopesResponse,
  ListApplicationAuthenticationMethodsRequest,
  ListApplicationAuthenticationMethodsResponse,
  ListApplicationGrantsRequest,
  ListApplicationGrantsResponse,
  PutApplicationAccessScopeRequest,
  PutApplicationAuthenticationMethodRequest,
  PutApplicationGrantRequest,
  PutApplicationSessionConfigurationRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import type { Application, ApplicationGrant, ApplicationScope } from '../../identity/applications.ts';
import { validatePolicy } from '../../policy/index.ts';
import { changeApplication, type FoundApplication, findIssuer, onApplication } from './applicationAccess.ts';
import { failInvalid, failQuota, notFound } from './errors.ts';
import { itemsPage } from './pages.ts';

type OnApplication<In, Out> = Operation<In, Out, FoundApplication>;

/** https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html */
const SCOPES_MAX = 25;

const scopeNamed = ({ scopes }: Application, name: string) => {
  const scope = scopes.find((each) => each.name === name);
  if (!scope) throw notFound(`The application has no access scope ${name}.`);
  return scope;
};
const scopeView = ({ name, targets }: ApplicationScope) => ({
  Scope: name,
  ...(targets && { AuthorizedTargets: [...targets] }),
});

export const PutApplicationAccessScope: OnApplication<Present<PutApplicationAccessScopeRequest>, object> = {
  ...onApplication,
  async run({ Scope: name, AuthorizedTargets: targets }, ctx, { application }) {
    const scopes = application.scopes.filter((each) => each.name !== name);
    if (scopes.length >= SCOPES_MAX) failQuota(`The number of access scopes exceeds the limit of ${SCOPES_MAX}.`);
    await changeApplication(ctx, application, { scopes: [...scopes, { name, targets }] });
    return {};
  },
};

export const GetApplicationAccessScope: OnApplication<
  Present<GetApplicationAccessScopeRequest>,
  GetApplicationAccessScopeResponse
> = {
  ...onApplication,
  run: async ({ Scope }, _ctx, { application }) => scopeView(scopeNamed(application, Scope)),
};

export const DeleteApplicationAccessScope: OnApplication<Present<DeleteApplicationAccessScopeRequest>, object> = {
  ...onApplication,
  async run({ Scope }, ctx, { application }) {
    const gone = scopeNamed(application, Scope);
    await changeApplication(ctx, application, { scopes: application.scopes.filter((each) => each !== gone) });
    return {};
  },
};

export const ListApplicationAccessScopes: OnApplication<
  Present<ListApplicationAccessScopesRequest>,
  ListApplicationAccessScopesResponse
> = {
  ...onApplication,
  async run(input, _ctx, { application }) {
    const { items: rows, page } = itemsPage(application.scopes, input);
    return { Scopes: rows.map(scopeView), ...page };
  },
};

/** The policy names who may authenticate as the application; it stands as it was written. */
export const PutApplicationAuthenticationMethod: OnApplication<
  Present<PutApplicationAuthenticationMethodRequest>,
  object
> = {
  ...onApplication,
  async run({ AuthenticationMethod }, ctx, { application }) {
    const actorPolicy = AuthenticationMethod.Iam?.ActorPolicy;
    const fault =
      typeof actorPolicy === 'object' && actorPolicy !== null
        ? validatePolicy(JSON.stringify(actorPolicy), 'resource')
        : 'The policy must be an object.';
    if (fault !== undefined) failInvalid(`The actor policy is invalid: ${fault}`);
    await changeApplication(ctx, application, { actorPolicy });
    return {};
  },
};

function methodOf({ actorPolicy }: Application) {
  if (actorPolicy === undefined) throw notFound('The application has no authentication method IAM.');
  return { Iam: { ActorPolicy: actorPolicy as never } };
}

export const GetApplicationAuthenticationMethod: OnApplication<
  Present<GetApplicationAuthenticationMethodRequest>,
  GetApplicationAuthenticationMethodResponse
> = {
  ...onApplication,
  run: async (_input, _ctx, { application }) => ({ AuthenticationMethod: methodOf(application) }),
};

export const DeleteApplicationAuthenticationMethod: OnApplication<
  Present<DeleteApplicationAuthenticationMethodRequest>,
  object
> = {
  ...onApplication,
  async run(_input, ctx, { application }) {
    methodOf(application);
    await changeApplication(ctx, application, { actorPolicy: undefined });
    return {};
  },
};

export const ListApplicationAuthenticationMethods: OnApplication<
  Present<ListApplicationAuthenticationMethodsRequest>,
  ListApplicationAuthenticationMethodsResponse
> = {
  ...onApplication,
  async run(_input, _ctx, { application }) {
    if (application.actorPolicy === undefined) return { AuthenticationMethods: [] };
    const item = { AuthenticationMethodType: 'IAM' as const, AuthenticationMethod: methodOf(application) };
    return { AuthenticationMethods: [item] };
  },
};

interface GrantKind {
  readonly member: 'AuthorizationCode' | 'JwtBearer' | 'RefreshToken' | 'TokenExchange';
  /** What is kept of it; refuses what cannot be. */
  readonly kept: (ctx: Context, grant: Grant) => Promise<ApplicationGrant>;
  readonly view: (grant: ApplicationGrant) => Grant;
}

const GRANTS: Readonly<Record<GrantType, GrantKind>> = {
  authorization_code: {
    member: 'AuthorizationCode',
    kept: async (_ctx, { AuthorizationCode }) => ({ redirectUris: checkedUris(AuthorizationCode?.RedirectUris) }),
    view: ({ redirectUris }) => ({ AuthorizationCode: redirectUris ? { RedirectUris: [...redirectUris] } : {} }),
  },
  'urn:ietf:params:oauth:grant-type:jwt-bearer': {
    member: 'JwtBearer',
    kept: async (ctx, { JwtBearer }) => ({ issuers: await checkedIssuers(ctx, JwtBearer?.AuthorizedTokenIssuers) }),
    view: ({ issuers }) => ({ JwtBearer: issuers ? { AuthorizedTokenIssuers: issuers.map(issuerView) } : {} }),
  },
  refresh_token: { member: 'RefreshToken', kept: async () => ({}), view: () => ({ RefreshToken: {} }) },
  'urn:ietf:params:oauth:grant-type:token-exchange': {
    member: 'TokenExchange',
    kept: async () => ({}),
    view: () => ({ TokenExchange: {} }),
  },
};

/** Browsers are sent there: never to what they would run. */
function checkedUris(uris: readonly string[] | undefined) {
  for (const uri of uris ?? []) {
    const isPlace = URL.canParse(uri) && !/^(javascript|data|vbscript|blob|file):/i.test(new URL(uri).protocol);
    if (!isPlace) failInvalid(`The redirect URI ${uri.slice(0, 200)} is invalid.`);
  }
  return uris;
}

type Issuers = NonNullable<NonNullable<Grant['JwtBearer']>['AuthorizedTokenIssuers']>;

async function checkedIssuers(ctx: Context, issuers: Issuers | undefined): Promise<ApplicationGrant['issuers']> {
  const kept = [];
  for (const { TrustedTokenIssuerArn: arn = '', AuthorizedAudiences: audiences } of issuers ?? []) {
    if (!(await findIssuer(ctx, arn))) throw notFound(`TrustedTokenIssuer with ARN ${arn} not found`);
    kept.push({ arn, audiences });
  }
  return issuers && kept;
}

const issuerView = ({ arn, audiences }: NonNullable<ApplicationGrant['issuers']>[number]) => ({
  TrustedTokenIssuerArn: arn,
  ...(audiences && { AuthorizedAudiences: [...audiences] }),
});

export const PutApplicationGrant: OnApplication<Present<PutApplicationGrantRequest>, object> = {
  ...onApplication,
  async run({ GrantType: type, Grant: grant }, ctx, { application }) {
    const { member, kept } = GRANTS[type];
    if (grant[member] === undefined) failInvalid(`A grant of type ${type} must have the member ${member}.`);
    await changeApplication(ctx, application, { grants: { ...application.grants, [type]: await kept(ctx, grant) } });
    return {};
  },
};

function grantOf({ grants }: Application, type: GrantType): Grant {
  const grant = grants[type];
  if (!grant) throw notFound(`The application has no grant ${type}.`);
  return GRANTS[type].view(grant);
}

export const GetApplicationGrant: OnApplication<Present<GetApplicationGrantRequest>, GetApplicationGrantResponse> = {
  ...onApplication,
  run: async ({ GrantType: type }, _ctx, { application }) => ({ Grant: grantOf(application, type) }),
};

export const DeleteApplicationGrant: OnApplication<Present<DeleteApplicationGrantRequest>, object> = {
  ...onApplication,
  async run({ GrantType: type }, ctx, { application }) {
    grantOf(application, type);
    const { [type]: _, ...grants } = application.grants;
    await changeApplication(ctx, application, { grants });
    return {};
  },
};

export const ListApplicationGrants: OnApplication<
  Present<ListApplicationGrantsRequest>,
  ListApplicationGrantsResponse
> = {
  ...onApplication,
  async run(_input, _ctx, { application }) {
    const types = Object.keys(application.grants) as GrantType[];
    return { Grants: types.map((type) => ({ GrantType: type, Grant: grantOf(application, type) })) };
  },
};

export const GetApplicationSessionConfiguration: OnApplication<
  Present<GetApplicationSessionConfigurationRequest>,
  GetApplicationSessionConfigurationResponse
> = {
  ...onApplication,
  run: async (_input, _ctx, { application }) => ({
    UserBackgroundSessionApplicationStatus: application.backgroundSessions,
  }),
};

export const PutApplicationSessionConfiguration: OnApplication<
  Present<PutApplicationSessionConfigurationRequest>,
  object
> = {
  ...onApplication,
  async run({ UserBackgroundSessionApplicationStatus: status }, ctx, { application }) {
    await changeApplication(ctx, application, { backgroundSessions: status ?? application.backgroundSessions });
    return {};
  },
};
