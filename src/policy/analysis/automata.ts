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
  const sets = merged(constraints);
  const [listed] = sets.filter(isList).sort((a, b) => a.globs.length - b.globs.length);
  if (!listed) return walk(machineOf(sets), budget);
  const others = sets.filter((constraint) => constraint !== listed).map((constraint) => testOf(constraint, budget));
  spend(budget, listed.globs.length / 16);
  return listed.globs.map((glob) => textOf(glob) ?? '').find((text) => others.every((test) => test(text)));
}

/** What lies in none of several sets lies outside their union: one negated constraint will do. */
function merged(constraints: readonly Constraint[]): readonly Constraint[] {
  const positive = constraints.filter(({ negated }) => !negated);
  const globs = constraints.filter(({ negated }) => negated).flatMap((constraint) => constraint.globs);
  return globs.length === 0 ? positive : [...positive, { globs, negated: true }];
}

function isList({ globs, negated }: Constraint): boolean {
  return !negated && globs.every((glob) => textOf(glob) !== undefined);
}

const texts = new WeakMap<Glob, { readonly text: string | undefined }>();

/** The one text that fits a pattern without wildcards. */
function textOf(glob: Glob): string | undefined {
  let found = texts.get(glob);
  if (!found) {
    found = { text: glob.every(isPlain) ? String.fromCharCode(...glob) : undefined };
    texts.set(glob, found);
  }
  return found.text;
}

/** True when the text lies in the set. */
export function fitsConstraint(text: string, constraint: Constraint, budget: Budget): boolean {
  return testOf(constraint, budget)(text);
}

/** The set as a test, for asking about many texts. */
export function testOf({ globs, negated }: Constraint, budget: Budget): (text: string) => boolean {
  const plain = new Set<string>();
  const wild: Glob[] = [];
  for (const glob of globs) {
    const text = textOf(glob);
    if (text === undefined) wild.push(glob);
    else plain.add(text);
  }
  spend(budget, globs.length / 16);
  return (text) => (plain.has(text) || wild.some((glob) => fitsGlob(text, glob, budget))) !== negated;
}

function fitsGlob(text: string, glob: Glob, budget: Budget): boolean {
  for (let i = 0; i < glob.length; i++) {
    const token = glob[i] as number;
    if (isWild(token)) break;
    if (i >= text.length || !takes(token, text.charCodeAt(i))) return false;
  }
  spend(budget, glob.length);
  const machine = machineOf([{ globs: [glob], negated: false }]);
  let state: State | undefined = start(machine);
  for (let i = 0; i < text.length && state; i++) state = next(machine, state, text.charCodeAt(i));
  return state !== undefined && isAccepting(machine, state);
}

const end = -1;

/** All patterns in one row of tokens, each closed by `end`; the constraint that each place belongs to. */
interface Machine {
  readonly tokens: Int32Array;
  readonly owners: Int32Array;
  readonly starts: readonly number[];
  readonly negated: readonly boolean[];
  /** Scratch: the round in which a place was last active, and a constraint alive or fulfilled for good. */
  readonly active: Int32Array;
  readonly alive: Int32Array;
  readonly done: Int32Array;
  round: number;
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
      for (const token of glob) tokens.push(token);
      tokens.push(end);
      while (owners.length < tokens.length) owners.push(owner);
    }
  });
  const scratch = () => new Int32Array(constraints.length);
  return {
    tokens: Int32Array.from(tokens),
    owners: Int32Array.from(owners),
    starts,
    negated: constraints.map(({ negated }) => negated),
    active: new Int32Array(tokens.length),
    alive: scratch(),
    done: scratch(),
    round: 0,
  };
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
  const { tokens, owners, negated, active, alive, done } = machine;
  const round = ++machine.round;
  const reached: number[] = [];
  for (const first of places) {
    if (first >= tokens.length) done[first - tokens.length] = round;
    for (let place = first; place < tokens.length && active[place] !== round; place++) {
      active[place] = round;
      reached.push(place);
      const token = tokens[place] as number;
      if (token === end || !isStar(token)) break;
      if (classOf(token) !== classes.any || tokens[place + 1] !== end) continue;
      const owner = owners[place] as number;
      if (negated[owner]) return undefined;
      done[owner] = round;
    }
  }
  const state: number[] = [];
  for (const place of reached) {
    const owner = owners[place] as number;
    if (done[owner] === round) continue;
    alive[owner] = round;
    insert(state, place);
  }
  for (let owner = 0; owner < negated.length; owner++) {
    if (done[owner] === round) state.push(tokens.length + owner);
    else if (!negated[owner] && alive[owner] !== round) return undefined;
  }
  return state;
}

/** Keeps a list sorted that is nearly so already. */
function insert(sorted: number[], place: number): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] as number) > place) at--;
  if (at === sorted.length) sorted.push(place);
  else sorted.splice(at, 0, place);
}

function isAccepting(machine: Machine, state: State): boolean {
  const { tokens, owners, negated, alive } = machine;
  const round = ++machine.round;
  for (const place of state) {
    if (place >= tokens.length) alive[place - tokens.length] = round;
    else if (tokens[place] === end) alive[owners[place] as number] = round;
  }
  for (let owner = 0; owner < negated.length; owner++) if ((alive[owner] === round) === negated[owner]) return false;
  return true;
}

/** States of one walk. People's patterns need hundreds. */
const statesMax = 20_000;

interface Step {
  readonly state: State;
  readonly from: Step | undefined;
  readonly letter: number;
}

function walk(machine: Machine, budget: Budget): string | undefined {
  const first = start(machine);
  if (!first) return undefined;
  const seen = new Set([nameOf(first)]);
  const queue: Step[] = [{ state: first, from: undefined, letter: 0 }];
  for (let at = 0; at < queue.length; at++) {
    const step = queue[at] as Step;
    if (isAccepting(machine, step.state)) return spelled(step);
    for (const letter of lettersAt(machine, step.state)) {
      spend(budget, step.state.length + 1);
      const state = next(machine, step.state, letter);
      const key = state && nameOf(state);
      if (!state || key === undefined || seen.has(key)) continue;
      if (seen.size >= statesMax) throw new AnalysisBound('The patterns are too complex to analyze');
      seen.add(key);
      queue.push({ state, from: step, letter });
    }
  }
  return undefined;
}

/** A state as a short text. */
const nameOf = (state: State) => String.fromCodePoint(...state);

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
