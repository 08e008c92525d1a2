// Is there a text that fits all of these sets of patterns and none of those? The sets are run side by side as one
// automaton, built as it is walked, breadth first: the first accepting state gives a shortest text, and when the walk
// ends without one there is none. Union, intersection and complement are only what counts as accepting. At each
// state the letters that some pattern asks for are tried, and one stranger for each class of letters that the
// wildcards tell apart: all other strangers would do the same.

import { classes, classOf, type Glob, isPlain, isStar, isWild, lettersOf, takes } from './globs.ts';

/** A set of texts: those that fit some pattern, or, negated, none. */
export interface Constraint {
  readonly globs: readonly Glob[];
  readonly negated: boolean;
}

/** What an analysis may still spend, in steps of automata and nodes of the search. */
export interface Budget {
  steps: number;
  nodes: number;
}

/** The analysis has spent its budget: what was asked is not known. */
export class AnalysisBound extends Error {}

export function spend(budget: Budget, steps: number): void {
  budget.steps -= steps;
  if (budget.steps < 0) throw new AnalysisBound('The policies are too complex to analyze');
}

/** A shortest text within all constraints; undefined when there is none. Throws AnalysisBound. */
export function shortestText(constraints: readonly Constraint[], budget: Budget): string | undefined {
  const listed = constraints.find(isList);
  if (!listed) return walk(machineOf(constraints), budget);
  const others = constraints.filter((constraint) => constraint !== listed);
  for (const glob of listed.globs) {
    const text = String.fromCharCode(...glob);
    if (others.every((constraint) => fitsConstraint(text, constraint, budget))) return text;
  }
  return undefined;
}

function isList({ globs, negated }: Constraint): boolean {
  return !negated && globs.every((glob) => glob.every(isPlain));
}

/** True when the text lies in the set. */
export function fitsConstraint(text: string, constraint: Constraint, budget: Budget): boolean {
  const fits = constraint.globs.some((glob) => fitsGlob(text, glob, budget));
  return fits !== constraint.negated;
}

function fitsGlob(text: string, glob: Glob, budget: Budget): boolean {
  if (glob.length > 0 && !isStar(glob[0] as number) && !takes(glob[0] as number, text.charCodeAt(0))) return false;
  if (glob.every(isPlain)) return glob.length === text.length && glob.every((token, i) => token === text.charCodeAt(i));
  spend(budget, glob.length);
  const machine = machineOf([{ globs: [glob], negated: false }]);
  let state: State | undefined = start(machine);
  for (let i = 0; i < text.length && state; i++) state = next(machine, state, text.charCodeAt(i));
  return state !== undefined && isAccepting(machine, state);
}

const end = -1;

/** All patterns in one row of tokens, each closed by `end`; the constraint that each place belongs to. */
interface Machine {
  readonly tokens: readonly number[];
  readonly owners: readonly number[];
  readonly starts: readonly number[];
  readonly negated: readonly boolean[];
}

/** The places that are active, sorted. A place past the tokens says that its constraint is fulfilled for good. */
type State = readonly number[];

function machineOf(constraints: readonly Constraint[]): Machine {
  const tokens: number[] = [];
  const owners: number[] = [];
  const starts: number[] = [];
  constraints.forEach(({ globs }, owner) => {
    for (const glob of globs) {
      starts.push(tokens.length);
      for (const token of [...glob, end]) {
        tokens.push(token);
        owners.push(owner);
      }
    }
  });
  return { tokens, owners, starts, negated: constraints.map(({ negated }) => negated) };
}

function start(machine: Machine): State | undefined {
  return settled(machine, machine.starts);
}

function next(machine: Machine, state: State, letter: number): State | undefined {
  const { tokens } = machine;
  const places: number[] = [];
  for (const place of state) {
    const token = tokens[place];
    if (token === undefined) places.push(place);
    else if (token !== end && takes(token, letter)) places.push(isStar(token) ? place : place + 1);
  }
  return settled(machine, places);
}

/** Adds what stars may skip; undefined when some constraint can no longer be met. */
function settled(machine: Machine, places: readonly number[]): State | undefined {
  const { tokens, owners, negated } = machine;
  const active = new Set<number>();
  const done = new Set<number>();
  for (const first of places) {
    if (first >= tokens.length) done.add(first - tokens.length);
    for (let place = first; place < tokens.length && !active.has(place); place++) {
      active.add(place);
      const token = tokens[place] ?? end;
      if (token === end || !isStar(token)) break;
      if (classOf(token) !== classes.any || tokens[place + 1] !== end) continue;
      const owner = owners[place] ?? 0;
      if (negated[owner]) return undefined;
      done.add(owner);
    }
  }
  const alive = new Set(done);
  const state: number[] = [];
  for (const place of active) {
    const owner = owners[place] ?? 0;
    if (done.has(owner)) continue;
    alive.add(owner);
    state.push(place);
  }
  for (let owner = 0; owner < negated.length; owner++) if (!negated[owner] && !alive.has(owner)) return undefined;
  for (const owner of done) state.push(tokens.length + owner);
  return state.sort((a, b) => a - b);
}

function isAccepting(machine: Machine, state: State): boolean {
  const { tokens, owners, negated } = machine;
  const met = new Set<number>();
  for (const place of state) {
    if (place >= tokens.length) met.add(place - tokens.length);
    else if (tokens[place] === end) met.add(owners[place] ?? 0);
  }
  return negated.every((no, owner) => met.has(owner) !== no);
}

interface Step {
  readonly state: State;
  readonly from: Step | undefined;
  readonly letter: number;
}

function walk(machine: Machine, budget: Budget): string | undefined {
  const first = start(machine);
  if (!first) return undefined;
  const seen = new Set([first.join()]);
  const queue: Step[] = [{ state: first, from: undefined, letter: 0 }];
  for (let at = 0; at < queue.length; at++) {
    const step = queue[at] as Step;
    if (isAccepting(machine, step.state)) return spelled(step);
    for (const letter of lettersAt(machine, step.state)) {
      spend(budget, step.state.length + 1);
      const state = next(machine, step.state, letter);
      const key = state?.join();
      if (!state || key === undefined || seen.has(key)) continue;
      seen.add(key);
      queue.push({ state, from: step, letter });
    }
  }
  return undefined;
}

function spelled(last: Step): string {
  const letters: number[] = [];
  for (let step: Step = last; step.from; step = step.from) letters.push(step.letter);
  return letters.reverse().map(spelling).join('');
}

/** A symbol has no spelling: texts with symbols are asked for only to learn whether there are any. */
const spelling = (letter: number) => (letter < 0x1_0000 ? String.fromCharCode(letter) : '');

const codes = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
const lowers = codes('xyzabcdefghijklmnopqrstuvw');
const digits = codes('1234567890');
const others = [...codes("~_=@+,.!()'XYZABCDEFGHIJKLMNOPQRSTUVW"), ...Array.from({ length: 4096 }, (_, i) => 256 + i)];
const narrow = classes.digit | classes.word | classes.wordOrDash;

function lettersAt({ tokens }: Machine, state: State): readonly number[] {
  const wanted = new Set<number>();
  let kinds = 0;
  for (const place of state) {
    const token = tokens[place] ?? end;
    if (token === end) continue;
    if (isWild(token)) kinds |= classOf(token);
    else for (const letter of lettersOf(token)) wanted.add(letter);
  }
  const letters = [...wanted];
  const stranger = (from: readonly number[]) => {
    const found = from.find((letter) => !wanted.has(letter));
    if (found !== undefined) letters.push(found);
  };
  if (kinds & narrow) for (const from of [lowers, digits, [45], others]) stranger(from);
  else stranger([...lowers, ...digits, ...others]);
  if (kinds & classes.notColon) stranger([58]);
  if (kinds & classes.notHash) stranger([35]);
  return letters;
}
