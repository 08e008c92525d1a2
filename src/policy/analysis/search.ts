// Is there a request inside one box and outside all others? A box is a conjunction of literals: what one statement
// asks. Boxes that cannot touch what is left are dropped, a box that holds all of it ends the search, one that leaves
// one way out takes it, and only then the search branches on the ways out of the smallest box.

import { AnalysisBound } from './automata.ts';
import { areApart, canMeet, type Literal, type Literals } from './literals.ts';

export type Box = readonly Literal[];
/** The literals of a conjunction by their sides. */
export type State = ReadonlyMap<string, readonly Literal[]>;

/** The conjunction as a state; undefined when it cannot be met. Throws AnalysisBound. */
export function stateOf(literals: Literals, box: Box): State | undefined {
  let state: State | undefined = new Map();
  for (const literal of box) state = state && add(literals, state, literal);
  return state;
}

/** The state with one literal more; undefined when it cannot be met. Throws AnalysisBound. */
export function add(literals: Literals, state: State, literal: Literal): State | undefined {
  const { side } = literal;
  const demands = state.get(side) ?? [];
  if (demands.includes(literal)) return state;
  if (demands.includes(literal.opposite()) || demands.some((other) => areApart(literals, literal, other)))
    return undefined;
  const more = [...demands, literal];
  return canMeet(literals, side, more) ? new Map(state).set(side, more) : undefined;
}

/**
 * Walks all that is left of a state outside the boxes, until `found` is content with a part of it (returns true).
 * False: the walk has ended, what is left was shown or there is nothing. Throws AnalysisBound.
 */
export function search(
  literals: Literals,
  state: State,
  boxes: readonly Box[],
  found: (state: State) => boolean,
): boolean {
  literals.budget.nodes--;
  if (literals.budget.nodes < 0) throw new AnalysisBound('The policies are too complex to analyze');
  const reduced = reduce(literals, state, boxes);
  if (!reduced) return false;
  const [smallest, ...others] = reduced.boxes.toSorted((a, b) => a.length - b.length);
  if (!smallest) return found(reduced.state);
  let inside: State | undefined = reduced.state;
  for (const literal of smallest) {
    const outside = inside && add(literals, inside, literal.opposite());
    if (outside && search(literals, outside, others, found)) return true;
    inside = inside && add(literals, inside, literal);
  }
  return false;
}

interface Reduced {
  readonly state: State;
  readonly boxes: readonly Box[];
}

/** Undefined when a box holds the whole state. */
function reduce(literals: Literals, first: State, all: readonly Box[]): Reduced | undefined {
  let state = first;
  let boxes = all;
  for (let again = true; again; ) {
    again = false;
    const left: Box[] = [];
    for (const box of boxes) {
      const open = openIn(literals, state, box);
      if (!open) continue;
      const [only] = open;
      if (!only) return undefined;
      if (open.length > 1) {
        left.push(open);
        continue;
      }
      const next = add(literals, state, only.opposite());
      if (!next) return undefined;
      state = next;
      again = true;
    }
    boxes = left;
  }
  return { state, boxes };
}

/** The literals of a box that the state leaves open; undefined when the box lies outside the state. */
function openIn(literals: Literals, state: State, box: Box): Box | undefined {
  if (!box.every((literal) => add(literals, state, literal))) return undefined;
  return box.filter((literal) => add(literals, state, literal.opposite()));
}
