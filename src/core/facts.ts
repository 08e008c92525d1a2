/**
 * What IAM's actions, resource types and condition keys are: AWS's Service Authorization Reference as data.
 *
 * The packed file (src/data/iam-facts.zst, made by scripts/packIamData.ts) is read on the first question; a service is
 * parsed on the first question about it.
 */
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

export type AccessLevel = 'List' | 'Read' | 'Write' | 'Permissions management' | 'Tagging';

export interface ActionFact {
  /** `iam` */
  readonly prefix: string;
  /** `CreateUser`, spelt as AWS spells it. */
  readonly name: string;
  readonly accessLevel: AccessLevel;
  /** Empty: the action works on `*` only. */
  readonly resourceTypes: readonly ActionResource[];
  /** Keys that apply whatever the resource. */
  readonly conditionKeys: readonly string[];
  /** Further actions that the caller needs: `iam:PassRole`. */
  readonly dependentActions: readonly string[];
}

export interface ActionResource {
  readonly name: string;
  /** The action always works on one of this type. */
  readonly required: boolean;
  readonly conditionKeys: readonly string[];
  readonly dependentActions: readonly string[];
}

export interface ResourceType {
  readonly name: string;
  /** `arn:${Partition}:iam::${Account}:user/${UserNameWithPath}` */
  readonly arn: string;
  readonly conditionKeys: readonly string[];
}

export type ConditionType = 'String' | 'ARN' | 'Bool' | 'Date' | 'IPAddress' | 'Numeric';

export interface ConditionKey {
  /** `aws:RequestTag/${TagKey}`, spelt as AWS spells it. */
  readonly name: string;
  readonly type: ConditionType;
  /** A request has several values for it. */
  readonly multivalued: boolean;
}

/** Day on which the facts were gathered: `2026-09-26`. */
export function factsDate(): string {
  return facts().catalog.date;
}

/** All services that have actions, sorted: `['a2c', …]`. */
export function servicePrefixes(): readonly string[] {
  return facts().prefixes;
}

/** `AWS Identity and Access Management (IAM)` for `iam`; undefined for an unknown prefix. Any case. */
export function serviceName(prefix: string): string | undefined {
  return serviceFacts(prefix)?.name;
}

/** Whether resource control policies apply to the service's resources. */
export function supportsResourceControl(prefix: string): boolean {
  return facts().catalog.rcp.includes(prefix.toLowerCase());
}

/** `actionFact('iam', 'createuser')`. Any case; undefined when there is no such action. */
export function actionFact(prefix: string, name: string): ActionFact | undefined {
  return serviceFacts(prefix)?.actions.get(name.toLowerCase());
}

/** In alphabetical order; empty for an unknown prefix. */
export function actionsOf(prefix: string): readonly ActionFact[] {
  return [...(serviceFacts(prefix)?.actions.values() ?? [])];
}

/**
 * The actions that a policy's pattern names: `s3:Get*` → `['s3:GetAccelerateConfiguration', …]`, `*` → all. Any case;
 * `*` and `?` work in both parts. At most `max` of them.
 */
export function expandActionPattern(pattern: string, max = 30_000): readonly string[] {
  const colon = pattern.indexOf(':');
  if (colon < 0 && pattern !== '*') return [];
  const service = matcher(colon < 0 ? '*' : pattern.slice(0, colon));
  const action = matcher(pattern.slice(colon + 1));
  const found: string[] = [];
  for (const prefix of facts().prefixes) {
    if (!service(prefix)) continue;
    for (const [key, { name }] of serviceFacts(prefix)?.actions ?? []) {
      if (found.length >= max) return found;
      if (action(key)) found.push(`${prefix}:${name}`);
    }
  }
  return found;
}

/** `resourceType('iam', 'user')`; undefined when there is none. */
export function resourceType(prefix: string, name: string): ResourceType | undefined {
  return serviceFacts(prefix)?.resourceTypes.get(name.toLowerCase());
}

export function resourceTypesOf(prefix: string): readonly ResourceType[] {
  return [...(serviceFacts(prefix)?.resourceTypes.values() ?? [])];
}

/** By a name as policies use it, of any case: `aws:RequestTag/Team` finds `aws:RequestTag/${TagKey}`. */
export function conditionKey(name: string): ConditionKey | undefined {
  const key = name.toLowerCase();
  const { exact, templates } = conditionFacts();
  return exact.get(key) ?? templates.find(({ pieces }) => fills(pieces, key))?.fact;
}

/** A service in the packed file: resource types as `[arn, …condition keys]`. */
export interface PackedService {
  name: string;
  actions: Record<string, PackedAction>;
  resourceTypes: Record<string, readonly [arn: string, ...conditionKeys: string[]]>;
}

/** A required resource type's name begins with `*`. */
export type PackedAction = readonly [
  level: number,
  types: readonly (readonly [name: string, conditionKeys: readonly string[], dependentActions: readonly string[]])[],
  conditionKeys: readonly string[],
  dependentActions: readonly string[],
];

/** The last line of the packed file. Condition keys: prefix → name → type, `ArrayOf…` for several values. */
export interface PackedCatalog {
  date: string;
  conditionKeys: Record<string, Record<string, string>>;
  rcp: readonly string[];
}

const LEVELS: readonly AccessLevel[] = ['List', 'Read', 'Write', 'Permissions management', 'Tagging'];

interface ServiceFacts {
  readonly name: string;
  readonly actions: ReadonlyMap<string, ActionFact>;
  readonly resourceTypes: ReadonlyMap<string, ResourceType>;
}

interface Facts {
  readonly prefixes: readonly string[];
  /** Service → its line, until somebody asks for it. */
  readonly lines: Map<string, string>;
  readonly services: Map<string, ServiceFacts>;
  readonly catalog: PackedCatalog;
}

let loaded: Facts | undefined;

function facts(): Facts {
  loaded ??= load();
  return loaded;
}

function load(): Facts {
  const packed = readFileSync(new URL('../data/iam-facts.zst', import.meta.url));
  const all = zstdDecompressSync(packed).toString('latin1').split('\n');
  const catalog = JSON.parse(all.pop() ?? '') as PackedCatalog;
  const lines = new Map(all.map((line) => [line.slice(0, line.indexOf(' ')), line]));
  return { prefixes: [...lines.keys()], lines, services: new Map(), catalog };
}

function serviceFacts(prefix: string): ServiceFacts | undefined {
  const { services, lines } = facts();
  const key = prefix.toLowerCase();
  const known = services.get(key);
  const line = lines.get(key);
  if (known !== undefined || line === undefined) return known;
  const unpacked = unpack(key, JSON.parse(line.slice(key.length + 1)) as PackedService);
  services.set(key, unpacked);
  lines.delete(key);
  return unpacked;
}

function unpack(prefix: string, { name, actions, resourceTypes }: PackedService): ServiceFacts {
  return {
    name,
    actions: new Map(Object.entries(actions).map(([key, packed]) => [key.toLowerCase(), action(prefix, key, packed)])),
    resourceTypes: new Map(
      Object.entries(resourceTypes).map(([key, [arn, ...conditionKeys]]) => {
        return [key.toLowerCase(), { name: key, arn, conditionKeys }];
      }),
    ),
  };
}

function action(prefix: string, name: string, packed: PackedAction): ActionFact {
  const [level, types, conditionKeys, dependentActions] = packed;
  const resourceTypes = types.map(([type, keys, dependent]) => {
    const required = type.startsWith('*');
    return { name: required ? type.slice(1) : type, required, conditionKeys: keys, dependentActions: dependent };
  });
  return { prefix, name, accessLevel: LEVELS[level] ?? 'Write', resourceTypes, conditionKeys, dependentActions };
}

interface ConditionFacts {
  readonly exact: ReadonlyMap<string, ConditionKey>;
  readonly templates: readonly { readonly pieces: readonly string[]; readonly fact: ConditionKey }[];
}

let conditions: ConditionFacts | undefined;

function conditionFacts(): ConditionFacts {
  conditions ??= unpackConditions(facts().catalog);
  return conditions;
}

function unpackConditions({ conditionKeys }: PackedCatalog): ConditionFacts {
  const entries = Object.values(conditionKeys).flatMap((keys) => Object.entries(keys));
  const all = entries.map(([name, type]): ConditionKey => {
    const multivalued = type.startsWith('ArrayOf');
    return { name, type: (multivalued ? type.slice('ArrayOf'.length) : type) as ConditionType, multivalued };
  });
  const open = all.filter(({ name }) => /\$\{|</.test(name));
  return {
    exact: new Map(all.map((fact) => [fact.name.toLowerCase(), fact])),
    templates: open.map((fact) => ({ pieces: fact.name.toLowerCase().split(/\$\{[^}]*\}|<[^>]*>/), fact })),
  };
}

/** Whether `text` is the pieces in order, with something between each two and behind an open end. */
function fills(pieces: readonly string[], text: string): boolean {
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const gap = index === 0 ? 0 : 1;
    if (index === pieces.length - 1) return text.length >= at + gap + piece.length && text.endsWith(piece);
    const found = text.indexOf(piece, at + gap);
    if (found < 0 || (index === 0 && found > 0)) return false;
    at = found + piece.length;
  }
  return false;
}

/** Two pointers, no backtracking beyond the last `*`; a pattern longer than any text it fits is refused at once. */
function matcher(pattern: string): (text: string) => boolean {
  const glob = pattern.toLowerCase().replaceAll(/\*+/g, '*');
  const needed = glob.replaceAll('*', '').length;
  return (text) => needed <= text.length && matches(glob, text);
}

function matches(glob: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length; ) {
    if (glob[at] === '*') {
      star = at++;
      resume = index;
    } else if (glob[at] === '?' || glob[at] === text[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
