/**
 * How declarative policies merge down the tree into what an account gets
 * (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html).
 *
 * Level by level from the root to the account; at each level in the order of attachment. A child may use the operators
 * that every level above allowed it; where two policies of one level disagree on that, what both allow. Of two policies
 * of one level that assign the same setting, the one attached first decides.
 */
export const VALUE_OPERATORS = ['@@assign', '@@append', '@@remove'] as const;
type ValueOperator = (typeof VALUE_OPERATORS)[number];
export const CHILD_CONTROL = '@@operators_allowed_for_child_policies';

/** A policy at a level. */
export interface Inherited {
  readonly id: string;
  readonly content: string;
}

/** What has been merged so far, at one place of the document. */
export interface Merged {
  /** Of a setting. */
  value?: string | readonly string[];
  readonly children: Map<string, Merged>;
  /** Policies that set something here or below. */
  readonly from: Set<string>;
  /** Level at which this place came to be, and at which its value was last assigned. */
  readonly since: number;
  assigned?: number;
  /** Operators that this level may use, and that the next may. */
  allowed: ReadonlySet<ValueOperator>;
  next: ReadonlySet<ValueOperator>;
}

/** Merges policies, outermost level first. The contents are well-formed (see grammar.ts). */
export function merge(levels: readonly (readonly Inherited[])[]): Merged {
  const root = place(0);
  levels.forEach((policies, level) => {
    for (const { id, content } of policies) apply(root, JSON.parse(content) as Element, level, id);
    descend(root);
  });
  return root;
}

/** The merged settings as plain JSON; undefined when there are none. */
export function plain(merged: Merged): unknown {
  if (merged.value !== undefined) return merged.value;
  const members: Record<string, unknown> = {};
  for (const [key, child] of merged.children) {
    const value = plain(child);
    if (value !== undefined) members[key] = value;
  }
  return Object.keys(members).length > 0 ? members : undefined;
}

type Element = { readonly [key: string]: Element | readonly unknown[] | string | number | boolean };

const ALL: ReadonlySet<ValueOperator> = new Set(VALUE_OPERATORS);

const place = (since: number): Merged => ({ children: new Map(), from: new Set(), since, allowed: ALL, next: ALL });

function apply(merged: Merged, element: Element, level: number, policy: string): void {
  for (const [key, value] of Object.entries(element)) {
    if (key === CHILD_CONTROL) merged.next = both(merged.next, controlOf(value));
    else if (key.startsWith('@@')) set(merged, key as ValueOperator, value, level, policy);
    else {
      const child = merged.children.get(key) ?? newChild(merged, key, level);
      if (!child) continue;
      apply(child, value as Element, level, policy);
      for (const id of child.from) merged.from.add(id);
    }
  }
}

/** A child policy may add elements unless all operators are forbidden there. */
function newChild(merged: Merged, key: string, level: number): Merged | undefined {
  if (merged.allowed.size === 0 && merged.since < level) return undefined;
  const child = place(level);
  merged.children.set(key, child);
  return child;
}

function set(merged: Merged, operator: ValueOperator, value: unknown, level: number, policy: string): void {
  if (!merged.allowed.has(operator)) return;
  if (!Array.isArray(value)) {
    if (merged.assigned === level) return;
    merged.value = String(value);
  } else {
    const given = value.map(String);
    const before = Array.isArray(merged.value) ? (merged.value as readonly string[]) : [];
    if (operator === '@@assign') {
      if (merged.assigned === level) return;
      merged.value = [...new Set(given)];
    } else if (operator === '@@append') merged.value = [...new Set([...before, ...given])];
    else {
      const rest = before.filter((item) => !given.includes(item));
      if (rest.length > 0) merged.value = rest;
      else delete merged.value;
    }
  }
  if (operator === '@@assign') merged.assigned = level;
  merged.from.add(policy);
}

function controlOf(value: unknown): ReadonlySet<ValueOperator> {
  const names = value as readonly string[];
  if (names.includes('@@all')) return ALL;
  return new Set(VALUE_OPERATORS.filter((operator) => names.includes(operator)));
}

const both = (a: ReadonlySet<ValueOperator>, b: ReadonlySet<ValueOperator>) =>
  new Set([...a].filter((operator) => b.has(operator)));

/** The end of a level: what it allowed its children now binds. */
function descend(merged: Merged): void {
  merged.allowed = merged.next;
  for (const child of merged.children.values()) descend(child);
}
