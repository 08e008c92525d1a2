/** Connections: the credentials of API destinations. */
import type {
  ConnectionAuthResponseParameters,
  ConnectionHttpParameters,
  CreateConnectionAuthRequestParameters,
  CreateConnectionRequest,
  CreateConnectionResponse,
  DeauthorizeConnectionRequest,
  DeauthorizeConnectionResponse,
  DeleteConnectionRequest,
  DeleteConnectionResponse,
  DescribeConnectionRequest,
  DescribeConnectionResponse,
  ListConnectionsRequest,
  ListConnectionsResponse,
  UpdateConnectionRequest,
  UpdateConnectionResponse,
} from '@aws-sdk/client-eventbridge';
import { ResourceAlreadyExistsException, ResourceNotFoundException } from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { awsError, fail, notImplemented } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { later } from '../../core/tasks.ts';
import { deauthorize, forgetOpenKey, openedByKms, sealedFor } from './connectionKeys.ts';
import {
  type Authorization,
  type AuthorizationType,
  type Connection,
  connectionArn,
  connections,
  opened,
  secretArn,
} from './connectionRows.ts';
import { AUTHORIZE } from './connectionTask.ts';
import { overLimit, refuse } from './errors.ts';
import { requireConnectionKey } from './kmsKeys.ts';
import { rowsPage } from './pages.ts';

type Parameters = CreateConnectionAuthRequestParameters | UpdateConnectionRequest['AuthParameters'];

/** Before a connection has an id of its own, it is known by its name. */
const nameArn = ({ account, region }: Context, name: string) =>
  `arn:aws:events:${region}:${account}:connection/${name}`;

export const CreateConnection: Operation<Present<CreateConnectionRequest>, CreateConnectionResponse> = {
  access: (input, ctx) => ({ resource: nameArn(ctx, input.Name) }),
  async run(input, ctx) {
    requirePublic(input);
    const authorization = authorizationOf(input.AuthorizationType, input.AuthParameters, undefined);
    const kmsKey = await keyIn(ctx, input);
    const now = ctx.now.toISOString();
    const place = { account: ctx.account, region: ctx.region };
    const fits = await ctx.store.fits(connections, [ctx.account, ctx.region], quota(ctx, 'Connections', 3000), 'place');
    const connection = await drafted(ctx, authorization, {
      ...place,
      ...kmsKey,
      name: input.Name,
      id: uuid(ctx),
      ...(input.Description !== undefined && { description: input.Description }),
      type: input.AuthorizationType,
      created: now,
      modified: now,
    });
    if (!(await ctx.store.insert(connections, connection))) {
      fail(ResourceAlreadyExistsException, `Connection ${input.Name} already exists.`);
    }
    if (!fits) overLimit();
    await begin(ctx, connection);
    return outcome(connection);
  },
};

function requirePublic(input: {
  readonly InvocationConnectivityParameters?: object | undefined;
  readonly AuthParameters?: Parameters;
}): void {
  if (input.InvocationConnectivityParameters || input.AuthParameters?.ConnectivityParameters) {
    notImplemented('A connection to a private API (VPC Lattice)');
  }
}

async function keyIn(ctx: Context, { KmsKeyIdentifier: kmsKey }: { readonly KmsKeyIdentifier?: string | undefined }) {
  if (!kmsKey) return {};
  await requireConnectionKey(ctx, kmsKey);
  return { kmsKey };
}

type Draft = Omit<Connection, 'state' | 'sealed' | 'dataKey' | 'shown' | 'reason'>;

/**
 * An OAuth connection is authorized once its endpoint has given a token; the others are at once. Where KMS does not
 * let its secret be encrypted there is none.
 */
async function drafted(ctx: Context, authorization: Authorization, row: Draft): Promise<Connection> {
  const kept = await sealedFor(ctx, row, authorization);
  if ('refused' in kept) return { ...row, state: 'DEAUTHORIZED', reason: kept.refused };
  const begun =
    row.type === 'OAUTH_CLIENT_CREDENTIALS'
      ? ({ state: 'AUTHORIZING' } as const)
      : ({ state: 'AUTHORIZED', authorized: ctx.now.toISOString() } as const);
  return { ...row, ...begun, ...kept, ...(kept.dataKey && { shown: shown(authorization) }) };
}

async function begin(ctx: Context, { account, region, name, id, state }: Connection): Promise<void> {
  if (state !== 'AUTHORIZING') return;
  await later(ctx, { kind: AUTHORIZE, id: [account, region, name].join(' '), body: { account, region, name, id } });
}

const NEEDS: Readonly<Record<AuthorizationType, keyof CreateConnectionAuthRequestParameters>> = {
  BASIC: 'BasicAuthParameters',
  OAUTH_CLIENT_CREDENTIALS: 'OAuthParameters',
  API_KEY: 'ApiKeyAuthParameters',
};

/** What is given, over what is known. */
function authorizationOf(type: AuthorizationType, given: Parameters, known: Authorization | undefined): Authorization {
  const { BasicAuthParameters: basic, ApiKeyAuthParameters: apiKey, OAuthParameters: oauth } = given ?? {};
  const invocation = given?.InvocationHttpParameters ?? known?.invocation;
  const common = invocation ? { invocation } : {};
  const missing = () => refuse(`Parameter ${NEEDS[type]} must be specified for authorization type ${type}.`);
  const whole = <T extends object>(parts: { readonly [K in keyof T]: T[K] | undefined }): T => {
    if (Object.values(parts).some((part) => part === undefined)) missing();
    return parts as T;
  };
  if (type === 'BASIC') {
    return {
      ...common,
      basic: whole({
        Username: basic?.Username ?? known?.basic?.Username,
        Password: basic?.Password ?? known?.basic?.Password,
      }),
    };
  }
  if (type === 'API_KEY') {
    return {
      ...common,
      apiKey: whole({
        ApiKeyName: apiKey?.ApiKeyName ?? known?.apiKey?.ApiKeyName,
        ApiKeyValue: apiKey?.ApiKeyValue ?? known?.apiKey?.ApiKeyValue,
      }),
    };
  }
  const before = known?.oauth;
  const parameters = oauth?.OAuthHttpParameters ?? before?.parameters;
  return {
    ...common,
    oauth: {
      ...whole<Omit<NonNullable<Authorization['oauth']>, 'parameters'>>({
        ClientID: oauth?.ClientParameters?.ClientID ?? before?.ClientID,
        ClientSecret: oauth?.ClientParameters?.ClientSecret ?? before?.ClientSecret,
        endpoint: oauth?.AuthorizationEndpoint ?? before?.endpoint,
        method: oauth?.HttpMethod ?? before?.method,
      }),
      ...(parameters && { parameters }),
    },
  };
}

const outcome = (connection: Connection) => ({
  ConnectionArn: connectionArn(connection),
  ConnectionState: connection.state,
  CreationTime: new Date(connection.created),
  LastModifiedTime: new Date(connection.modified),
  ...(connection.authorized !== undefined && { LastAuthorizedTime: new Date(connection.authorized) }),
});

/** AWS's sentences name what was asked. */
const load =
  (verb: string) =>
  async ({ Name }: { Name: string }, ctx: Context): Promise<Connection | Missing> =>
    (await ctx.store.get(connections, [ctx.account, ctx.region, Name])) ??
    new Missing(
      nameArn(ctx, Name),
      awsError(ResourceNotFoundException, `Failed to ${verb} the connection(s). Connection '${Name}' does not exist.`),
    );

const access = (_input: unknown, _ctx: Context, connection: Connection) => ({ resource: connectionArn(connection) });

export const UpdateConnection: Operation<Present<UpdateConnectionRequest>, UpdateConnectionResponse, Connection> = {
  load: load('update'),
  access,
  async run(input, ctx, before) {
    requirePublic(input);
    const type = input.AuthorizationType ?? before.type;
    const known = type === before.type ? await openedByKms(ctx, before) : undefined;
    const authorization = authorizationOf(type, input.AuthParameters, known);
    const { account, region, name, id, description, created, authorized } = before;
    const connection = await drafted(ctx, authorization, {
      ...{ account, region, name, id, created },
      ...(description !== undefined && { description }),
      ...(await keyIn(ctx, input)),
      ...(authorized !== undefined && { authorized }),
      type,
      ...(input.Description !== undefined && { description: input.Description }),
      modified: ctx.now.toISOString(),
    });
    await ctx.store.replace(connections, connection);
    await begin(ctx, connection);
    return outcome(connection);
  },
};

export const DeauthorizeConnection: Operation<
  Present<DeauthorizeConnectionRequest>,
  DeauthorizeConnectionResponse,
  Connection
> = {
  load: load('deauthorize'),
  access,
  run: async (_input, ctx, connection) => ({
    ...outcome(await deauthorize(ctx, connection)),
    ConnectionState: 'DEAUTHORIZING',
  }),
};

export const DeleteConnection: Operation<Present<DeleteConnectionRequest>, DeleteConnectionResponse, Connection> = {
  load: load('delete'),
  access,
  async run(_input, ctx, connection) {
    await ctx.store.remove(connections, [connection.account, connection.region, connection.name]);
    await forgetOpenKey(ctx.store, connection);
    return { ...outcome(connection), ConnectionState: 'DELETING' };
  },
};

export const DescribeConnection: Operation<
  Present<DescribeConnectionRequest>,
  DescribeConnectionResponse,
  Connection
> = {
  load: load('describe'),
  access,
  async run(_input, ctx, connection) {
    const authorization = connection.dataKey ? undefined : opened(ctx.secrets, connection);
    const AuthParameters = authorization ? shown(authorization) : connection.shown;
    return {
      ...summary(connection),
      ...(connection.description !== undefined && { Description: connection.description }),
      SecretArn: secretArn(connection),
      ...(connection.kmsKey !== undefined && { KmsKeyIdentifier: connection.kmsKey }),
      ...(AuthParameters && { AuthParameters }),
    };
  },
};

const summary = (connection: Connection) => ({
  ...outcome(connection),
  Name: connection.name,
  AuthorizationType: connection.type,
  ...(connection.reason !== undefined && { StateReason: connection.reason }),
});

/** All that is no secret. */
function shown({ basic, apiKey, oauth, invocation }: Authorization): ConnectionAuthResponseParameters {
  return {
    ...(basic && { BasicAuthParameters: { Username: basic.Username } }),
    ...(apiKey && { ApiKeyAuthParameters: { ApiKeyName: apiKey.ApiKeyName } }),
    ...(oauth && {
      OAuthParameters: {
        ClientParameters: { ClientID: oauth.ClientID },
        AuthorizationEndpoint: oauth.endpoint,
        HttpMethod: oauth.method as 'GET' | 'POST' | 'PUT',
        ...(oauth.parameters && { OAuthHttpParameters: withoutSecrets(oauth.parameters) }),
      },
    }),
    ...(invocation && { InvocationHttpParameters: withoutSecrets(invocation) }),
  };
}

const withoutSecrets = (parameters: ConnectionHttpParameters): ConnectionHttpParameters =>
  Object.fromEntries(
    Object.entries(parameters).map(([kind, list]) => [
      kind,
      (list as { Key?: string; Value?: string; IsValueSecret?: boolean }[] | undefined)?.map(
        ({ Key, Value, IsValueSecret = false }) => ({ Key, ...(IsValueSecret ? {} : { Value }), IsValueSecret }),
      ),
    ]),
  );

export const ListConnections: Operation<Present<ListConnectionsRequest>, ListConnectionsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const keep = ({ state }: Connection) => input.ConnectionState === undefined || state === input.ConnectionState;
    const { rows, page } = await rowsPage(ctx, connections, [ctx.account, ctx.region], input, {
      startsWith: input.NamePrefix,
      keep,
    });
    return { Connections: rows.map(summary), ...page };
  },
};
