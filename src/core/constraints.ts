/**
 * Limits of the API model, checked in one place and told in AWS's words.
 *
 * An operation's limits are compiled once into a tree of members; a call walks the tree along its input. Every breach
 * is collected, in the model's order, and the error names them all: "2 validation errors detected: Value 'x' at
 * 'name' failed to satisfy constraint: Member must …; Value …". Items of a list that are plain values share one
 * sentence about the list; items that are structures are named one by one (`tags.1.member.key`).
 *
 * Some services speak otherwise: what is known of that stands in wordings.ts.
 */
import type { Limit, Service } from './operation.ts';
import { type Breach, type BreachKind, failure, type Member } from './wordings.ts';

/** What only the wire schema knows of an operation. Asked once per operation. */
export interface SchemaFacts {
  /** Top-level members that a call cannot leave out. */
  readonly required?: (operation: string) => readonly string[];
  /** Whether a member's value must not be repeated in a message. `path` as in `Limits`: `Tags[].Value`. */
  readonly sensitive?: (operation: string, path: string) => boolean;
}

/**
 * Throws when `input` breaks a documented limit of the operation: `ValidationFailure` with AWS's sentence, or the
 * service's own error where it has one. Members are named as in the SDK's input types. `facts` are compiled in at an
 * operation's first call, so they must be the same at every call.
 */
export function checkLimits(service: Service, operation: string, input: unknown, facts: SchemaFacts = {}): void {
  const { members } = ruleFor(service, operation, facts);
  const breaches: Breach[] = [];
  checkMembers(members, (input ?? {}) as Fields, '', breaches);
  if (breaches.length > 0) throw failure(service, breaches);
}

type Fields = Readonly<Record<string, unknown>>;

/** More are not listed: a message may grow with the input, not beyond. */
const BREACHES_MAX = 100;
/** A value that is too long anyway is not matched against a pattern beyond this length. */
const MATCHED_LENGTH_MAX = 1024;

interface Rule extends Member {
  limit: Limit;
  regex: RegExp | undefined;
  /** Whether the value itself has limits, besides being required. */
  bounded: boolean;
  sensitive: boolean;
  readonly members: Rule[];
  item: Rule | undefined;
  mapKey: Rule | undefined;
  mapValue: Rule | undefined;
}

const compiled = new WeakMap<Service, Map<string, Rule>>();

function ruleFor(service: Service, operation: string, facts: SchemaFacts): Rule {
  let rules = compiled.get(service);
  if (rules === undefined) {
    rules = new Map();
    compiled.set(service, rules);
  }
  let rule = rules.get(operation);
  if (rule === undefined) {
    rule = compile(service, operation, facts);
    rules.set(operation, rule);
  }
  return rule;
}

function compile(service: Service, operation: string, facts: SchemaFacts): Rule {
  const root = newRule('', '');
  for (const [path, limit] of Object.entries(service.limits[operation] ?? {})) constrain(ruleAt(root, path), limit);
  for (const name of facts.required?.(operation) ?? []) {
    const rule = ruleAt(root, name);
    rule.limit = { ...rule.limit, required: true };
  }
  if (facts.sensitive !== undefined) markSensitive(root, (path) => facts.sensitive?.(operation, path) === true);
  return root;
}

function newRule(key: string, path: string): Rule {
  const name = key.charAt(0).toLowerCase() + key.slice(1);
  const below = { members: [], item: undefined, mapKey: undefined, mapValue: undefined };
  return { key, name, path, limit: {}, regex: undefined, bounded: false, sensitive: false, ...below };
}

function constrain(rule: Rule, limit: Limit): void {
  const { pattern, regex } = limit;
  rule.limit = limit;
  rule.regex = pattern === undefined ? undefined : new RegExp(regex ?? `^(?:${pattern})$`, 'u');
  rule.bounded = Object.keys(limit).some((kind) => kind !== 'required');
}

/** `Tags[].Key`, `Attributes{value}.Type`: the rule there, made with all above it when it is new. */
function ruleAt(root: Rule, path: string): Rule {
  const steps = path.match(/\[\]|\{key\}|\{value\}|[^.[{]+/g) ?? [];
  return steps.reduce<Rule>(ruleBelow, root);
}

function ruleBelow(rule: Rule, step: string): Rule {
  if (step === '[]') return (rule.item ??= newRule('', `${rule.path}[]`));
  if (step === '{key}') return (rule.mapKey ??= newRule('', `${rule.path}{key}`));
  if (step === '{value}') return (rule.mapValue ??= newRule('', `${rule.path}{value}`));
  const known = rule.members.find(({ key }) => key === step);
  if (known !== undefined) return known;
  const member = newRule(step, rule.path === '' ? step : `${rule.path}.${step}`);
  rule.members.push(member);
  return member;
}

/** What holds a secret is as secret as the secret. */
function markSensitive(rule: Rule, sensitive: (path: string) => boolean): boolean {
  const below = [...rule.members, rule.item, rule.mapKey, rule.mapValue].filter((part) => part !== undefined);
  const within = below.map((part) => markSensitive(part, sensitive)).includes(true);
  rule.sensitive = rule.path !== '' && (within || sensitive(rule.path));
  return rule.sensitive;
}

/** `above`: where the members' structure is; empty at the top. */
function checkMembers(rules: readonly Rule[], fields: Fields, above: string, breaches: Breach[]): void {
  for (const rule of rules) {
    const value = fields[rule.key];
    if (value !== undefined && value !== null) {
      if (rule.bounded || typeof value === 'object') check(rule, value, above, breaches);
    } else if (rule.limit.required === true) add(breaches, 'required', rule, rule.limit, value, place(above, rule));
  }
}

function place(above: string, rule: Rule): string {
  return above === '' ? rule.name : `${above}.${rule.name}`;
}

function check(rule: Rule, value: unknown, above: string, breaches: Breach[]): void {
  if (rule.bounded) {
    for (const kind of broken(rule, value)) add(breaches, kind, rule, rule.limit, value, place(above, rule));
  }
  if (typeof value === 'object' && breaches.length < BREACHES_MAX) {
    checkBelow(rule, value as object, place(above, rule), breaches);
  }
}

function checkBelow(rule: Rule, value: object, at: string, breaches: Breach[]): void {
  const { members, item, mapKey, mapValue } = rule;
  if (members.length > 0) checkMembers(members, value as Fields, at, breaches);
  if (item !== undefined && Array.isArray(value)) {
    const places = (index: number) => `${at}.${index + 1}.member`;
    checkParts('items', rule, item, value, value, places, at, breaches);
  }
  if (mapKey === undefined && mapValue === undefined) return;
  const keys = Object.keys(value);
  const places = (index: number) => `${at}.${keys[index]}.member`;
  if (mapKey !== undefined) checkParts('keys', rule, mapKey, keys, value, places, at, breaches);
  if (mapValue !== undefined) {
    checkParts('values', rule, mapValue, Object.values(value), value, places, at, breaches);
  }
}

/** Plain parts share one breach, told of the whole; structures and lists are gone into. */
function checkParts(
  kind: 'items' | 'keys' | 'values',
  whole: Rule,
  part: Rule,
  values: readonly unknown[],
  value: object,
  places: (index: number) => string,
  at: string,
  breaches: Breach[],
): void {
  if (part.bounded && values.some((each) => each !== null && typeof each !== 'object' && broken(part, each) !== NONE)) {
    add(breaches, kind, whole, part.limit, value, at);
  }
  for (let index = 0; index < values.length && breaches.length < BREACHES_MAX; index++) {
    const each = values[index];
    if (typeof each === 'object' && each !== null) checkBelow(part, each, places(index), breaches);
  }
}

function add(breaches: Breach[], kind: BreachKind, rule: Rule, limit: Limit, value: unknown, at: string): void {
  breaches.push({ kind, member: rule, limit, value, at, sensitive: rule.sensitive });
}

const NONE: readonly BreachKind[] = [];

function broken(rule: Rule, value: unknown): readonly BreachKind[] {
  const { length, range, enum: values } = rule.limit;
  let kinds = NONE;
  if (length !== undefined) kinds = outside(length, lengthOf(value), 'longer', 'shorter');
  if (range !== undefined && typeof value !== 'object') kinds = outside(range, Number(value), 'above', 'below');
  if (typeof value !== 'string') return kinds;
  if (rule.regex !== undefined && !fits(rule.regex, value, kinds)) kinds = ['pattern', ...kinds];
  if (values !== undefined && !values.includes(value)) kinds = [...kinds, 'enum'];
  return kinds;
}

function fits(regex: RegExp, value: string, kinds: readonly BreachKind[]): boolean {
  if (value.length > MATCHED_LENGTH_MAX && kinds.includes('longer')) return true;
  return regex.test(value);
}

function outside(
  [min, max]: readonly [number | null, number | null],
  size: number | undefined,
  above: BreachKind,
  below: BreachKind,
): readonly BreachKind[] {
  if (size === undefined) return NONE;
  if (max !== null && size > max) return [above];
  if (min !== null && size < min) return [below];
  return NONE;
}

/** Characters of a text, bytes of a blob, items of a list, entries of a map. */
function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}
