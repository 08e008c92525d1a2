/** Which fields the events of a data source have, and of what types: as its newest events show. */
import {
  type GetLogFieldsRequest,
  type GetLogFieldsResponse,
  type LogFieldsListItem,
  type LogFieldType,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Context } from '../../../core/context.ts';
import { fail } from '../../../core/errors.ts';
import type { Operation, Present } from '../../../core/operation.ts';
import { everyRow } from '../../../store/everyRow.ts';
import { pacer } from '../breath.ts';
import { maskerFor } from '../dataProtection.ts';
import { type LogGroup, logGroups } from '../groupRows.ts';
import { subjectOf } from '../patterns/index.ts';
import { eventsOf } from '../reading.ts';
import { dataSourceOf } from './sources.ts';

const GROUPS_MAX = 20;
const EVENTS_MAX = 500;
const FIELDS_MAX = 1_000;
const DEPTH_MAX = 10;

type Asked = Present<GetLogFieldsRequest>;

export const GetLogFields: Operation<Asked, GetLogFieldsResponse> = {
  access: ({ dataSourceName, dataSourceType }) => ({
    resource: '*',
    conditions: { 'logs:data_source_name': dataSourceName, 'logs:data_source_type': dataSourceType },
  }),
  async run(input, ctx) {
    const groups = await groupsOf(input, ctx);
    if (groups.length === 0) fail(ResourceNotFoundException, 'The specified data source does not exist.');
    const found: Fields = new Map();
    for (const group of groups) await look(ctx, group, found);
    return { logFields: listOf(found) };
  },
};

async function groupsOf({ dataSourceName, dataSourceType }: Asked, ctx: Context): Promise<LogGroup[]> {
  const found: LogGroup[] = [];
  const pace = pacer();
  for await (const group of everyRow(ctx.store, logGroups, [ctx.account, ctx.region])) {
    const pause = pace();
    if (pause) await pause;
    const { name, type } = dataSourceOf(group);
    if (name === dataSourceName && type === dataSourceType) found.push(group);
    if (found.length === GROUPS_MAX) break;
  }
  return found;
}

/** What was seen of a field: its types, of an array those of its elements, of an object its fields. */
interface Seen {
  readonly types: Set<string>;
  element?: Seen;
  fields?: Fields;
}
type Fields = Map<string, Seen>;

async function look(ctx: Context, group: LogGroup, found: Fields): Promise<void> {
  const mask = await maskerFor(ctx, group, false);
  let events = 0;
  for await (const chunk of eventsOf(ctx, { group, backward: true, transformed: true })) {
    for (const event of chunk.events) {
      const value = subjectOf(mask(event)).json();
      if (value) noteFields(value, found, 0);
      if (++events === EVENTS_MAX) return;
    }
  }
}

function noteFields(value: object, fields: Fields, depth: number): void {
  for (const [name, member] of Object.entries(value)) {
    let seen = fields.get(name);
    if (!seen && fields.size >= FIELDS_MAX) return;
    if (!seen) fields.set(name, (seen = { types: new Set() }));
    note(member, seen, depth + 1);
  }
}

function note(value: unknown, seen: Seen, depth: number): void {
  if (value === null || depth > DEPTH_MAX) return;
  seen.types.add(typeOf(value));
  if (Array.isArray(value)) {
    seen.element ??= { types: new Set() };
    for (const each of value.slice(0, EVENTS_MAX)) note(each, seen.element, depth + 1);
  } else if (typeof value === 'object') {
    seen.fields ??= new Map();
    noteFields(value, seen.fields, depth);
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return 'struct';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'long' : 'double';
  return typeof value;
}

const listOf = (fields: Fields): LogFieldsListItem[] =>
  [...fields]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([logFieldName, seen]) => ({ logFieldName, logFieldType: fieldType(seen) }));

/** Of several types the one that holds them all. */
function fieldType({ types, element, fields }: Seen): LogFieldType {
  const [first = 'string', ...more] = types;
  if (more.length > 0)
    return { type: [...types].every((type) => type === 'long' || type === 'double') ? 'double' : 'string' };
  if (first === 'array') return { type: first, element: element && fieldType(element) };
  return first === 'struct' ? { type: first, fields: fields && listOf(fields) } : { type: first };
}
