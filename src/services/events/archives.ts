/**
 * Archives: events of a bus, kept. An archive is a rule of EventBridge's own on that bus, whose target is the archive;
 * what is replayed is not archived again.
 */
import {
  type ArchiveState,
  type CreateArchiveRequest,
  type CreateArchiveResponse,
  type DeleteArchiveRequest,
  type DescribeArchiveRequest,
  type DescribeArchiveResponse,
  type ListArchivesRequest,
  type ListArchivesResponse,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  type UpdateArchiveRequest,
  type UpdateArchiveResponse,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { later } from '../../core/tasks.ts';
import { type Archive, archiveArn, archiveSizes, archives } from './archiveRows.ts';
import { EXPIRE } from './archiveTask.ts';
import { type Bus, findBus } from './busRows.ts';
import { acceptedPattern, invalid, noBus, overLimit } from './errors.ts';
import { requireKey } from './kmsKeys.ts';
import { busArn, busNamed } from './names.ts';
import { rowsPage } from './pages.ts';
import { changeRule, type Rule, ruleKey, rules } from './ruleRows.ts';

const BUS_ARN = /^arn:[\w-]+:events:[a-z0-9-]+:\d{12}:event-bus\/.+$/;

async function sourceBus(ctx: Context, arn: string): Promise<Bus | Missing> {
  if (!BUS_ARN.test(arn)) {
    return new Missing(
      arn,
      invalid('Parameter EventSourceArn is not valid. Reason: Provided Arn is not in correct format.'),
    );
  }
  const named = busNamed(ctx, arn);
  const bus =
    named.account === ctx.account && named.region === ctx.region ? await findBus(ctx.store, named) : undefined;
  return bus ?? new Missing(arn, noBus(named.name));
}

export const CreateArchive: Operation<Present<CreateArchiveRequest>, CreateArchiveResponse, Bus> = {
  load: (input, ctx) => sourceBus(ctx, input.EventSourceArn),
  access: (input, ctx, bus) => [
    { resource: archiveArn({ ...ctx, name: input.ArchiveName }) },
    { resource: busArn(bus), resourceTags: bus.tags },
  ],
  async run(input, ctx, bus) {
    if (input.KmsKeyIdentifier) await requireKey(ctx, bus, input.KmsKeyIdentifier);
    if (input.EventPattern) acceptedPattern(input.EventPattern);
    const place = [ctx.account, ctx.region];
    const fits = await ctx.store.fits(archives, place, quota(ctx, 'Archives', 100), 'place');
    const archive: Archive = {
      account: ctx.account,
      region: ctx.region,
      name: input.ArchiveName,
      bus: bus.name,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.EventPattern && { pattern: input.EventPattern }),
      retentionDays: input.RetentionDays ?? 0,
      created: ctx.now.toISOString(),
      ...(input.KmsKeyIdentifier && { kmsKey: input.KmsKeyIdentifier }),
    };
    if (!(await ctx.store.insert(archives, archive))) {
      fail(ResourceAlreadyExistsException, `Archive ${input.ArchiveName} already exists.`);
    }
    if (!fits) overLimit();
    await keepRule(ctx, archive);
    await later(ctx, { kind: EXPIRE, id: expiryId(archive), body: nameOf(archive), due: ctx.now.getTime() + DAY_MS });
    return outcome(archive);
  },
};

const DAY_MS = 86_400_000;
const nameOf = ({ account, region, name }: Archive) => ({ account, region, name });
const expiryId = ({ account, region, name }: Archive) => [account, region, name].join(' ');

/** The managed rule that fills an archive. */
const ruleNameOf = ({ account, region, bus, name }: Archive) => ({
  account,
  region,
  bus,
  name: `Events-Archive-${name}`,
});

async function keepRule(ctx: Context, archive: Archive): Promise<void> {
  const named = ruleNameOf(archive);
  const before = await ctx.store.get(rules, ruleKey(named));
  const asked = JSON.parse(archive.pattern ?? '{}') as object;
  const rule: Rule = {
    ...named,
    pattern: JSON.stringify({ ...asked, 'replay-name': [{ exists: false }] }),
    state: 'ENABLED',
    managedBy: 'prod.vhs.events.aws.internal',
    createdBy: archive.account,
    tags: [],
    targets: [{ Id: named.name, Arn: `arn:aws:events:${archive.region}:::` }],
    since: ctx.now.getTime(),
    archive: archive.name,
    ...(archive.kmsKey !== undefined && { archiveSealed: true as const }),
  };
  await changeRule(ctx.store, before, rule);
}

const outcome = (archive: Archive) => ({
  ArchiveArn: archiveArn(archive),
  State: 'ENABLED' as ArchiveState,
  CreationTime: new Date(archive.created),
});

async function load({ ArchiveName }: { ArchiveName: string }, ctx: Context): Promise<Archive | Missing> {
  const archive = await ctx.store.get(archives, [ctx.account, ctx.region, ArchiveName]);
  if (archive) return archive;
  const error = awsError(ResourceNotFoundException, `Archive ${ArchiveName} does not exist.`);
  return new Missing(archiveArn({ ...ctx, name: ArchiveName }), error);
}

const access = (_input: unknown, _ctx: Context, archive: Archive) => ({ resource: archiveArn(archive) });

export const UpdateArchive: Operation<Present<UpdateArchiveRequest>, UpdateArchiveResponse, Archive> = {
  load,
  access,
  async run(input, ctx, before) {
    if (input.KmsKeyIdentifier) await requireKey(ctx, { ...before, name: before.bus }, input.KmsKeyIdentifier);
    if (input.EventPattern) acceptedPattern(input.EventPattern);
    const { kmsKey, ...rest } = before;
    // An empty identifier goes back to a key of the plane's own.
    const key = input.KmsKeyIdentifier ?? kmsKey;
    const archive: Archive = {
      ...rest,
      ...(key && { kmsKey: key }),
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.EventPattern !== undefined && { pattern: input.EventPattern }),
      ...(input.RetentionDays !== undefined && { retentionDays: input.RetentionDays }),
    };
    await ctx.store.replace(archives, archive);
    await keepRule(ctx, archive);
    return outcome(archive);
  },
};

export const DeleteArchive: Operation<Present<DeleteArchiveRequest>, object, Archive> = {
  load,
  access,
  async run(_input, ctx, archive) {
    const rule = await ctx.store.get(rules, ruleKey(ruleNameOf(archive)));
    if (rule) await changeRule(ctx.store, rule, undefined);
    await ctx.store.remove(archives, [archive.account, archive.region, archive.name]);
    await ctx.store.remove(archiveSizes, [archive.account, archive.region, archive.name]);
    // What it kept goes behind the request.
    await later(ctx, { kind: EXPIRE, id: expiryId(archive), body: nameOf(archive) });
    return {};
  },
};

export const DescribeArchive: Operation<Present<DescribeArchiveRequest>, DescribeArchiveResponse, Archive> = {
  load,
  access,
  async run(_input, ctx, archive) {
    return {
      ArchiveArn: archiveArn(archive),
      ...(await summary(ctx, archive)),
      ...(archive.description !== undefined && { Description: archive.description }),
      ...(archive.pattern !== undefined && { EventPattern: archive.pattern }),
      ...(archive.kmsKey !== undefined && { KmsKeyIdentifier: archive.kmsKey }),
    };
  },
};

async function summary(ctx: Context, archive: Archive) {
  const size = await ctx.store.get(archiveSizes, [archive.account, archive.region, archive.name]);
  return {
    ArchiveName: archive.name,
    EventSourceArn: busArn({ ...archive, name: archive.bus }),
    State: 'ENABLED' as ArchiveState,
    RetentionDays: archive.retentionDays,
    SizeBytes: size?.bytes ?? 0,
    EventCount: size?.events ?? 0,
    CreationTime: new Date(archive.created),
  };
}

export const ListArchives: Operation<Present<ListArchivesRequest>, ListArchivesResponse, Bus | undefined> = {
  load: async (input, ctx) => (input.EventSourceArn === undefined ? undefined : sourceBus(ctx, input.EventSourceArn)),
  access: () => ({ resource: '*' }),
  async run(input, ctx, bus) {
    if (input.State !== undefined && input.State !== 'ENABLED') return { Archives: [] };
    const keep = (archive: Archive) => bus === undefined || archive.bus === bus.name;
    const { rows, page } = await rowsPage(ctx, archives, [ctx.account, ctx.region], input, {
      startsWith: input.NamePrefix,
      keep,
    });
    return { Archives: await Promise.all(rows.map((archive) => summary(ctx, archive))), ...page };
  },
};
