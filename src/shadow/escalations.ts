/**
 * Who can become administrator, and by what shortest path.
 *
 * From the administrators backwards: whoever has an edge to one of them is a step away, whoever has an edge to one of
 * those two steps, and so on. First only edges that are certain; what they do not reach is tried again with those that
 * depend on condition keys. Most principals can do nothing of what any rule needs and are passed over at once.
 */

import { rootArn } from '../identity/principals.ts';
import { reached } from '../policy/compile.ts';
import { type CompiledPolicy, compilePolicy } from '../policy/index.ts';
import type { Given } from './answer.ts';
import {
  ADMINISTRATOR,
  type Asking,
  administrates,
  type Edge,
  edgeOf,
  fitsTarget,
  type Groups,
  groupsOf,
  isOpenTo,
  type Node,
  nodeOf,
} from './edges.ts';
import { meansAny, poolFor } from './pools.ts';
import { type Rule, rules } from './rules.ts';
import type { ShadowRole } from './tables.ts';
import type { Standing, World } from './world.ts';

export interface Escalation {
  readonly principal: string;
  /** The shortest path; its last edge ends at `administrator` or at an administrator. */
  readonly path: readonly Edge[];
  /** Further first edges that lead on as quickly, one for each rule. */
  readonly alternatives: readonly Edge[];
  /** Condition keys on which an edge of the path depends; empty: it is certain. */
  readonly dependsOn: readonly string[];
}

export interface Escalations {
  /** Administrators already; `dependsOn` a condition for some. */
  readonly administrators: readonly { readonly principal: string; readonly isConditional: boolean }[];
  readonly escalations: readonly Escalation[];
  readonly principals: number;
}

interface Reached {
  readonly node: Node;
  readonly edges: readonly Edge[];
  readonly next: Reached | undefined;
}

export async function escalationsIn(world: World, given: Given): Promise<Escalations> {
  const graph = await graphOf(world, given);
  const found = new Map<string, Reached>();
  for (const loosely of [false, true]) {
    const start = [...graph.administrators, ...(loosely ? graph.conditional : [])].map(nobody);
    const begun = new Set(start.map(({ node }) => node));
    let frontier: readonly Reached[] = [...start, ...(loosely ? found.values() : [])];
    for (let isFirst = true; isFirst || frontier.length > 0; isFirst = false) {
      const waiting = graph.candidates.filter(({ node }) => !found.has(node.subject.arn) && !begun.has(node));
      frontier = waiting.flatMap((candidate) => stepFrom(candidate, frontier, graph, { given, loosely, isFirst }));
      for (const reachedNow of frontier) found.set(reachedNow.node.subject.arn, reachedNow);
    }
  }
  return {
    administrators: [
      ...graph.administrators.map((node) => ({ principal: node.subject.arn, isConditional: false })),
      ...graph.conditional.map((node) => ({ principal: node.subject.arn, isConditional: true })),
    ],
    escalations: [...found.values()].map(escalationOf).sort((a, b) => a.path.length - b.path.length || compare(a, b)),
    principals: graph.principals,
  };
}

const compare = (a: Escalation, b: Escalation) => (a.principal < b.principal ? -1 : 1);

function escalationOf(found: Reached): Escalation {
  const path: Edge[] = [];
  for (let at: Reached | undefined = found; at?.edges[0]; at = at.edges[0].to === ADMINISTRATOR ? undefined : at.next) {
    path.push(at.edges[0]);
  }
  const dependsOn = [...new Set(path.flatMap((edge) => edge.steps.flatMap((step) => step.dependsOn)))];
  return { principal: found.node.subject.arn, path, alternatives: found.edges.slice(1), dependsOn };
}

/** A principal that could meet a rule, with the rules it might meet. */
interface Candidate {
  readonly node: Node;
  readonly rules: readonly Rule[];
}

interface Graph {
  readonly administrators: Node[];
  /** Administrators if a condition holds. */
  readonly conditional: Node[];
  readonly candidates: Candidate[];
  /** All, for rules that elevate somebody who is nobody yet; by account. */
  readonly others: Map<string, Reached[]>;
  readonly groups: Map<string, Groups>;
  principals: number;
}

async function graphOf(world: World, given: Given): Promise<Graph> {
  const graph: Graph = {
    administrators: [],
    conditional: [],
    candidates: [],
    others: new Map(),
    groups: new Map(),
    principals: 0,
  };
  for (const account of world.accounts) graph.groups.set(account, await groupsOf(world, account));
  for await (const subject of world.subjects()) {
    if (subject.kind === 'root') continue;
    graph.principals++;
    const standing = await world.standing(subject);
    const node = await nodeOf(world, standing, given);
    if (!node) continue;
    const verdict = administrates(standing, given);
    if (verdict === 'Allowed') graph.administrators.push(node);
    else if (verdict === 'Depends') graph.conditional.push(node);
    if (node.couldBeAdministrator) push(graph.others, subject.account, nobody(node));
    if (verdict === 'Allowed') continue;
    graph.candidates.push({ node, rules: rulesFor(standing) });
  }
  return graph;
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Rules of which each action is allowed on something. AssumeRole may be granted by the role alone. */
const rulesFor = (standing: Standing) =>
  rules.filter((rule) =>
    rule.needs.every(
      ({ action }) =>
        action === 'sts:AssumeRole' || standing.missing.length > 0 || allowsSome(standing.identity, action),
    ),
  );

const allowsSome = (policies: readonly CompiledPolicy[], action: string) =>
  policies.some((policy) => reached(policy.body, action).allows.length > 0);

interface Trying {
  readonly given: Given;
  readonly loosely: boolean;
  readonly isFirst: boolean;
}

/** Whether a candidate has edges to administrator (asked once) or to the frontier. */
function stepFrom(
  candidate: Candidate,
  frontier: readonly Reached[],
  graph: Graph,
  trying: Trying,
): readonly Reached[] {
  const { node } = candidate;
  const { account } = node.subject;
  const asking: Asking = { ...trying, groups: graph.groups.get(account) ?? [] };
  const ways: Way[] = [];
  for (const rule of candidate.rules) {
    const isLast = rule.makes === 'administrator' || rule.makes === 'elevated';
    if (isLast && !trying.isFirst) continue;
    const targets = rule.makes === 'administrator' ? [nobody(node)] : isLast ? graph.others.get(account) : frontier;
    let isOpen: boolean | undefined;
    for (const next of poolFor(rule, node, targets ?? [])) {
      if (rule.name === 'AssumeRole' && !mayAssume(candidate, next.node)) continue;
      if (!fitsTarget(rule, node, next.node, asking)) continue;
      isOpen ??= isOpenTo(rule, node, asking);
      if (!isOpen) break;
      const edge = edgeOf(rule, node, next.node, asking);
      if (!edge) continue;
      ways.push({ edge, next: isLast ? undefined : next });
      break;
    }
  }
  // What supposes nothing comes first.
  ways.sort((a, b) => Number(a.edge.supposes !== undefined) - Number(b.edge.supposes !== undefined));
  return ways[0] ? [{ node, edges: ways.map(({ edge }) => edge), next: ways[0].next }] : [];
}

interface Way {
  readonly edge: Edge;
  readonly next: Reached | undefined;
}

/** A principal from which nothing is known to lead on. */
const nobody = (node: Node): Reached => ({ node, edges: [], next: undefined });

interface Trusted {
  readonly anyone: boolean;
  readonly names: ReadonlySet<string>;
  /** Roles of which single sessions are named: `arn:aws:sts::111122223333:assumed-role/Role`. */
  readonly sessions: ReadonlySet<string>;
}

const trusted = new WeakMap<object, Trusted>();

/** Quickly, before the engine is asked: the role's trust policy means the caller or its account. */
function mayAssume({ node }: Candidate, { subject }: Node): boolean {
  if (subject.kind !== 'role') return false;
  const { anyone, names, sessions } = trustedBy(subject.row);
  const { arn, account, row } = node.subject;
  if (anyone || names.has(arn) || names.has(row.id)) return true;
  if (sessions.has(`arn:aws:sts::${account}:assumed-role/${row.name}`)) return true;
  if (!names.has(account) && !names.has(rootArn(account))) return false;
  const { identity, missing } = node.standing;
  return missing.length > 0 || meansAny(identity, 'sts:AssumeRole', subject.arn);
}

function trustedBy(row: ShadowRole): Trusted {
  let found = trusted.get(row);
  if (!found) {
    const principals = compilePolicy(row.trust).body.document.statements.flatMap(({ principal }) => principal ?? []);
    const names = principals.flatMap((principal) => principal.AWS);
    const sessions = names.filter((name) => name.includes(':assumed-role/'));
    found = {
      anyone: principals.some((principal) => principal.any),
      names: new Set(names),
      sessions: new Set(sessions.map((name) => name.slice(0, name.lastIndexOf('/')))),
    };
    trusted.set(row, found);
  }
  return found;
}
