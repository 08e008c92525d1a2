/**
 * Which REST operation a method and path name. The templates of a service become a tree of path segments; where
 * several operations share a path, the query and the headers they demand tell them apart.
 */
import type { Service } from '../core/operation.ts';
import type { WireRequest } from '../core/wire.ts';
import { httpTrait, inputOf, operationNames } from './schema.ts';

export interface Route {
  readonly operation: string;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** Those behind a greedy label. */
  readonly tail: readonly Segment[];
  /** `?cors`, `?list-type=2` of the template. */
  readonly literals: readonly (readonly [name: string, value: string])[];
  /** Names that stand alone in templates of this path, of any method: each is a part, and not the whole. */
  readonly parts: ReadonlySet<string>;
  /** Members without which the operation makes no sense; they only break ties. */
  readonly wantedQuery: readonly string[];
  readonly wantedHeaders: readonly string[];
}

interface Segment {
  readonly kind: 'literal' | 'label' | 'greedy';
  readonly text: string;
}

interface Branch {
  readonly literals: Map<string, Branch>;
  label?: Branch;
  readonly routes: Route[];
  /** Routes whose greedy label begins here. */
  readonly greedy: Route[];
}

const trees = new WeakMap<object, Map<string, Branch>>();
const routes = new WeakMap<object, Map<string, Route>>();

/** The operation a request names, undefined if no template fits. */
export function matchRoute(request: WireRequest, service: Service): string | undefined {
  const tree = treesOf(service).get(request.method);
  if (!tree) return undefined;
  const found: Route[] = [];
  collect(tree, segmentsOf(request.path), 0, found);
  if (found.length === 0) return undefined;
  return best(found, request)?.operation;
}

export function routeOf(service: Service, operation: string): Route | undefined {
  treesOf(service);
  return routes.get(service.sdk as object)?.get(operation);
}

/** The labels of a path that matched the route, still percent-encoded. */
export function labelsOf(route: Route, path: string): Record<string, string> {
  const parts = segmentsOf(path);
  const out: Record<string, string> = {};
  const tail = route.tail.length;
  for (const [i, segment] of route.segments.entries()) {
    if (segment.kind === 'label') out[segment.text] = parts[i] ?? '';
    if (segment.kind === 'greedy') {
      out[segment.text] = parts.slice(i, parts.length - tail).join('/');
      break;
    }
  }
  return out;
}

function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

function collect(branch: Branch, parts: readonly string[], at: number, found: Route[]): void {
  const part = parts[at];
  if (part === undefined || (part === '' && at === parts.length - 1)) found.push(...branch.routes);
  if (part === undefined) return;
  const literal = branch.literals.get(part);
  if (literal) collect(literal, parts, at + 1, found);
  if (found.length === 0 && branch.label && part !== '') collect(branch.label, parts, at + 1, found);
  if (found.length > 0) return;
  for (const route of branch.greedy) if (tailFits(route, parts, at)) found.push(route);
}

/** The segments behind a greedy label are literals; the label itself takes at least one character. */
function tailFits(route: Route, parts: readonly string[], at: number): boolean {
  const { tail } = route;
  const start = parts.length - tail.length;
  if (start <= at || (start === at + 1 && parts[at] === '')) return false;
  return tail.every((segment, i) => segment.kind !== 'literal' || segment.text === parts[start + i]);
}

function best(found: readonly Route[], request: WireRequest): Route | undefined {
  const query = new Map<string, string>();
  for (const pair of request.query.split('&', 1000)) {
    const equals = pair.indexOf('=');
    query.set(equals === -1 ? pair : pair.slice(0, equals), equals === -1 ? '' : pair.slice(equals + 1));
  }
  let winner: Route | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const route of found) {
    const score = scoreOf(route, query, request.headers);
    if (score !== undefined && score > most) [winner, most] = [route, score];
  }
  return winner && isAbout(winner, query) ? winner : undefined;
}

/** Not where the query names another part: `?acl` cannot be deleted, and the whole is not meant. */
function isAbout({ parts, literals }: Route, query: ReadonlyMap<string, string>): boolean {
  if (parts.size === 0) return true;
  for (const name of query.keys()) if (parts.has(name) && !literals.some(([own]) => own === name)) return false;
  return true;
}

/**
 * Literals must be there (the SDKs add `x-id`, others do not); wanted members count for and against. A label takes no
 * segments that another template names.
 */
function scoreOf(route: Route, query: ReadonlyMap<string, string>, headers: WireRequest['headers']) {
  let score = 100 * route.tail.length;
  for (const [name, value] of route.literals) {
    const sent = query.get(name);
    if (sent === undefined && name === 'x-id') continue;
    if (sent === undefined || (value !== '' && sent !== value)) return undefined;
    score += 4;
  }
  for (const name of route.wantedQuery) score += query.has(name) ? 1 : -1;
  for (const name of route.wantedHeaders) score += name in headers ? 1 : -1;
  return score;
}

function treesOf(service: Service): Map<string, Branch> {
  const known = trees.get(service.sdk as object);
  if (known) return known;
  const made = new Map<string, Branch>();
  const named = new Map<string, Route>();
  const partsAt = new Map<string, Set<string>>();
  for (const operation of operationNames(service)) {
    const http = httpTrait(service, operation);
    if (!http) continue;
    const route = compile(service, operation, http[0], http[1], partsAt);
    named.set(operation, route);
    let root = made.get(route.method);
    if (!root) made.set(route.method, (root = branch()));
    plant(root, route);
  }
  trees.set(service.sdk as object, made);
  routes.set(service.sdk as object, named);
  return made;
}

function compile(
  service: Service,
  operation: string,
  method: string,
  template: string,
  partsAt: Map<string, Set<string>>,
): Route {
  const [path = '/', query = ''] = template.split('?');
  const wanted = wantedOf(service, operation);
  const segments = leading(service, operation, path)
    .slice(1)
    .split('/')
    .filter((text) => text !== '')
    .map(segment);
  const greedy = segments.findIndex(({ kind }) => kind === 'greedy');
  const literals = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? ''] as const);
  const place = segments.map(({ kind, text }) => (kind === 'literal' ? text : `{${kind}}`)).join('/');
  const parts = partsAt.get(place) ?? new Set();
  partsAt.set(place, parts);
  for (const [name, value] of literals) if (value === '') parts.add(name);
  return {
    operation,
    method,
    segments,
    tail: greedy < 0 ? [] : segments.slice(greedy + 1),
    literals,
    parts,
    wantedQuery: wanted.flatMap((m) => m.traits.httpQuery ?? []),
    wantedHeaders: wanted.flatMap((m) => m.traits.httpHeader?.toLowerCase() ?? []),
  };
}

/**
 * S3's templates leave the bucket to the endpoint: a label that the template does not mention leads the path. A
 * request that has the bucket in its host name must be put in this form first.
 */
function leading(service: Service, operation: string, path: string): string {
  const labels = inputOf(service, operation)?.members.filter((m) => m.traits.httpLabel) ?? [];
  const missing = labels.filter((m) => !path.includes(`{${m.name}}`) && !path.includes(`{${m.name}+}`));
  return missing.map((m) => `/{${m.name}}`).join('') + path;
}

function wantedOf(service: Service, operation: string) {
  const shape = inputOf(service, operation);
  return shape ? shape.members.filter((m) => shape.required.includes(m.name)) : [];
}

function segment(text: string): Segment {
  if (!text.startsWith('{')) return { kind: 'literal', text };
  const name = text.slice(1, -1);
  return name.endsWith('+') ? { kind: 'greedy', text: name.slice(0, -1) } : { kind: 'label', text: name };
}

const branch = (): Branch => ({ literals: new Map(), routes: [], greedy: [] });

function plant(root: Branch, route: Route): void {
  let at = root;
  for (const { kind, text } of route.segments) {
    if (kind === 'greedy') {
      at.greedy.push(route);
      return;
    }
    if (kind === 'label') at = at.label ??= branch();
    else {
      let next = at.literals.get(text);
      if (!next) at.literals.set(text, (next = branch()));
      at = next;
    }
  }
  at.routes.push(route);
}
