/**
 * Members of a parsed JSON object, each checked as it is taken; what is wrong is thrown as Malformed, with the way to
 * it.
 */
import type { Tag } from '../core/operation.ts';
import { PolicySyntaxError, parsePolicy } from '../policy/index.ts';
import { Malformed } from './position.ts';

type Path = readonly (string | number)[];

export interface Fields {
  readonly path: Path;
  readonly members: Readonly<Record<string, unknown>>;
}

export function fieldsOf(value: unknown, path: Path = []): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Malformed(path, 'must be an object');
  return { path, members: value as Record<string, unknown> };
}

export function fail(fields: Fields, name: string, message: string): never {
  throw new Malformed([...fields.path, name], message);
}

/** Null stands for nothing, as some tools write it. */
export const has = ({ members }: Fields, name: string) => members[name] !== undefined && members[name] !== null;

export function text(fields: Fields, name: string): string {
  const value = fields.members[name];
  if (!has(fields, name)) throw new Malformed(fields.path, `has no ${name}`);
  return typeof value === 'string' ? value : fail(fields, name, 'must be a string');
}

export const optionalText = (fields: Fields, name: string) => (has(fields, name) ? text(fields, name) : undefined);

export function optionalNumber(fields: Fields, name: string): number | undefined {
  if (!has(fields, name)) return undefined;
  const value = fields.members[name];
  return typeof value === 'number' ? value : fail(fields, name, 'must be a number');
}

export function list(fields: Fields, name: string): readonly unknown[] {
  if (!has(fields, name)) return [];
  const value = fields.members[name];
  return Array.isArray(value) ? value : fail(fields, name, 'must be a list');
}

export const objects = (fields: Fields, name: string): readonly Fields[] =>
  list(fields, name).map((value, i) => fieldsOf(value, [...fields.path, name, i]));

export const texts = (fields: Fields, name: string): readonly string[] =>
  list(fields, name).map((value, i) =>
    typeof value === 'string'
      ? value
      : fail({ ...fields, path: [...fields.path, name] }, String(i), 'must be a string'),
  );

export const object = (fields: Fields, name: string): Fields | undefined =>
  has(fields, name) ? fieldsOf(fields.members[name], [...fields.path, name]) : undefined;

/** ISO 8601 as the AWS CLI prints it, with a space or a T; or seconds since 1970. */
export function optionalTime(fields: Fields, name: string): string | undefined {
  if (!has(fields, name)) return undefined;
  const value = fields.members[name];
  const date = new Date(typeof value === 'number' ? value * 1000 : typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? fail(fields, name, 'must be a time') : date.toISOString();
}

export const time = (fields: Fields, name: string) =>
  optionalTime(fields, name) ?? fail(fields, name, 'must be a time');

export const tags = (fields: Fields): readonly Tag[] =>
  objects(fields, 'Tags').map((tag) => ({ Key: text(tag, 'Key'), Value: text(tag, 'Value') }));

/**
 * A policy document's text: of an object, of JSON in a string, or of a URL-encoded string (RFC 3986), as IAM sends
 * it.
 */
export function document(fields: Fields, name: string): string {
  const value = fields.members[name];
  if (!has(fields, name)) throw new Malformed(fields.path, `has no ${name}`);
  const document = typeof value === 'string' ? decoded(fields, name, value) : JSON.stringify(value);
  try {
    parsePolicy(document);
  } catch (error) {
    if (!(error instanceof PolicySyntaxError)) throw error;
    fail(fields, name, `is not a policy document: ${error.message}`);
  }
  return document;
}

function decoded(fields: Fields, name: string, value: string): string {
  if (/^\s*\{/.test(value)) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return fail(fields, name, 'is neither JSON nor URL-encoded JSON');
  }
}
