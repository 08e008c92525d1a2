/**
 * PATCH of a user: operations on a document, by path (`name.givenName`, `emails[type eq "work"].value`, `urn:…:User:title`)
 * or without (a value whose members are attributes, or paths). RFC 7644, section 3.5.2.
 */
import {
  type Attribute,
  CORE_USER,
  type Complex,
  checkedValue,
  ENTERPRISE_USER,
  partOf,
  USER,
} from './scimAttributes.ts';
import { failInvalid } from './scimErrors.ts';

export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path?: string;
  readonly value?: unknown;
}

const OPERATIONS_MAX = 100;

/** The operations in a body, whatever the case of their names. */
export function operationsOf(body: Readonly<Record<string, unknown>>): readonly PatchOperation[] {
  const list = body.Operations ?? body.operations;
  if (!Array.isArray(list) || list.length === 0) return failInvalid('Operations must be a list that is not empty.');
  if (list.length > OPERATIONS_MAX) failInvalid(`Operations must be at most ${OPERATIONS_MAX}.`);
  return list.map((each: unknown) => {
    const { op, path, value } = (each ?? {}) as Record<string, unknown>;
    const kind = typeof op === 'string' ? op.toLowerCase() : '';
    if (kind !== 'add' && kind !== 'replace' && kind !== 'remove') failInvalid('op must be add, replace or remove.');
    if (path !== undefined && path !== null && typeof path !== 'string') failInvalid('path must be a string.');
    if (kind === 'remove' && !path) failInvalid('Missing path in PATCH request');
    if (kind !== 'remove' && value === undefined) failInvalid('Missing value in PATCH request');
    return { op: kind, ...(path ? { path } : {}), ...(value !== null && { value }) } as PatchOperation;
  });
}

/** Attributes that one request may change once. */
const ONCE = new Set(['userName', 'active']);

export function patched(document: Complex, operations: readonly PatchOperation[]): Complex {
  const changes = operations.flatMap(changesOf);
  for (const name of ONCE) {
    const touched = changes.filter(({ place }) => place.way[0]!.name === name);
    if (touched.length > 1) failInvalid(`Multiple operations on ${name} are not supported.`);
    if (touched.some(({ op }) => op === 'remove')) failInvalid(`The attribute ${name} cannot be removed.`);
  }
  return changes.reduce<Complex>(
    (now, { op, place, value }) => changed(now, place.way, { op, value, place }),
    document,
  );
}

interface Place {
  /** From the top. */
  readonly way: readonly [Attribute, ...Attribute[]];
  /** Which value of a list: its member, and what that must be. */
  readonly filter?: { readonly name: string; readonly value: string } | undefined;
}

interface Change {
  readonly op: PatchOperation['op'];
  readonly place: Place;
  readonly value: unknown;
}

function changesOf({ op, path, value }: PatchOperation): Change[] {
  if (path !== undefined) return [{ op, place: placeOf(path), value }];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failInvalid('Missing path in PATCH request');
  }
  const members = Object.entries(value).filter(([name]) => name !== 'schemas' && name !== 'id' && name !== 'meta');
  return members.map(([name, inner]) => ({ op, place: placeOf(name), value: inner }));
}

const STEP = /^([\w$]+)(?:\[\s*(\w+)\s+eq\s+(?:"([^"]*)"|(true|false))\s*\])?$/i;

function placeOf(path: string): Place {
  const { from, rest } = begun(path);
  const way: Attribute[] = [...from];
  let filter: Place['filter'];
  for (const step of stepsOf(rest)) {
    const [, name = '', member, text, word] = STEP.exec(step) ?? [];
    const part = partOf(way.at(-1) ?? USER, name) ?? failInvalid(`The path ${path.slice(0, 200)} is not supported.`);
    if (member !== undefined) {
      if (!part.list) failInvalid(`The path ${path.slice(0, 200)} is not supported.`);
      filter = { name: member, value: text ?? word ?? '' };
    }
    way.push(part);
  }
  return { way: way as [Attribute, ...Attribute[]], filter };
}

/** Parts between dots; what a filter compares with may have dots of its own. */
function stepsOf(rest: string): readonly string[] {
  const steps = rest.match(/[^.[\]]+(?:\[[^\]]*\])?/g) ?? [];
  return steps.join('.') === rest ? steps : failInvalid(`The path ${rest.slice(0, 200)} is not supported.`);
}

/** The schema that a path begins with, if it does, and the rest. */
function begun(path: string): { readonly from: readonly Attribute[]; readonly rest: string } {
  const lower = path.toLowerCase();
  if (lower.startsWith(`${CORE_USER.toLowerCase()}:`)) return { from: [], rest: path.slice(CORE_USER.length + 1) };
  if (!lower.startsWith(ENTERPRISE_USER.toLowerCase())) return { from: [], rest: path };
  return { from: [partOf(USER, ENTERPRISE_USER)!], rest: path.slice(ENTERPRISE_USER.length + 1) };
}

function changed(into: Complex, [attribute, ...rest]: readonly Attribute[], change: Change): Complex {
  const { name } = attribute!;
  const before = into[name];
  const after = attribute!.list
    ? inList(attribute!, before as readonly Complex[] | undefined, rest, change)
    : rest.length > 0
      ? nonEmpty(changed((before as Complex | undefined) ?? {}, rest, change))
      : whole(attribute!, before, change);
  const { [name]: _, ...others } = into;
  return after === undefined ? others : { ...others, [name]: after };
}

const nonEmpty = (value: Complex) => (Object.keys(value).length === 0 ? undefined : value);

/** An attribute as a whole: of a complex one, what is said is set and the rest stays. */
function whole(attribute: Attribute, before: Complex[string] | undefined, { op, value }: Change) {
  if (op === 'remove' || value === undefined) return undefined;
  const said = checkedValue(attribute, value);
  return attribute.type === 'complex' ? { ...(before as Complex | undefined), ...(said as Complex) } : said;
}

function inList(
  attribute: Attribute,
  before: readonly Complex[] | undefined,
  rest: readonly Attribute[],
  change: Change,
): readonly Complex[] | undefined {
  const { filter } = change.place;
  const [item] = before ?? [];
  const meant = item !== undefined && (!filter || matches(item, filter));
  if (change.op === 'remove' || change.value === undefined) {
    if (!meant) return before;
    return rest.length === 0 ? undefined : [changed(item, rest, change)];
  }
  if (rest.length === 0 && !filter) return replaced(attribute, item, change);
  if (item && !meant) return failInvalid(`List attribute ${attribute.name} exceeds allowed limit of 1`);
  const base: Complex = item ?? { ...madeBy(filter), primary: true };
  return rest.length > 0
    ? [changed(base, rest, change)]
    : [{ ...base, ...(checkedValue(attribute, change.value) as readonly Complex[])[0] }];
}

const madeBy = (filter: Place['filter']): Complex =>
  filter && filter.name.toLowerCase() === 'type' ? { type: filter.value } : {};

const matches = (item: Complex, { name, value }: NonNullable<Place['filter']>) =>
  String(item[Object.keys(item).find((key) => key.toLowerCase() === name.toLowerCase()) ?? '']) === value;

function replaced(attribute: Attribute, item: Complex | undefined, { op, value }: Change): readonly Complex[] {
  const said = checkedValue(attribute, value) as readonly Complex[];
  if (op === 'add' && item && said.some((each) => each.value !== item.value)) {
    return failInvalid(`List attribute ${attribute.name} exceeds allowed limit of 1`);
  }
  return said;
}
