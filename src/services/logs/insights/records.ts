/** A record on its way through a query: an event with its discovered fields, or a row that `stats` made. */
import { idOf, pointerText } from '../eventIds.ts';
import type { StoredEvent } from '../reading.ts';
import { lambdaFields, mapIn, type SystemFields } from './discovered.ts';
import { lengthOf } from './texts.ts';
import { isStructure, Moment, type Structure, type Value } from './values.ts';

export interface Row {
  /** Absent after `stats`. */
  readonly event?: StoredEvent | undefined;
  /** `ACCOUNT:NAME` of the event's group. */
  readonly log?: string | undefined;
  /** The event's message before it was masked, where it was. */
  readonly raw?: string | undefined;
  /** It is of the time range that `diff` compares with. */
  readonly earlier?: true | undefined;
  /** What `join` put side by side, by its alias; null where nothing fits. */
  readonly sides?: ReadonlyMap<string, Row | null> | undefined;
  /** Fields that commands made. */
  readonly made: ReadonlyMap<string, Value>;
  /** The event's message as JSON: undefined until it is asked for, null where it is none. */
  json?: object | null | undefined;
  /** What Lambda says in it: undefined until it is asked for, null where it says nothing. */
  lambda?: SystemFields | null | undefined;
}

const NONE: ReadonlyMap<string, Value> = new Map();

export const rowOf = (event: StoredEvent, log: string, raw?: string, earlier?: true): Row => ({
  event,
  log,
  raw,
  earlier,
  made: NONE,
  json: undefined,
});

/** The row as it is without masking; fields that commands made of masked ones stay as they are. */
export function unmasked(row: Row): Row {
  const sides = row.sides && new Map(Array.from(row.sides, ([alias, side]) => [alias, side && unmasked(side)]));
  if (row.event === undefined || row.raw === undefined) return sides ? { ...row, sides } : row;
  return { ...row, sides, event: { ...row.event, message: row.raw }, json: undefined };
}

/** The row with further fields. */
export const withFields = (row: Row, fields: readonly (readonly [string, Value])[]): Row => {
  const made = new Map(row.made);
  for (const [name, value] of fields) made.set(name, value);
  return { ...row, made };
};

/** About what a row keeps in memory: bytes. */
export function sizeOf({ event, made, sides }: Row): number {
  let size = 300 + 2 * (event?.message.length ?? 0);
  for (const value of made.values()) size += 60 + 2 * lengthOf(value);
  for (const side of sides?.values() ?? []) if (side) size += 100;
  return size;
}

/** What a name of a field leads to. Compiled once for the name. */
export function fieldReader(name: string): (row: Row) => Value {
  const system = SYSTEM[name];
  const path = name.split('.');
  const ways = path.slice(0, -1).map((_, i) => [path.slice(0, i + 1).join('.'), path.slice(i + 1)] as const);
  const discovered = name.startsWith('@@') ? name.slice(1) : name;
  let ofSide: ReturnType<typeof fieldReader> | undefined;
  return (row) => {
    const made = row.made.get(name);
    if (made !== undefined) return made;
    const side = path.length > 1 ? row.sides?.get(path[0]!) : undefined;
    if (side !== undefined) {
      ofSide ??= fieldReader(path.slice(1).join('.'));
      return side && ofSide(side);
    }
    for (const [root, rest] of ways) {
      const value = row.made.get(root);
      if (value !== undefined && isStructure(value)) return inside(value, rest);
    }
    if (row.event === undefined) return null;
    if (system) return system(row.event, row.log ?? '');
    return name.startsWith('@') && discovered === name ? (lambdaOf(row)?.[name] ?? null) : found(row, discovered, path);
  };
}

const SYSTEM: Readonly<Record<string, (event: StoredEvent, log: string) => Value>> = {
  '@message': (event) => event.message,
  '@timestamp': (event) => new Moment(event.time),
  '@ingestionTime': (event) => new Moment(event.from.ingested),
  '@logStream': (event) => event.from.streamName,
  '@log': (_, log) => log,
  '@ptr': (event) => pointerOf(event),
  '@eventId': (event) => idOf(event),
  '@transformationError': ({ untransformed }) => (untransformed ? 'The log event could not be transformed.' : null),
};

export const pointerOf = ({ from, index }: StoredEvent): string => pointerText({ ...from, index });

/** A field of a JSON message: `a.b.0.c`, or a name that itself has dots. Only what is no object is a field. */
function found(row: Row, name: string, path: readonly string[]): Value {
  const root = jsonOf(row);
  if (root === null) return null;
  const whole = own(root, name);
  const value = whole === undefined && path.length > 1 ? walk(root, path) : whole;
  return scalar(value);
}

export function jsonOf(row: Row): object | null {
  if (row.json === undefined) row.json = row.event === undefined ? null : mapIn(row.event.message, row.log ?? '');
  return row.json;
}

function lambdaOf(row: Row): SystemFields | null {
  if (row.lambda === undefined) row.lambda = row.event ? lambdaFields(row.event.message, row.log ?? '') : null;
  return row.lambda;
}

const own = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

function walk(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const step of path) {
    value = own(value, step);
    if (value === undefined) return undefined;
  }
  return value;
}

const scalar = (value: unknown): Value =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;

/** What a path leads to in a map or a list, structures among it. */
export function inside(structure: Structure, path: readonly string[]): Value {
  const value = walk(structure, path);
  return value === undefined ? null : (value as Value);
}

const FIELDS_MAX = 200;

/** The discovered fields of an event, those of maps flattened, the first 200. */
export function discoveredFields(row: Row): [string, string][] {
  const fields = Object.entries(lambdaOf(row) ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  const add = (value: unknown, name: string): void => {
    if (fields.length >= FIELDS_MAX || value === null) return;
    if (typeof value === 'object') {
      for (const [key, each] of Object.entries(value)) add(each, name === '' ? key : `${name}.${key}`);
    } else fields.push([name.startsWith('@') ? `@${name}` : name, String(value)]);
  };
  add(jsonOf(row), '');
  return fields;
}
