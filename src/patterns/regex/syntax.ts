/**
 * Regular expressions as CloudWatch Logs reads them: `filter` is the restricted grammar of filter patterns (no groups,
 * a fixed set of symbols), `query` that of Logs Insights. Neither has what cannot be matched in linear time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
 */
import {
  ANY,
  allBut,
  anyCase,
  type Characters,
  DIGIT,
  joined,
  NEWLINE,
  of,
  type Range,
  SPACE,
  WORD,
} from './characters.ts';

export type Dialect = 'filter' | 'query';

export type Node =
  | { readonly kind: 'set'; readonly set: Characters }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly kind: 'group'; readonly item: Node; readonly capture: number };

export type Assertion = 'begin' | 'end' | 'lineBegin' | 'lineEnd' | 'word' | 'notWord';

export interface Parsed {
  readonly node: Node;
  /** Of capturing groups, in order; '' for those without a name. */
  readonly names: readonly string[];
}

export class RegexProblem extends Error {}

const REPEAT_MAX = 1000;
const DEPTH_MAX = 50;
const FILTER_PLAIN = /^[A-Za-z0-9:_#=@/;,\- ]$/;

interface State {
  readonly text: string;
  readonly dialect: Dialect;
  at: number;
  depth: number;
  readonly names: string[];
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
}

/** @throws RegexProblem for what is not in the grammar. */
export function parseRegex(text: string, dialect: Dialect): Parsed {
  const flags = { ignoreCase: false, multiline: false, dotAll: false };
  const state: State = { text, dialect, at: 0, depth: 0, names: [], ...flags };
  const node = choice(state);
  if (state.at < text.length) wrong(`Unexpected '${text[state.at]}'`);
  return { node, names: state.names };
}

function wrong(message: string): never {
  throw new RegexProblem(message);
}

function choice(state: State): Node {
  const items = [sequence(state)];
  while (eat(state, '|')) items.push(sequence(state));
  return items.length === 1 ? items[0]! : { kind: 'choice', items };
}

function sequence(state: State): Node {
  const items: Node[] = [];
  while (state.at < state.text.length && !'|)'.includes(state.text[state.at]!)) {
    const atom = next(state);
    if (atom) items.push(repeated(state, atom));
  }
  return { kind: 'sequence', items };
}

const eat = (state: State, text: string): boolean => {
  if (!state.text.startsWith(text, state.at)) return false;
  state.at += text.length;
  return true;
};

const BOUNDS = /^\{(\d{0,4})(?:(,)\s*(\d{0,4}))?\}/;

function repeated(state: State, item: Node): Node {
  let node = item;
  for (;;) {
    const bounds = quantifier(state);
    if (!bounds) return node;
    if (item.kind === 'assert') wrong('Nothing to repeat');
    if (node !== item) wrong('Nested quantifier');
    const lazy = state.dialect === 'query' && eat(state, '?');
    node = { kind: 'repeat', item, ...bounds, lazy };
  }
}

function quantifier(state: State): { min: number; max: number } | undefined {
  if (eat(state, '*')) return { min: 0, max: Number.POSITIVE_INFINITY };
  if (eat(state, '+')) return { min: 1, max: Number.POSITIVE_INFINITY };
  if (eat(state, '?')) return { min: 0, max: 1 };
  if (state.text[state.at] !== '{') return undefined;
  const found = BOUNDS.exec(state.text.slice(state.at, state.at + 14));
  if (!found || (found[1] === '' && !found[3])) wrong('Invalid repetition');
  state.at += found[0].length;
  const min = Number(found[1] || 0);
  const max = found[2] === undefined ? min : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY;
  if (max < min || min > REPEAT_MAX || (Number.isFinite(max) && max > REPEAT_MAX)) wrong('Invalid repetition count');
  return { min, max };
}

/** The next atom; undefined for what only sets flags. */
function next(state: State): Node | undefined {
  const char = state.text[state.at++]!;
  switch (char) {
    case '(':
      return group(state);
    case '[':
      return set(state, bracket(state));
    case '.':
      return { kind: 'set', set: state.dotAll || state.dialect === 'filter' ? ANY : allBut(NEWLINE) };
    case '^':
      return { kind: 'assert', what: state.multiline ? 'lineBegin' : 'begin' };
    case '$':
      return { kind: 'assert', what: state.multiline ? 'lineEnd' : 'end' };
    case '\\':
      return escapeNode(state);
    case '*':
    case '+':
    case '?':
    case '{':
      return wrong('Nothing to repeat');
    default:
      return set(state, plain(state, char));
  }
}

const set = (state: State, characters: Characters): Node => ({
  kind: 'set',
  set: state.ignoreCase ? anyCase(characters) : characters,
});

function plain(state: State, char: string): Characters {
  if (state.dialect === 'filter' && !FILTER_PLAIN.test(char)) wrong(`'${char}' is not supported`);
  return unit(char.charCodeAt(0));
}

const unit = (code: number): Characters => of([code, code]);

const FLAGS = /^\?([ims]+)(?:-([ims]+))?(\)|:)/;
const NAMED = /^\?P?<([A-Za-z_][A-Za-z0-9_]*)>/;

function group(state: State): Node | undefined {
  if (state.dialect === 'filter') wrong("'(' is not supported");
  if (++state.depth > DEPTH_MAX) wrong('Groups are nested too deeply');
  const before = { ignoreCase: state.ignoreCase, multiline: state.multiline, dotAll: state.dotAll };
  const rest = state.text.slice(state.at, state.at + 130);
  const flags = FLAGS.exec(rest);
  const name = NAMED.exec(rest);
  if (flags) {
    state.at += flags[0].length;
    setFlags(state, flags[1]!, true);
    setFlags(state, flags[2] ?? '', false);
    if (flags[3] === ')') {
      state.depth--;
      return undefined;
    }
  } else if (name) state.at += name[0].length;
  else if (!eat(state, '?:') && state.text[state.at] === '?') wrong('Unsupported group');
  const captures = !flags && !(state.text.slice(state.at - 2, state.at) === '?:');
  const capture = captures ? state.names.push(name?.[1] ?? '') : 0;
  const item = choice(state);
  if (!eat(state, ')')) wrong("Missing ')'");
  Object.assign(state, before);
  state.depth--;
  return captures ? { kind: 'group', item, capture } : item;
}

function setFlags(state: State, letters: string, on: boolean): void {
  if (letters.includes('i')) state.ignoreCase = on;
  if (letters.includes('m')) state.multiline = on;
  if (letters.includes('s')) state.dotAll = on;
}

const CLASSES: Readonly<Record<string, Characters>> = {
  d: DIGIT,
  D: allBut(DIGIT),
  s: SPACE,
  S: allBut(SPACE),
  w: WORD,
  W: allBut(WORD),
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };

function escapeNode(state: State): Node {
  const char = state.text[state.at];
  if (state.dialect === 'query') {
    if (char === 'b' || char === 'B') {
      state.at++;
      return { kind: 'assert', what: char === 'b' ? 'word' : 'notWord' };
    }
    if (char === 'A' || char === 'z' || char === 'Z') {
      state.at++;
      return { kind: 'assert', what: char === 'A' ? 'begin' : 'end' };
    }
  }
  return set(state, escaped(state));
}

/** What a backslash makes of the next character, inside brackets or out. */
function escaped(state: State): Characters {
  const char = state.text[state.at++];
  if (char === undefined) wrong('Nothing follows the backslash');
  const known = CLASSES[char];
  if (known) return known;
  if (char === 'x' || (char === 'u' && state.dialect === 'query')) return hexadecimal(state, char === 'x' ? 2 : 4);
  if (char in CONTROLS && (state.dialect === 'query' || 'nrt'.includes(char))) return unit(CONTROLS[char]!);
  if (/[A-Za-z0-9]/.test(char)) wrong(`'\\${char}' is not supported`);
  if (state.dialect === 'filter' && char.charCodeAt(0) > 0x7e) wrong(`'${char}' is not supported`);
  return unit(char.charCodeAt(0));
}

function hexadecimal(state: State, digits: number): Characters {
  const text = state.text.slice(state.at, state.at + digits);
  if (text.length < digits || !/^[0-9A-Fa-f]+$/.test(text)) wrong('Invalid hexadecimal escape');
  state.at += digits;
  return unit(Number.parseInt(text, 16));
}

function bracket(state: State): Characters {
  const negated = eat(state, '^');
  const ranges: Range[] = [];
  for (let first = true; ; first = false) {
    if (state.at >= state.text.length) wrong("Missing ']'");
    if (!first && eat(state, ']')) break;
    if (first && state.text[state.at] === ']' && state.dialect === 'filter') wrong('Empty character class');
    const from = member(state);
    const dash = state.text[state.at] === '-' && state.text[state.at + 1] !== ']' && state.at + 1 < state.text.length;
    if (!dash || !isUnit(from)) {
      ranges.push(...from);
      continue;
    }
    state.at++;
    const to = member(state);
    if (!isUnit(to) || to[0]![0] < from[0]![0]) wrong('Invalid range in character class');
    ranges.push([from[0]![0], to[0]![0]]);
  }
  return negated ? allBut(joined(ranges)) : joined(ranges);
}

function member(state: State): Characters {
  const char = state.text[state.at++]!;
  if (char === '\\') return escaped(state);
  if (char === '[' && state.text[state.at] === ':') wrong('Named character classes are not supported');
  if (state.dialect === 'filter' && !FILTER_PLAIN.test(char) && !'^$?[{}|*+.'.includes(char)) {
    wrong(`'${char}' is not supported`);
  }
  return unit(char.charCodeAt(0));
}

const isUnit = (set: Characters) => set.length === 1 && set[0]![0] === set[0]![1];
