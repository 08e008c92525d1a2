/** API destinations: HTTP endpoints as targets. */
import {
  type ApiDestination as ApiDestinationView,
  type CreateApiDestinationRequest,
  type CreateApiDestinationResponse,
  type DeleteApiDestinationRequest,
  type DescribeApiDestinationRequest,
  type DescribeApiDestinationResponse,
  type ListApiDestinationsRequest,
  type ListApiDestinationsResponse,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type UpdateApiDestinationRequest,
  type UpdateApiDestinationResponse,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { type ApiDestination, apiDestinationArn, apiDestinations, removeDestination } from './apiDestinationRows.ts';
import { connectionOf } from './connectionRows.ts';
import { overLimit, refuse } from './errors.ts';
import { rowsPage } from './pages.ts';

/** Calls a second: as many as AWS lets through, unless fewer are asked for. */
const RATE_MAX = 300;

const nameArn = ({ account, region }: Context, name: string) =>
  `arn:aws:events:${region}:${account}:api-destination/${name}`;

export const CreateApiDestination: Operation<Present<CreateApiDestinationRequest>, CreateApiDestinationResponse> = {
  access: (input, ctx) => [{ resource: nameArn(ctx, input.Name) }, { resource: input.ConnectionArn }],
  async run(input, ctx) {
    await requireConnection(ctx, input.ConnectionArn, 'create');
    requireEndpoint(input.InvocationEndpoint);
    const now = ctx.now.toISOString();
    const place = [ctx.account, ctx.region];
    const fits = await ctx.store.fits(apiDestinations, place, quota(ctx, 'ApiDestinations', 3000), 'place');
    const destination: ApiDestination = {
      account: ctx.account,
      region: ctx.region,
      name: input.Name,
      id: uuid(ctx),
      ...(input.Description !== undefined && { description: input.Description }),
      connectionArn: input.ConnectionArn,
      endpoint: input.InvocationEndpoint,
      method: input.HttpMethod,
      rate: rateOf(ctx, input.InvocationRateLimitPerSecond),
      created: now,
      modified: now,
    };
    if (!(await ctx.store.insert(apiDestinations, destination))) {
      fail(ResourceAlreadyExistsException, `An api-destination '${input.Name}' already exists.`);
    }
    if (!fits) overLimit();
    return outcome(ctx, destination);
  },
};

function rateOf(ctx: Context, asked: number | undefined): number {
  const max = quota(ctx, 'ApiDestinationInvocationRate', RATE_MAX);
  if (asked !== undefined && asked > max) overLimit();
  return asked ?? max;
}

async function requireConnection(ctx: Context, arn: string, verb: string): Promise<void> {
  const connection = await connectionOf(ctx.store, arn);
  if (connection?.account === ctx.account && connection.region === ctx.region) return;
  const name = /connection\/([^/]+)/.exec(arn)?.[1] ?? arn;
  fail(ResourceNotFoundException, `Failed to ${verb} the api-destination(s). Connection '${name}' does not exist.`);
}

/** HTTPS, or HTTP on the plane's own machine; each star is a parameter of the path. */
function requireEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint.replaceAll('*', 'x')) ? new URL(endpoint.replaceAll('*', 'x')) : undefined;
  const local = url && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && local)) return;
  refuse('Parameter InvocationEndpoint is not valid. Reason: The endpoint must be an HTTPS endpoint.');
}

const load =
  (verb: string) =>
  async ({ Name }: { Name: string }, ctx: Context): Promise<ApiDestination | Missing> => {
    const row = await ctx.store.get(apiDestinations, [ctx.account, ctx.region, Name]);
    if (row) return row;
    const message = `Failed to ${verb} the api-destination(s). An api-destination '${Name}' does not exist.`;
    return new Missing(nameArn(ctx, Name), awsError(ResourceNotFoundException, message));
  };

const access = (_input: unknown, _ctx: Context, destination: ApiDestination) => ({
  resource: apiDestinationArn(destination),
});

type Update = Operation<Present<UpdateApiDestinationRequest>, UpdateApiDestinationResponse, ApiDestination>;

export const UpdateApiDestination: Update = {
  load: load('update'),
  access: (input, ctx, destination) => [
    access(input, ctx, destination),
    ...(input.ConnectionArn === undefined ? [] : [{ resource: input.ConnectionArn }]),
  ],
  async run(input, ctx, before) {
    if (input.ConnectionArn !== undefined) await requireConnection(ctx, input.ConnectionArn, 'update');
    if (input.InvocationEndpoint !== undefined) requireEndpoint(input.InvocationEndpoint);
    const { InvocationRateLimitPerSecond: rate } = input;
    const destination: ApiDestination = {
      ...before,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.ConnectionArn !== undefined && { connectionArn: input.ConnectionArn }),
      ...(input.InvocationEndpoint !== undefined && { endpoint: input.InvocationEndpoint }),
      ...(input.HttpMethod !== undefined && { method: input.HttpMethod }),
      ...(rate !== undefined && { rate: rateOf(ctx, rate) }),
      modified: ctx.now.toISOString(),
    };
    await ctx.store.replace(apiDestinations, destination);
    return outcome(ctx, destination);
  },
};

export const DeleteApiDestination: Operation<Present<DeleteApiDestinationRequest>, object, ApiDestination> = {
  load: load('delete'),
  access,
  async run(_input, ctx, destination) {
    await removeDestination(ctx.store, destination);
    return {};
  },
};

type Describe = Operation<Present<DescribeApiDestinationRequest>, DescribeApiDestinationResponse, ApiDestination>;

export const DescribeApiDestination: Describe = {
  load: load('describe'),
  access,
  run: async (_input, ctx, destination) => ({
    ...(await view(ctx, destination)),
    ...(destination.description !== undefined && { Description: destination.description }),
  }),
};

async function outcome(ctx: Context, destination: ApiDestination) {
  const { ApiDestinationArn, ApiDestinationState, CreationTime, LastModifiedTime } = await view(ctx, destination);
  return { ApiDestinationArn, ApiDestinationState, CreationTime, LastModifiedTime };
}

/** Active while its connection is authorized. */
async function view(ctx: Context, destination: ApiDestination): Promise<ApiDestinationView> {
  const connection = await connectionOf(ctx.store, destination.connectionArn);
  return {
    ApiDestinationArn: apiDestinationArn(destination),
    Name: destination.name,
    ApiDestinationState: connection && connection.state !== 'DEAUTHORIZED' ? 'ACTIVE' : 'INACTIVE',
    ConnectionArn: destination.connectionArn,
    InvocationEndpoint: destination.endpoint,
    HttpMethod: destination.method as NonNullable<ApiDestinationView['HttpMethod']>,
    InvocationRateLimitPerSecond: destination.rate,
    CreationTime: new Date(destination.created),
    LastModifiedTime: new Date(destination.modified),
  };
}

export const ListApiDestinations: Operation<Present<ListApiDestinationsRequest>, ListApiDestinationsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const keep = (row: ApiDestination) =>
      input.ConnectionArn === undefined || row.connectionArn === input.ConnectionArn;
    const { rows, page } = await rowsPage(ctx, apiDestinations, [ctx.account, ctx.region], input, {
      startsWith: input.NamePrefix,
      keep,
    });
    return { ApiDestinations: await Promise.all(rows.map((row) => view(ctx, row))), ...page };
  },
};
