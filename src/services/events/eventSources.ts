/** The customer's side of partner event sources: a source is taken up by a bus of its name. */
import {
  type ActivateEventSourceRequest,
  type DeactivateEventSourceRequest,
  type DescribeEventSourceRequest,
  type DescribeEventSourceResponse,
  InvalidStateException,
  type ListEventSourcesRequest,
  type ListEventSourcesResponse,
  ResourceNotFoundException,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { findBus } from './busRows.ts';
import { refuse } from './errors.ts';
import { rowsPage } from './pages.ts';
import {
  findSource,
  isThere,
  offeredUntil,
  type PartnerSource,
  partnerNameIn,
  partnerSources,
  sourceArn,
} from './partnerRows.ts';

export const noSource = (name: string) => awsError(ResourceNotFoundException, `Event source ${name} does not exist.`);

/** The caller's own. */
async function sourceOf(ctx: Context, name: string): Promise<PartnerSource | undefined> {
  const source = await findSource(ctx.store, ctx.region, name, ctx.account);
  return source && isThere(source, ctx.now) ? source : undefined;
}

const onSource = {
  load: async ({ Name }: { Name: string }, ctx: Context): Promise<PartnerSource | Missing> =>
    (await sourceOf(ctx, Name)) ?? new Missing(sourceArn(ctx.region, Name), noSource(Name)),
  access: (_input: unknown, _ctx: Context, { region, name }: PartnerSource) => ({ resource: sourceArn(region, name) }),
};

const view = (source: PartnerSource) => ({
  Arn: sourceArn(source.region, source.name),
  CreatedBy: partnerNameIn(source.name),
  CreationTime: new Date(source.created),
  ...(source.expires !== undefined && { ExpirationTime: new Date(source.expires) }),
  Name: source.name,
  State: source.state,
});

export const DescribeEventSource: Operation<
  Present<DescribeEventSourceRequest>,
  DescribeEventSourceResponse,
  PartnerSource
> = {
  ...onSource,
  run: async (_input, _ctx, source) => view(source),
};

export const ListEventSources: Operation<Present<ListEventSourcesRequest>, ListEventSourcesResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const keep = (source: PartnerSource) => isThere(source, ctx.now);
    const listing = { index: 'customer', startsWith: input.NamePrefix, keep };
    const { rows, page } = await rowsPage(ctx, partnerSources, [ctx.account, ctx.region], input, listing);
    return { EventSources: rows.map(view), ...page };
  },
};

/** Takes up the source of the bus's name. @throws ResourceNotFoundException, InvalidStateException */
export async function takeUp(ctx: Context, busName: string, name: string): Promise<void> {
  if (busName !== name) refuse('The name of a partner event bus must be the name of its event source.');
  const source = await sourceOf(ctx, name);
  if (!source) throw noSource(name);
  if (source.state === 'DELETED') fail(InvalidStateException, `Event source ${name} has been deleted.`);
  const { expires: _, ...taken } = source;
  await ctx.store.replace(partnerSources, { ...taken, state: 'ACTIVE' });
}

/** The bus is gone: the source is offered again, if the partner still has it. */
export async function letGo(ctx: Context, name: string): Promise<void> {
  const source = await findSource(ctx.store, ctx.region, name, ctx.account);
  if (source?.state === 'DELETED') await ctx.store.remove(partnerSources, partnerSources.key(source));
  else if (source) {
    await ctx.store.replace(partnerSources, { ...source, state: 'PENDING', expires: offeredUntil(ctx.now) });
  }
}

const switched = (
  state: 'ACTIVE' | 'PENDING',
): Operation<Present<ActivateEventSourceRequest & DeactivateEventSourceRequest>, object, PartnerSource> => ({
  ...onSource,
  async run({ Name }, ctx, source) {
    if (source.state === 'DELETED') fail(InvalidStateException, `Event source ${Name} has been deleted.`);
    if (!(await findBus(ctx.store, { ...ctx, name: Name }))) {
      fail(InvalidStateException, `Event source ${Name} has no event bus.`);
    }
    await ctx.store.replace(partnerSources, { ...source, state });
    return {};
  },
});

export const ActivateEventSource = switched('ACTIVE');
export const DeactivateEventSource = switched('PENDING');
