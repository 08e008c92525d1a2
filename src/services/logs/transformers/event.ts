/** A log event on its way through a transformer: what processors have made of it so far. */

import type { Fuel } from '../../../patterns/regex/index.ts';

/** Where a path leads: `a.b.c`, each step a member of an object. */
export type Fields = Record<string, unknown>;

export interface LogEvent {
  /** As it was ingested. */
  readonly message: string;
  readonly fields: Fields;
  readonly origin: Origin;
  /** For matching regular expressions. */
  readonly fuel: Fuel;
}

/** What copyValue may copy beside fields. */
export interface Origin {
  readonly group: string;
  readonly stream: string;
  readonly account: string;
  readonly region: string;
}

/** The event cannot be transformed. */
export class Untransformable extends Error {}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `@message` is the event as it was ingested. */
export function fieldAt({ message, fields }: LogEvent, path: string): unknown {
  if (path === '@message') return message;
  let value: unknown = fields;
  for (const step of path.split('.')) {
    if (!isFields(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** Makes the objects on the way. Whatever stands there already is kept unless it may be overwritten. */
export function setField({ fields }: LogEvent, path: string, value: unknown, overwrite: boolean): void {
  const steps = path.split('.');
  const last = steps.pop()!;
  let at = fields;
  for (const step of steps) {
    const next = Object.hasOwn(at, step) ? at[step] : undefined;
    if (isFields(next)) {
      at = next;
      continue;
    }
    if (next !== undefined && !overwrite) return;
    const made: Fields = {};
    put(at, step, made);
    at = made;
  }
  if (overwrite || !Object.hasOwn(at, last)) put(at, last, value);
}

/** Also a name that objects have of themselves. */
const put = (at: Fields, name: string, value: unknown) =>
  Object.defineProperty(at, name, { value, writable: true, enumerable: true, configurable: true });

export function removeField(event: LogEvent, path: string): void {
  const cut = path.lastIndexOf('.');
  const parent = cut < 0 ? event.fields : fieldAt(event, path.slice(0, cut));
  if (isFields(parent)) delete parent[path.slice(cut + 1)];
}

/** All members, at a path or at the root. */
export function merge(event: LogEvent, path: string | undefined, found: object, overwrite: boolean): void {
  const prefix = path === undefined || path === '' ? undefined : path;
  if (prefix !== undefined && !isFields(fieldAt(event, prefix))) setField(event, prefix, {}, overwrite);
  const target = prefix === undefined ? event.fields : fieldAt(event, prefix);
  if (!isFields(target)) return;
  for (const [name, value] of Object.entries(found)) {
    if (overwrite || !Object.hasOwn(target, name)) put(target, name, value);
  }
}

/** The text that a parser is to read. @throws Untransformable */
export function textAt(event: LogEvent, path = '@message'): string {
  const value = fieldAt(event, path);
  if (typeof value !== 'string') throw new Untransformable(`${path} is no text`);
  return value;
}
