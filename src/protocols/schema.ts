/**
 * The wire shapes of a service, read from its SDK module. The only file that knows the SDK's run-time schemas: the
 * codecs see `Shape` and `Member`, made once for each schema node and kept.
 */
import type { NormalizedSchema } from '@smithy/core/schema';
import type { SchemaFacts } from '../core/constraints.ts';
import type { Service } from '../core/operation.ts';
import { normalized } from './smithy.ts';

type Kind =
  | 'string'
  | 'number'
  | 'boolean'
  | 'blob'
  | 'timestamp'
  | 'document'
  | 'bigInteger'
  | 'bigDecimal'
  | 'list'
  | 'map'
  | 'structure'
  | 'union'
  | 'unit';

export type TimestampFormat = 'dateTime' | 'httpDate' | 'epochSeconds';

/** Smithy traits under the names the SDK gives them; a trait without a value is 1. */
export interface Traits {
  readonly jsonName?: string;
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: readonly [prefix: string | 0, uri: string] | readonly [uri: string] | string;
  readonly ec2QueryName?: string;
  readonly http?: readonly [method: string, path: string, status: number];
  readonly httpLabel?: 1;
  readonly httpQuery?: string;
  readonly httpQueryParams?: 1;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  readonly mediaType?: string;
  readonly sensitive?: 1;
  readonly idempotencyToken?: 1;
  readonly streaming?: 1;
  readonly eventHeader?: 1;
  readonly eventPayload?: 1;
  readonly sparse?: 1;
  readonly error?: 'client' | 'server';
  readonly httpError?: number;
  readonly awsQueryError?: readonly [code: string, status: number];
}

export interface Shape {
  readonly kind: Kind;
  readonly name: string;
  /** The shape's own traits, without those of the member that targets it. */
  readonly traits: Traits;
  /** Of a timestamp whose model names a format; else the protocol's default holds. */
  readonly format?: TimestampFormat | undefined;
  /** Of structures and unions, in the model's order (required ones first); empty otherwise. */
  readonly members: readonly Member[];
  /** Names of the required members of a structure. */
  readonly required: readonly string[];
  /** A list's `member`. */
  readonly element?: Member;
  readonly key?: Member;
  readonly value?: Member;
  /** The shape contains itself: whoever walks it counts the depth. */
  readonly recursive: boolean;
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  /** The member's own traits, without those of its target. */
  readonly traits: Traits;
}

type Draft = { -readonly [K in keyof Shape]: Shape[K] };

const UNIT: Shape = { kind: 'unit', name: 'Unit', traits: {}, members: [], required: [], recursive: false };
const kept = new WeakMap<object, Draft>();
const open = new Set<Draft>();

/** The input structure of an operation, `unit` where it takes none, undefined if there is no such operation. */
export function inputOf(service: Service, operation: string): Shape | undefined {
  return operationOf(service, operation)?.input;
}

export function outputOf(service: Service, operation: string): Shape | undefined {
  return operationOf(service, operation)?.output;
}

/** The HTTP binding of a REST operation. */
export function httpTrait(service: Service, operation: string): Traits['http'] {
  return operationOf(service, operation)?.traits.http;
}

/** Whether the operation's input is a stream. */
export function takesStream(service: Service, operation: string): boolean {
  const members = inputOf(service, operation)?.members ?? [];
  return members.some(({ traits, shape }) => traits.httpPayload && (traits.streaming ?? shape.traits.streaming) === 1);
}

/** Every operation the SDK knows, ours or not. */
export function operationNames(service: Service): string[] {
  return Object.entries(service.sdk as object)
    .filter(([name, value]) => name.endsWith('$') && Array.isArray(value) && value[0] === OPERATION)
    .map(([name]) => name.slice(0, -1));
}

export function isSensitive(member: Member): boolean {
  return (member.traits.sensitive ?? member.shape.traits.sensitive) === 1;
}

/**
 * Structures that narrow what a request permits. Unknown members of others are passed over, as by AWS; of these they
 * are refused, since the request would permit more than it says.
 */
const CLOSED: ReadonlySet<string> = new Set(['GrantConstraints']);

export const isClosed = (shape: Shape): boolean => CLOSED.has(shape.name);

const facts = new WeakMap<Service, SchemaFacts>();

/** What the limits check asks of the wire schema; paths as in `Limits` (`Tags[].Value`, `Context{key}`). */
export function schemaFacts(service: Service): SchemaFacts {
  let made = facts.get(service);
  if (!made) {
    made = {
      required: (operation) => inputOf(service, operation)?.required ?? [],
      sensitive: (operation, path) => {
        const member = memberAt(inputOf(service, operation), path);
        return member !== undefined && isSensitive(member);
      },
    };
    facts.set(service, made);
  }
  return made;
}

function memberAt(root: Shape | undefined, path: string): Member | undefined {
  let member: Member | undefined;
  for (const step of path.match(/\[\]|\{key\}|\{value\}|[^.[{]+/g) ?? []) {
    const shape = member ? member.shape : root;
    if (step === '[]') member = shape?.element;
    else if (step === '{key}') member = shape?.key;
    else if (step === '{value}') member = shape?.value;
    else member = shape?.members.find(({ name }) => name === step);
    if (!member) return undefined;
  }
  return member;
}

/** The shape of an SDK error class, by the class's name. */
export function errorShape(service: Service, name: string): Shape | undefined {
  const schema = exported(service, `${name}$`);
  return Array.isArray(schema) && schema[0] === ERROR ? shapeOf(normalized(schema)) : undefined;
}

const OPERATION = 9;
const ERROR = -3;

interface OperationShape {
  readonly input: Shape;
  readonly output: Shape;
  readonly traits: Traits;
}

const operationsOf = new WeakMap<object, Map<string, OperationShape>>();

function operationOf(service: Service, name: string): OperationShape | undefined {
  const sdk = service.sdk as object;
  let known = operationsOf.get(sdk);
  if (!known) operationsOf.set(sdk, (known = new Map()));
  const found = known.get(name);
  if (found) return found;
  const schema = exported(service, `${name}$`);
  if (!Array.isArray(schema) || schema[0] !== OPERATION) return undefined;
  const made = {
    input: shapeOf(normalized(schema[4])),
    output: shapeOf(normalized(schema[5])),
    traits: (typeof schema[3] === 'object' ? schema[3] : {}) as Traits,
  };
  known.set(name, made);
  return made;
}

function exported(service: Service, name: string): unknown {
  return Object.hasOwn(service.sdk as object, name) ? (service.sdk as Record<string, unknown>)[name] : undefined;
}

function shapeOf(ns: NormalizedSchema): Shape {
  if (ns.isUnitSchema()) return UNIT;
  const schema = ns.getSchema();
  const node = typeof schema === 'object' ? (schema as object) : undefined;
  const known = node && kept.get(node);
  if (known) {
    if (open.has(known)) known.recursive = true;
    return known;
  }
  const draft: Draft = {
    kind: kindOf(ns),
    name: ns.getName() ?? '',
    traits: ns.getOwnTraits() as Traits,
    members: [],
    required: [],
    recursive: false,
  };
  if (node) kept.set(node, draft);
  open.add(draft);
  fill(draft, ns);
  open.delete(draft);
  return draft;
}

function fill(draft: Draft, ns: NormalizedSchema): void {
  if (draft.kind === 'structure' || draft.kind === 'union') {
    draft.members = [...ns.structIterator()].map(([name, member]) => memberOf(name, member));
    const count = (ns.getSchema() as unknown as readonly unknown[])[6];
    if (typeof count === 'number') draft.required = draft.members.slice(0, count).map((m) => m.name);
  } else if (draft.kind === 'list') {
    draft.element = memberOf('member', ns.getValueSchema());
  } else if (draft.kind === 'map') {
    draft.key = memberOf('key', ns.getKeySchema());
    draft.value = memberOf('value', ns.getValueSchema());
  } else if (draft.kind === 'timestamp') {
    draft.format = FORMATS[ns.getSchema() as unknown as number];
  }
}

function memberOf(name: string, ns: NormalizedSchema): Member {
  return { name, shape: shapeOf(ns), traits: ns.getMemberTraits() as Traits };
}

/** Smithy's codes of timestamp schemas; 4 leaves the format to the protocol. */
const FORMATS: Readonly<Record<number, TimestampFormat>> = { 5: 'dateTime', 6: 'httpDate', 7: 'epochSeconds' };

const KINDS: readonly (readonly [Kind, (ns: NormalizedSchema) => boolean])[] = [
  ['union', (ns) => ns.isUnionSchema()],
  ['structure', (ns) => ns.isStructSchema()],
  ['list', (ns) => ns.isListSchema()],
  ['map', (ns) => ns.isMapSchema()],
  ['blob', (ns) => ns.isBlobSchema()],
  ['timestamp', (ns) => ns.isTimestampSchema()],
  ['boolean', (ns) => ns.isBooleanSchema()],
  ['number', (ns) => ns.isNumericSchema()],
  ['document', (ns) => ns.isDocumentSchema()],
  ['bigInteger', (ns) => ns.isBigIntegerSchema()],
  ['bigDecimal', (ns) => ns.isBigDecimalSchema()],
];

function kindOf(ns: NormalizedSchema): Kind {
  return KINDS.find(([, is]) => is(ns))?.[0] ?? 'string';
}
