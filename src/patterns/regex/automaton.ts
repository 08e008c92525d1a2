/**
 * Whether a text has a match, and from where on it may begin: the program run as a deterministic automaton, whose
 * states are made when they are first met and kept. Each character costs a look into a table; where states would grow
 * without bound, all are forgotten and made anew, which costs as many steps as the program has. `Fuel` bounds that: no
 * text takes longer than it buys.
 */
import { allBut, type Characters, has, NEWLINE, WORD } from './characters.ts';
import type { Program } from './program.ts';
import type { Assertion } from './syntax.ts';

/** Steps that may still be taken, by one search or by many together. */
export interface Fuel {
  left: number;
}

/** Steps that one match may take beside looking into tables: tens of milliseconds. */
const FUEL = 3_000_000;
/** What states may hold together: numbers of steps, and of classes of characters. */
const STATES_SIZE_MAX = 200_000;

/** A match of this text would cost too much. */
export class TooCostly extends Error {}

/** What stands on one side of a place between characters. */
const EDGE = 0;
const PLAIN = 1;
const WORDLY = 2;
const LINE = 3;
type Side = number;

interface State {
  /** Steps that wait for a character, before assertions at this place are resolved. */
  readonly kernel: readonly number[];
  readonly before: Side;
  /** Nothing that has begun can still become a match. */
  readonly calm: boolean;
  /** By class of character: the next state, or whether the match is found. */
  readonly next: (State | typeof FOUND | undefined)[];
  atEnd?: boolean;
}

const FOUND = Symbol('found');

/**
 * A place that no match begins before; undefined where there is none at or after `from`. The later it is the better:
 * the last one at which nothing that had begun could still become a match. @throws TooCostly
 */
export type Search = (text: string, from?: number, fuel?: Fuel) => number | undefined;

export function automaton(program: Program): Search {
  const classes = classesOf(program);
  const states = new Map<string, State>();
  let size = 0;
  const stateOf = (begun: readonly number[], before: Side): State => {
    const calm = begun.length === 0;
    // A match may begin at every place.
    const kernel = [...new Set([...begun, program.start])].sort((a, b) => a - b);
    const key = `${before}:${calm}:${kernel.join()}`;
    const known = states.get(key);
    if (known) return known;
    size += kernel.length + classes.kinds.length;
    if (size > STATES_SIZE_MAX) {
      states.clear();
      size = 0;
    }
    const made: State = { kernel, before, calm, next: [] };
    states.set(key, made);
    return made;
  };
  const move = (state: State, kind: number): State | typeof FOUND => {
    const { side, sample } = classes.kinds[kind]!;
    const ready = closure(program, state.kernel, state.before, side);
    if (ready === FOUND) return FOUND;
    const begun: number[] = [];
    for (const at of ready) {
      const step = program.steps[at]!;
      if (step.kind === 'set' && has(step.set, sample)) begun.push(step.next);
    }
    return stateOf(begun, side);
  };
  const stepsOf = program.steps.length;
  return (text, from = 0, fuel = { left: FUEL }) => {
    const least = Math.max(0, fuel.left - FUEL);
    let state = stateOf([], from > 0 ? sideOf(text.charCodeAt(from - 1)) : EDGE);
    let calm = from;
    for (let at = from; at < text.length; at++) {
      const kind = classes.of(text.charCodeAt(at));
      let next = state.next[kind];
      if (next === undefined) {
        fuel.left -= stepsOf;
        if (fuel.left < least) throw new TooCostly('The regular expression is too complex for this text.');
        next = state.next[kind] = move(state, kind);
      }
      if (next === FOUND) return calm;
      state = next;
      if (state.calm) calm = at + 1;
    }
    state.atEnd ??= closure(program, state.kernel, state.before, EDGE) === FOUND;
    return state.atEnd ? calm : undefined;
  };
}

/** All steps reached without a character, between these two sides; FOUND if the match is among them. */
function closure(program: Program, kernel: readonly number[], before: Side, after: Side) {
  const seen = new Set<number>();
  const waiting = [...kernel];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const step = program.steps[at]!;
    if (step.kind === 'match') return FOUND;
    if (step.kind === 'split') waiting.push(step.next, step.other);
    else if (step.kind === 'save' || (step.kind === 'assert' && HOLDS[step.what](before, after))) {
      waiting.push(step.next);
    }
  }
  return seen;
}

const HOLDS: Readonly<Record<Assertion, (before: Side, after: Side) => boolean>> = {
  begin: (before) => before === EDGE,
  end: (_, after) => after === EDGE,
  lineBegin: (before) => before === EDGE || before === LINE,
  lineEnd: (_, after) => after === EDGE || after === LINE,
  word: (before, after) => (before === WORDLY) !== (after === WORDLY),
  notWord: (before, after) => (before === WORDLY) === (after === WORDLY),
};

export const sideOf = (unit: number): Side => (has(WORD, unit) ? WORDLY : unit === 0x0a ? LINE : PLAIN);
export const holds = (what: Assertion, before: Side, after: Side): boolean => HOLDS[what](before, after);
export const NO_CHARACTER: Side = EDGE;

interface Classes {
  /** Class of a code unit. */
  readonly of: (unit: number) => number;
  readonly kinds: readonly { readonly side: Side; readonly sample: number }[];
}

/** Characters that no set of the program tells apart are of one class. */
function classesOf({ steps }: Program): Classes {
  const cuts = new Set([0]);
  const cut = (set: Characters): void => {
    for (const [from, to] of set) cuts.add(from).add(to + 1);
  };
  for (const step of steps) if (step.kind === 'set') cut(step.set);
  if (steps.some(({ kind }) => kind === 'assert')) for (const set of [WORD, NEWLINE, allBut(WORD)]) cut(set);
  const starts = [...cuts].filter((start) => start <= 0xffff).sort((a, b) => a - b);
  const table = new Uint16Array(0x80);
  for (let unit = 0; unit < table.length; unit++) table[unit] = find(starts, unit);
  return {
    of: (unit) => (unit < 0x80 ? table[unit]! : find(starts, unit)),
    kinds: starts.map((sample) => ({ side: sideOf(sample), sample })),
  };
}

/** The last start that is not above `unit`. */
function find(starts: readonly number[], unit: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}
