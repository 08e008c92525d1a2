/**
 * Imports of what lies in a trail's folder in S3 into an event data store.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-copy-trail-to-lake.html
 */
import {
  AccountHasOngoingImportException,
  EventDataStoreNotFoundException,
  type GetImportRequest,
  type GetImportResponse,
  ImportNotFoundException,
  InvalidEventDataStoreCategoryException,
  InvalidImportSourceException,
  InvalidNextTokenException,
  InvalidParameterException,
  type ListImportFailuresRequest,
  type ListImportFailuresResponse,
  type ListImportsRequest,
  type ListImportsResponse,
  type StartImportRequest,
  type StartImportResponse,
  type StopImportRequest,
  type StopImportResponse,
} from '@aws-sdk/client-cloudtrail';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { cursorOf, tokenOf } from '../../core/page.ts';
import { later, notAnyMore } from '../../core/tasks.ts';
import { passRole } from '../../identity/passRole.ts';
import { findStore, requireActive } from './eventDataStoreNames.ts';
import { categoryOf } from './eventSelectors.ts';
import { type Import, importFailures, imports } from './importRows.ts';
import { type EventDataStore, storeArn, storeSelectors } from './lakeRows.ts';
import { SERVICE } from './organizationTrails.ts';

const KIND = 'cloudtrail.import';

/** The event data store of a new import, or the import that is taken up again. */
type Target = { readonly store: EventDataStore } | { readonly again: Import };

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartImport.html */
export const StartImport: Operation<StartImportRequest, StartImportResponse, Target> = {
  async load(input, ctx) {
    if (input.ImportId !== undefined) {
      const again = await findImport(ctx, input.ImportId);
      return again instanceof Missing ? again : { again };
    }
    const [name] = input.Destinations ?? [];
    if (name === undefined || !input.ImportSource) {
      const sentence = 'Destinations and ImportSource are required for a new import.';
      return new Missing('*', awsError(InvalidParameterException, sentence));
    }
    const store = await findStore(ctx, name);
    return store instanceof Missing ? store : { store };
  },
  access: (input) => {
    const role = input.ImportSource?.S3?.S3BucketAccessRoleArn;
    return [{ resource: '*' }, ...(role ? [passRole(role, SERVICE)] : [])];
  },
  async run(input, ctx, target) {
    if (!(await ctx.store.fits(imports, [ctx.account, ctx.region], 1, 'ongoing'))) {
      fail(AccountHasOngoingImportException, 'Your account already has an import in progress.');
    }
    const row = 'again' in target ? await resumed(ctx, target.again) : newImport(input, ctx, target.store);
    await ctx.store.replace(imports, row);
    await later<readonly string[]>(ctx, { kind: KIND, id: row.id, body: imports.key(row) });
    const { ImportStatistics: _, ...shown } = view(row);
    return shown;
  },
};

function newImport(input: StartImportRequest, ctx: Context, store: EventDataStore): Import {
  // Of an organization's store that is its management account; whom a policy lets query may not write.
  if (store.account !== ctx.account) {
    fail(
      EventDataStoreNotFoundException,
      `The event data store ${storeArn(store)} could not be found in your account.`,
    );
  }
  requireActive(store);
  const {
    S3LocationUri: uri = '',
    S3BucketRegion: region = '',
    S3BucketAccessRoleArn: role = '',
  } = input.ImportSource?.S3 ?? {};
  if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/.test(uri)) {
    fail(InvalidImportSourceException, `The S3 location ${uri} is not valid.`);
  }
  if (
    !storeSelectors(store).some((selector) => categoryOf(selector) === 'Management' || categoryOf(selector) === 'Data')
  ) {
    fail(InvalidEventDataStoreCategoryException, 'The event data store must collect CloudTrail events.');
  }
  const [start, end] = [input.StartEventTime?.getTime(), input.EndEventTime?.getTime()];
  if ((start ?? 0) > (end ?? Number.POSITIVE_INFINITY)) {
    fail(InvalidParameterException, 'The start time must be before the end time.');
  }
  const now = ctx.now.getTime();
  return {
    account: ctx.account,
    region: ctx.region,
    id: uuid(ctx),
    store: store.id,
    destination: storeArn(store),
    source: { uri, region, role },
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    status: 'INITIALIZING',
    created: now,
    updated: now,
    prefixes: 0,
    files: 0,
    events: 0,
    failures: 0,
  };
}

/** Goes on where it was stopped, or tries again what failed. */
async function resumed(ctx: Context, row: Import): Promise<Import> {
  if (row.status !== 'FAILED' && row.status !== 'STOPPED') {
    fail(InvalidParameterException, `An import with the status ${row.status} cannot be retried.`);
  }
  const unlisted = await ctx.store.remove(importFailures, [row.id, row.source.uri]);
  const failures = row.failures - (unlisted ? 1 : 0);
  return { ...row, failures, status: 'IN_PROGRESS', retry: '', updated: ctx.now.getTime() };
}

async function findImport(ctx: Context, id: string): Promise<Import | Missing> {
  const row = await ctx.store.get(imports, [ctx.account, ctx.region, id]);
  return row ?? new Missing('*', awsError(ImportNotFoundException, `The import ${id} could not be found.`));
}

export const GetImport: Operation<Present<GetImportRequest>, GetImportResponse, Import> = {
  load: (input, ctx) => findImport(ctx, input.ImportId),
  access: () => ({ resource: '*' }),
  run: async (_input, _ctx, row) => view(row),
};

export const StopImport: Operation<Present<StopImportRequest>, StopImportResponse, Import> = {
  load: (input, ctx) => findImport(ctx, input.ImportId),
  access: () => ({ resource: '*' }),
  async run(_input, ctx, row) {
    if (row.status !== 'INITIALIZING' && row.status !== 'IN_PROGRESS') return view(row);
    const stopped: Import = { ...row, status: 'STOPPED', updated: ctx.now.getTime() };
    await ctx.store.replace(imports, stopped);
    await notAnyMore(ctx.store, KIND, row.id);
    return view(stopped);
  },
};

const PAGE = 100;

function afterOf(token: string | undefined): string | undefined {
  const after = token === undefined ? undefined : cursorOf(token);
  if (token !== undefined && after === undefined) fail(InvalidNextTokenException, 'Invalid NextToken.');
  return after;
}

export const ListImports: Operation<ListImportsRequest, ListImportsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const store = input.Destination?.split('/').at(-1);
    const page = { limit: input.MaxResults ?? PAGE, after: afterOf(input.NextToken), ...(store && { index: 'store' }) };
    const { rows, next } = await ctx.store.list(imports, [ctx.account, ctx.region, ...(store ? [store] : [])], page);
    const asked = rows.filter(({ status }) => input.ImportStatus === undefined || status === input.ImportStatus);
    return {
      Imports: asked.map((row) => ({
        ImportId: row.id,
        ImportStatus: row.status,
        Destinations: [row.destination],
        CreatedTimestamp: new Date(row.created),
        UpdatedTimestamp: new Date(row.updated),
      })),
      ...(next && { NextToken: tokenOf(next) }),
    };
  },
};

type ListFailures = Operation<Present<ListImportFailuresRequest>, ListImportFailuresResponse, Import>;
export const ListImportFailures: ListFailures = {
  load: (input, ctx) => findImport(ctx, input.ImportId),
  access: () => ({ resource: '*' }),
  async run(input, ctx, row) {
    const page = { limit: input.MaxResults ?? PAGE, after: afterOf(input.NextToken) };
    const { rows, next } = await ctx.store.list(importFailures, [row.id], page);
    return {
      Failures: rows.map((failure) => ({
        Location: failure.location,
        Status: row.status === 'IN_PROGRESS' ? 'RETRY' : 'FAILED',
        ErrorType: failure.type,
        ErrorMessage: failure.message,
        LastUpdatedTime: new Date(failure.updated),
      })),
      ...(next && { NextToken: tokenOf(next) }),
    };
  },
};

const view = (row: Import): GetImportResponse => ({
  ImportId: row.id,
  Destinations: [row.destination],
  ImportSource: {
    S3: { S3LocationUri: row.source.uri, S3BucketRegion: row.source.region, S3BucketAccessRoleArn: row.source.role },
  },
  ...(row.start !== undefined && { StartEventTime: new Date(row.start) }),
  ...(row.end !== undefined && { EndEventTime: new Date(row.end) }),
  ImportStatus: row.status,
  CreatedTimestamp: new Date(row.created),
  UpdatedTimestamp: new Date(row.updated),
  ImportStatistics: {
    PrefixesFound: row.prefixes,
    PrefixesCompleted: row.status === 'COMPLETED' ? row.prefixes : 0,
    FilesCompleted: row.files,
    EventsCompleted: row.events,
    FailedEntries: row.failures,
  },
});
