/** The partner's side: sources for other accounts, and events for those that took them up. */
import {
  type CreatePartnerEventSourceRequest,
  type CreatePartnerEventSourceResponse,
  type DeletePartnerEventSourceRequest,
  type DescribePartnerEventSourceRequest,
  type DescribePartnerEventSourceResponse,
  type ListPartnerEventSourceAccountsRequest,
  type ListPartnerEventSourceAccountsResponse,
  type ListPartnerEventSourcesRequest,
  type ListPartnerEventSourcesResponse,
  OperationDisabledException,
  type PutPartnerEventsRequest,
  type PutPartnerEventsRequestEntry,
  type PutPartnerEventsResponse,
  type PutPartnerEventsResultEntry,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { everyRow } from '../../store/everyRow.ts';
import { type Bus, findBus } from './busRows.ts';
import { noSource } from './eventSources.ts';
import { tellPartnerEvents, tellPut } from './measures.ts';
import { rowsPage } from './pages.ts';
import {
  findSource,
  isThere,
  offeredUntil,
  type PartnerSource,
  partnerNameIn,
  partnerNames,
  partnerSources,
  sourceArn,
} from './partnerRows.ts';
import { acceptedEvent, requireSizeOf } from './putEvents.ts';

const onSource = {
  access: (input: { Name: string }, ctx: Context) => ({ resource: sourceArn(ctx.region, input.Name) }),
};

/** @throws OperationDisabledException for an account that is another partner, or none */
async function requirePartner(ctx: Context, source: string): Promise<void> {
  const owner = await ctx.store.get(partnerNames, [partnerNameIn(source)]);
  if (owner?.account === ctx.account) return;
  fail(OperationDisabledException, `This account is not the partner ${partnerNameIn(source)}.`);
}

export const CreatePartnerEventSource: Operation<
  Present<CreatePartnerEventSourceRequest>,
  CreatePartnerEventSourceResponse
> = {
  ...onSource,
  async run({ Name: name, Account: account }, ctx) {
    const partner = partnerNameIn(name);
    await ctx.store.insert(partnerNames, { name: partner, account: ctx.account });
    await requirePartner(ctx, name);
    const { region } = ctx;
    const before = await findSource(ctx.store, region, name, account);
    if (before && before.state !== 'DELETED' && isThere(before, ctx.now)) {
      fail(ResourceAlreadyExistsException, `Partner event source ${name} already exists.`);
    }
    await ctx.store.replace(partnerSources, {
      region,
      name,
      account,
      partner: ctx.account,
      state: 'PENDING',
      created: ctx.now.toISOString(),
      expires: offeredUntil(ctx.now),
    });
    return { EventSourceArn: sourceArn(region, name) };
  },
};

/** Who took it up keeps the bus, and sees that the source is gone. */
export const DeletePartnerEventSource: Operation<Present<DeletePartnerEventSourceRequest>, object> = {
  ...onSource,
  async run({ Name, Account }, ctx) {
    await requirePartner(ctx, Name);
    const source = await findSource(ctx.store, ctx.region, Name, Account);
    if (!source) return {};
    const bus = await findBus(ctx.store, { account: Account, region: ctx.region, name: Name });
    if (bus) await ctx.store.replace(partnerSources, { ...source, state: 'DELETED' });
    else await ctx.store.remove(partnerSources, partnerSources.key(source));
    return {};
  },
};

export const DescribePartnerEventSource: Operation<
  Present<DescribePartnerEventSourceRequest>,
  DescribePartnerEventSourceResponse
> = {
  ...onSource,
  async run({ Name }, ctx) {
    const { rows } = await ctx.store.list(partnerSources, [ctx.region, Name], { limit: 1 });
    if (rows[0]?.partner !== ctx.account) throw noSource(Name);
    return { Arn: sourceArn(ctx.region, Name), Name };
  },
};

export const ListPartnerEventSources: Operation<
  Present<ListPartnerEventSourcesRequest>,
  ListPartnerEventSourcesResponse
> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const listing = { index: 'partner', startsWith: input.NamePrefix };
    const { rows, page } = await rowsPage(ctx, partnerSources, [ctx.account, ctx.region], input, listing);
    const names = [...new Set(rows.map(({ name }) => name))];
    return { PartnerEventSources: names.map((Name) => ({ Arn: sourceArn(ctx.region, Name), Name })), ...page };
  },
};

export const ListPartnerEventSourceAccounts: Operation<
  Present<ListPartnerEventSourceAccountsRequest>,
  ListPartnerEventSourceAccountsResponse
> = {
  access: ({ EventSourceName }, ctx) => ({ resource: sourceArn(ctx.region, EventSourceName) }),
  async run(input, ctx) {
    const { EventSourceName: name } = input;
    const keep = (source: PartnerSource) => source.partner === ctx.account && isThere(source, ctx.now);
    const { rows, page } = await rowsPage(ctx, partnerSources, [ctx.region, name], input, { keep });
    if (rows.length === 0 && input.NextToken === undefined) throw noSource(name);
    return {
      PartnerEventSourceAccounts: rows.map(({ account, state, created, expires }) => ({
        Account: account,
        CreationTime: new Date(created),
        ...(expires !== undefined && { ExpirationTime: new Date(expires) }),
        State: state,
      })),
      ...page,
    };
  },
};

/** An event goes to the buses of all accounts that took its source up, and to none of the others. */
export const PutPartnerEvents: Operation<Present<PutPartnerEventsRequest>, PutPartnerEventsResponse> = {
  recorded: 'never',
  access: () => ({ resource: '*' }),
  async run({ Entries: entries }, ctx) {
    requireSizeOf(entries);
    const Entries: PutPartnerEventsResultEntry[] = [];
    for (const entry of entries) {
      const source = entry.Source ?? '';
      const owner = await ctx.store.get(partnerNames, [partnerNameIn(source)]);
      if (source !== '' && owner?.account !== ctx.account) {
        const ErrorMessage = `Not authorized for the source ${source}.`;
        Entries.push({ ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage });
      } else Entries.push(await accepted(ctx, entry, await takenUp(ctx, source)));
    }
    const failed = Entries.filter(({ ErrorCode }) => ErrorCode !== undefined).length;
    tellPut(ctx, 'PutPartnerEvents', { entries: entries.length, failed });
    return { FailedEntryCount: failed, Entries };
  },
};

async function accepted(ctx: Context, entry: PutPartnerEventsRequestEntry, buses: readonly Bus[]) {
  const result = await acceptedEvent(ctx, entry, buses);
  if (result.ErrorCode === undefined) {
    for (const { account } of buses) tellPartnerEvents(ctx, entry.Source!, account);
  }
  return result;
}

/** The buses that a source's events go to. */
async function takenUp(ctx: Context, name: string) {
  const found: Bus[] = [];
  for await (const { state, account } of everyRow(ctx.store, partnerSources, [ctx.region, name])) {
    const bus = state === 'ACTIVE' ? await findBus(ctx.store, { account, region: ctx.region, name }) : undefined;
    if (bus) found.push(bus);
  }
  return found;
}
