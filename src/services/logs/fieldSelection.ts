/**
 * Which events a filter is for, by the system fields of where they come from: `@aws.account = "111122223333" AND
 * @aws.region NOT IN ["cn-north-1"]`. No group here is centralized, so all events of a group come from itself.
 */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import type { LogGroup } from './groupRows.ts';

type Fields = Readonly<Record<string, string>>;
type Test = (fields: Fields) => boolean;

const FIELDS = new Set(['@aws.account', '@aws.region', '@source.log']);
const LENGTH_MAX = 2_000;
const DEPTH_MAX = 20;

/** Where a group's events come from. */
export const systemFieldsOf = ({ account, region, name }: Pick<LogGroup, 'account' | 'region' | 'name'>): Fields => ({
  '@aws.account': account,
  '@aws.region': region,
  '@source.log': name,
});

/** @throws InvalidParameterException */
export function fieldSelection(text: string): Test {
  const refuse = (): never => fail(InvalidParameterException, 'Invalid field selection criteria.');
  if (text.length > LENGTH_MAX) refuse();
  const tokens = tokensIn(text) ?? refuse();
  const reader = { tokens, at: 0, depth: 0, refuse };
  const test = anyOf(reader);
  return reader.at === tokens.length ? test : refuse();
}

const TOKEN = /\s*(?:(@[\w.]+)|("(?:[^"\\]|\\.)*")|(!=|[=()[\],])|(AND|OR|NOT|IN)\b)/iy;

function tokensIn(text: string): string[] | undefined {
  const end = text.trimEnd().length;
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const [, field, quoted, sign, word] = TOKEN.exec(text) ?? [];
    const token = field ?? quoted ?? sign ?? word?.toUpperCase();
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}

/** Fields that may be told with what a filter finds. @throws InvalidParameterException */
export function requireSystemFields(names: readonly string[]): void {
  const unknown = names.find((name) => !FIELDS.has(name));
  if (unknown !== undefined) fail(InvalidParameterException, `Unknown system field '${unknown}'.`);
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  depth: number;
  readonly refuse: () => never;
}

function eat(reader: Reader, token: string): boolean {
  if (reader.tokens[reader.at] !== token) return false;
  reader.at++;
  return true;
}

function must(reader: Reader, token: string): void {
  if (!eat(reader, token)) reader.refuse();
}

function anyOf(reader: Reader): Test {
  const tests = [allOf(reader)];
  while (eat(reader, 'OR')) tests.push(allOf(reader));
  return (fields) => tests.some((test) => test(fields));
}

function allOf(reader: Reader): Test {
  const tests = [oneOf(reader)];
  while (eat(reader, 'AND')) tests.push(oneOf(reader));
  return (fields) => tests.every((test) => test(fields));
}

function oneOf(reader: Reader): Test {
  if (!eat(reader, '(')) return comparison(reader);
  if (++reader.depth > DEPTH_MAX) reader.refuse();
  const test = anyOf(reader);
  must(reader, ')');
  reader.depth--;
  return test;
}

function comparison(reader: Reader): Test {
  const field = reader.tokens[reader.at++] ?? reader.refuse();
  if (!FIELDS.has(field)) reader.refuse();
  if (eat(reader, '=')) return isOneOf(field, [valueAt(reader)]);
  const negated = eat(reader, '!=');
  if (negated) return not(isOneOf(field, [valueAt(reader)]));
  const isNot = eat(reader, 'NOT');
  must(reader, 'IN');
  const test = isOneOf(field, listAt(reader));
  return isNot ? not(test) : test;
}

const isOneOf =
  (field: string, values: readonly string[]): Test =>
  (fields) =>
    values.includes(fields[field] ?? '');

const not =
  (test: Test): Test =>
  (fields) =>
    !test(fields);

function valueAt(reader: Reader): string {
  const token = reader.tokens[reader.at++] ?? '';
  return token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, '$1') : reader.refuse();
}

function listAt(reader: Reader): string[] {
  must(reader, '[');
  const values = [valueAt(reader)];
  while (eat(reader, ',')) values.push(valueAt(reader));
  must(reader, ']');
  return values;
}
