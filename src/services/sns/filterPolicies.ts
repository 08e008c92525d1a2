/**
 * Filter policies: which messages a subscriber gets. The language is EventBridge's (src/patterns), asked of the message
 * attributes or of the body; SNS allows less of it.
 * https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
 */
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import { compilePattern, InvalidPattern, isDeep, type Pattern } from '../../patterns/index.ts';
import { refuse } from './errors.ts';
import type { Subscription } from './topicRows.ts';

export type Scope = 'MessageAttributes' | 'MessageBody';

const BYTES_MAX = 262_144;
const KEYS_MAX = 5;
const COMBINATIONS_MAX = 150;
const NUMBER_MAX = 1e9;

/** @throws InvalidParameter, with what is wrong with the text. */
export function requireFilterPolicy(text: string, scope: Scope): void {
  if (Buffer.byteLength(text) > BYTES_MAX) refuse('FilterPolicy: Filter policy is too large');
  try {
    // An empty policy lets everything pass, which is no pattern.
    if (!isEmptyObject(text)) compilePattern(text);
  } catch (error) {
    if (error instanceof InvalidPattern) refuse(`FilterPolicy: ${error.message}`);
    throw error;
  }
  const measure: Measure = { keys: new Set(), combinations: 1 };
  measureLevel(JSON.parse(text) as object, [], scope, measure);
  if (measure.keys.size > KEYS_MAX) refuse(`FilterPolicy: Filter policy can not have more than ${KEYS_MAX} keys`);
  if (measure.combinations > COMBINATIONS_MAX) refuse('FilterPolicy: Filter policy is too complex');
}

interface Measure {
  /** Paths of the leaves. */
  readonly keys: Set<string>;
  combinations: number;
}

function measureLevel(level: object, path: readonly string[], scope: Scope, measure: Measure): void {
  for (const [name, value] of Object.entries(level)) {
    if (name === '$or' && Array.isArray(value) && value.every(isObject)) {
      for (const branch of value) measureLevel(branch, path, scope, measure);
    } else if (Array.isArray(value)) {
      requireNumbers(value);
      measure.keys.add([...path, name].join('\n'));
      measure.combinations *= value.length * (path.length + 1);
    } else if (isObject(value)) {
      if (scope === 'MessageAttributes') {
        refuse('FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy');
      }
      measureLevel(value, [...path, name], scope, measure);
    }
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function requireNumbers(value: unknown): void {
  if (typeof value === 'number' && Math.abs(value) > NUMBER_MAX) {
    refuse('FilterPolicy: Value of < must be numeric and between -10^9 and 10^9');
  }
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) requireNumbers(inner);
}

const isEmptyObject = (text: string) => /^\s*\{\s*\}\s*$/.test(text);

/** What filters see of a message. */
export interface Filtered {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
}

const compiled = new WeakMap<object, Pattern | null>();

/** Whether the subscriber gets the message. */
export function passes({ attributes }: Pick<Subscription, 'attributes'>, message: Filtered): boolean {
  const text = attributes.FilterPolicy;
  if (text === undefined) return true;
  let pattern = compiled.get(attributes);
  if (pattern === undefined) {
    pattern = isEmptyObject(text) ? null : compilePattern(text);
    compiled.set(attributes, pattern);
  }
  if (pattern === null) return true;
  const seen = attributes.FilterPolicyScope === 'MessageBody' ? bodyOf(message) : attributesOf(message);
  return seen !== undefined && pattern.matches(seen);
}

/** A body that is no JSON object passes no filter. */
function bodyOf({ body }: Filtered): object | undefined {
  if (isDeep(body)) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function attributesOf({ attributes = {} }: Filtered): object {
  const seen: Record<string, unknown> = {};
  for (const [name, { DataType = '', StringValue = '' }] of Object.entries(attributes)) {
    if (/^String\.Array\b/.test(DataType)) seen[name] = listOf(StringValue);
    else if (/^Number\b/.test(DataType)) seen[name] = Number(StringValue);
    else if (/^String\b/.test(DataType)) seen[name] = StringValue;
  }
  return seen;
}

function listOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : text;
  } catch {
    return text;
  }
}
