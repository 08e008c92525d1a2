/** One event with all its fields, and which fields the events of a group have. */
import {
  type GetLogGroupFieldsRequest,
  type GetLogGroupFieldsResponse,
  type GetLogRecordRequest,
  type GetLogRecordResponse,
  InvalidParameterException,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { awsError, fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { groupAccess, onGroup } from './access.ts';
import { breath } from './breath.ts';
import { maskerFor, unmaskAccess } from './dataProtection.ts';
import { keyFor } from './encryption.ts';
import { type Pointer, pointerIn } from './eventIds.ts';
import { groupOfId, noSuchGroup, unnamed } from './groupLookup.ts';
import { expiry, groupResource, type LogGroup } from './groupRows.ts';
import { discoveredFields, rowOf } from './insights/records.ts';
import { eventsOf } from './reading.ts';
import { bytesOf, eventsIn, moment, segments } from './segments.ts';

interface Target {
  readonly group: LogGroup;
  readonly pointer: Pointer;
}

export const GetLogRecord: Operation<Present<GetLogRecordRequest>, GetLogRecordResponse, Target> = {
  async load({ logRecordPointer }, ctx) {
    const pointer = pointerIn(logRecordPointer);
    if (!pointer)
      return unnamed(ctx, awsError(InvalidParameterException, 'The specified logRecordPointer is invalid.'));
    const group = await groupOfId(ctx, pointer.group);
    const here = group && group.account === ctx.account && group.region === ctx.region;
    const nowhere = { account: ctx.account, region: ctx.region, name: '' };
    return here ? { group, pointer } : new Missing(groupResource(nowhere), noSuchGroup());
  },
  access: (input, _ctx, { group }) => [groupAccess(group), ...unmaskAccess(group, input.unmask)],
  async run(input, ctx, { group, pointer }) {
    const { stream, level, first, id, index } = pointer;
    const row = await ctx.store.get(segments, [group.id, stream, String(level), moment(first), id]);
    if (!row) gone();
    const key = row.key === undefined ? undefined : await keyFor(ctx, group, row.key);
    const events = eventsIn(row, await bytesOf(ctx.store, row), key);
    const message = events.transformed?.[index] || events.messages[index];
    const time = events.times[index];
    if (message === undefined || time === undefined || time < (expiry(group, ctx.now) ?? 0)) gone();
    const mask = await maskerFor(ctx, group, input.unmask);
    const event = { time, segment: row.id, index, message: mask({ message, from: row }), from: row };
    const log = `${group.account}:${group.name}`;
    return {
      logRecord: {
        '@message': event.message,
        '@timestamp': String(time),
        '@ingestionTime': String(row.ingested),
        '@logStream': row.streamName,
        '@log': log,
        '@ptr': input.logRecordPointer,
        ...Object.fromEntries(discoveredFields(rowOf(event, log))),
      },
    };
  },
};

function gone(): never {
  fail(ResourceNotFoundException, 'The specified log record does not exist.');
}

const WINDOW_MS = 15 * 60_000;
const AROUND_MS = 8 * 60_000;
const SAMPLED_MAX = 5_000;
const SYSTEM = ['@message', '@timestamp', '@ingestionTime', '@logStream', '@log'];

/** Of the last 15 minutes, or of 8 minutes before and after `time` (seconds): how many events of a hundred have each. */
export const GetLogGroupFields = onGroup<GetLogGroupFieldsRequest, GetLogGroupFieldsResponse>({
  async run(input, ctx, group) {
    const middle = input.time === undefined ? undefined : input.time * 1000;
    const from = middle === undefined ? ctx.now.getTime() - WINDOW_MS : middle - AROUND_MS;
    const to = middle === undefined ? ctx.now.getTime() + 1 : middle + AROUND_MS;
    const counts = new Map<string, number>();
    let events = 0;
    const mask = await maskerFor(ctx, group, false);
    const log = `${group.account}:${group.name}`;
    for await (const chunk of eventsOf(ctx, {
      group,
      from: Math.max(0, from),
      to,
      backward: true,
      transformed: true,
    })) {
      for (const event of chunk.events) {
        events++;
        for (const [name] of discoveredFields(rowOf({ ...event, message: mask(event) }, log)))
          counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      if (events >= SAMPLED_MAX) break;
      await breath();
    }
    if (events === 0) return { logGroupFields: [] };
    for (const name of SYSTEM) counts.set(name, events);
    const fields = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
    return { logGroupFields: fields.map(([name, n]) => ({ name, percent: Math.round((100 * n) / events) })) };
  },
});
