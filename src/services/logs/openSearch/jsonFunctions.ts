/** JSON functions of OpenSearch SQL and PPL. */
import type { Fn } from '../insights/functions.ts';
import { modest } from '../insights/texts.ts';
import { isStructure, Moment, type Value } from '../insights/values.ts';
import { schemaOf, typed } from './jsonSchemas.ts';
import { any, ofText, strict } from './makers.ts';
import { said } from './values.ts';

/** Undefined for what is no JSON. */
export function parsed(value: Value): unknown {
  if (isStructure(value)) return value;
  try {
    return JSON.parse(said(value) ?? '') as unknown;
  } catch {
    return undefined;
  }
}

export const valueIn = (found: unknown): Value => (found === undefined ? null : (found as Value));

const STEP = /\.?\["([^"]*)"\]|\.?\['([^']*)'\]|\[(\d+|\*)\]|\.([^.[\]]+)/y;
const STEPS_MAX = 50;

/** `$.a[0].b`; undefined for what is no path. */
function stepsOf(path: string): readonly string[] | undefined {
  const steps: string[] = [];
  const text = path.startsWith('$') ? path.slice(1) : `.${path}`;
  const whole = text === '' || text.startsWith('.') || text.startsWith('[') ? text : `.${text}`;
  for (STEP.lastIndex = 0; STEP.lastIndex < whole.length; ) {
    const found = STEP.exec(whole);
    if (!found || steps.length === STEPS_MAX) return undefined;
    steps.push(found[1] ?? found[2] ?? found[3] ?? found[4] ?? '');
  }
  return steps;
}

export function walked(root: unknown, steps: readonly string[]): unknown {
  let value = root;
  for (const [i, step] of steps.entries()) {
    if (step === '*' && Array.isArray(value)) return value.map((each) => walked(each, steps.slice(i + 1)));
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** As text; structures as JSON. */
function extracted(value: Value, path: Value): Value {
  const root = parsed(value);
  const steps = stepsOf(said(path) ?? '');
  const found = root === undefined || !steps ? undefined : walked(root, steps);
  return found === undefined || found === null ? null : (said(found as Value) ?? null);
}

function object(...members: Value[]): Value {
  if (members.length % 2 === 1) return null;
  const entries: [string, Value][] = [];
  for (let i = 0; i < members.length; i += 2) entries.push([said(members[i]!) ?? 'null', plain(members[i + 1]!)]);
  return modest(Object.fromEntries(entries));
}

export const plain = (value: Value): Value => (value instanceof Moment ? (said(value) ?? null) : value);
const jsonText = (value: Value) => JSON.stringify(plain(value));
function keysOf(value: Value): Value {
  const found = parsed(value);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : null;
}

/** What a schema makes of it. */
function shaped(value: Value, schema: Value): Value {
  const root = parsed(value);
  const text = (said(schema) ?? '').trim();
  if (/^(?:array|map)\s*</i.test(text)) return valueIn(typeof root === 'object' ? root : undefined);
  const members = schemaOf(text);
  if (!members || typeof root !== 'object' || root === null) return null;
  return Object.fromEntries(
    members.map(({ name, type }) => [name, typed((root as Record<string, unknown>)[name], type)]),
  );
}

export const jsonFunctions: Readonly<Record<string, Fn>> = {
  json: ofText(1, 1, (text) => (parsed(text) === undefined ? null : text)),
  json_valid: strict(1, 1, (value) => parsed(value) !== undefined),
  json_object: any(0, 100, object),
  json_array: any(0, 100, (...values) => modest(values.map(plain))),
  json_extract: strict(2, 2, extracted),
  get_json_object: strict(2, 2, extracted),
  json_keys: strict(1, 1, keysOf),
  json_object_keys: strict(1, 1, keysOf),
  to_json: strict(1, 1, jsonText),
  to_json_string: strict(1, 1, jsonText),
  from_json: strict(2, 2, shaped),
};
