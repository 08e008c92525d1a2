// Patterns as rows of tokens, the form in which automata.ts reads them. A token is a number: a character, a character
// in either case, a wildcard for one or for any number of characters of a class, or a symbol. A symbol stands for the
// unknown value of one policy variable: two patterns with the same symbol mean the same text there, whatever it is.

import type { Key } from '../context.ts';
import type { Pattern } from '../match.ts';
import type { Template } from '../variables.ts';

export type Glob = readonly number[];

/** What a wildcard does not take, or, from `digit` on, all that it takes. Classes may be combined. */
export const classes = { any: 0, notColon: 1, notHash: 2, digit: 4, word: 8, wordOrDash: 16 } as const;

const folded = 0x1_0000;
const symbolic = 0x2_0000;
const one = 0x4_0000;
const star = 0x8_0000;

export const oneOf = (kind: number) => one | kind;
export const starOf = (kind: number) => star | kind;
export const isStar = (token: number) => (token & star) !== 0;
export const isWild = (token: number) => (token & (star | one)) !== 0;
export const isSymbol = (token: number) => !isWild(token) && (token & symbolic) !== 0;
export const isFolded = (token: number) => !isWild(token) && (token & folded) !== 0;
export const classOf = (token: number) => token & 0xff;
/** A character as it is: neither wildcard nor symbol nor in either case. */
export const isPlain = (token: number) => token < folded;
export const everything: Glob = [starOf(classes.any)];

/** The variables met so far; the place in the list is the symbol's number. */
export interface Symbols {
  readonly variables: { readonly key: Key; readonly fallback: string | undefined }[];
}

/** A pattern with variables: with symbols in their places, and with wildcards instead. */
export interface OpenGlob {
  readonly symbols: Glob;
  readonly over: Glob;
  readonly fold: boolean;
}

export type EitherGlob = { readonly glob: Glob } | { readonly open: OpenGlob };

/** True when a token takes a character, or a symbol. A symbol is text of unknown length: only a star takes it. */
export function takes(token: number, letter: number): boolean {
  if (isWild(token)) {
    const kind = classOf(token);
    if (letter >= folded) return isStar(token) && (kind & ~classes.notHash) === 0;
    return kind === 0 || isInClass(kind, letter);
  }
  if (isFolded(token)) return letter < folded && lowerOf(letter) === (token & 0xffff);
  return token === letter;
}

function isInClass(kind: number, letter: number): boolean {
  if (kind & classes.notColon && letter === 58) return false;
  if (kind & classes.notHash && letter === 35) return false;
  const isDigit = letter >= 48 && letter <= 57;
  if (kind & classes.digit) return isDigit;
  const isWord = isDigit || (letter >= 97 && letter <= 122);
  if (kind & classes.word) return isWord;
  return kind & classes.wordOrDash ? isWord || letter === 45 : true;
}

function lowerOf(letter: number): number {
  const lower = String.fromCharCode(letter).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : letter;
}

/** The characters that a token for either case takes: the Kelvin sign is a K as well. */
export function lettersOf(token: number): readonly number[] {
  if (!isFolded(token)) return [token];
  const lower = token & 0xffff;
  const upper = String.fromCharCode(lower).toUpperCase();
  const letters = upper.length === 1 && upper.charCodeAt(0) !== lower ? [lower, upper.charCodeAt(0)] : [lower];
  return lower === 107 ? [...letters, 0x212a] : letters;
}

export function textGlob(text: string): Glob {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

/** The text in any case. */
export function foldGlob(text: string): Glob {
  return textGlob(text.toLowerCase()).map((letter) => folded | letter);
}

/** Reads coded text (see match.ts): `kind` is the class of its free wildcards. */
function codedGlob(code: string, kind: number): Glob {
  return textGlob(code).map((letter) => {
    if (letter === 0xfffe) return starOf(kind);
    if (letter === 0xffff) return oneOf(kind);
    if (letter === 0xfffd) return starOf(kind | classes.notColon);
    if (letter === 0xfffc) return oneOf(kind | classes.notColon);
    return letter;
  });
}

function patternGlob(pattern: Pattern, kind: number): Glob {
  if (pattern.mode === 'all') return [starOf(kind)];
  if (pattern.mode === 'exact') return textGlob(pattern.code);
  const glob = codedGlob(pattern.code, kind);
  return pattern.mode === 'prefix' ? [...glob, starOf(kind)] : glob;
}

/** A pattern written with * and ?, both of the class. */
export function wildGlob(text: string, kind: number = classes.any): Glob {
  return textGlob(text).map((letter) => (letter === 42 ? starOf(kind) : letter === 63 ? oneOf(kind) : letter));
}

/** Reads a template. `kind` is the class of its wildcards and of what its variables bring in. */
export function templateGlob(template: Template, symbols: Symbols, kind: number, fold = false): EitherGlob {
  const cased = (glob: Glob) =>
    fold ? glob.map((token) => (isPlain(token) ? (foldGlob(String.fromCharCode(token))[0] ?? token) : token)) : glob;
  if (template.pattern) return { glob: cased(patternGlob(template.pattern, kind)) };
  const over: number[] = [];
  const marked: number[] = [];
  let open = false;
  for (const part of template.parts) {
    if (typeof part === 'string') {
      const glob = cased(codedGlob(part, kind));
      over.push(...glob);
      marked.push(...glob);
    } else {
      open = true;
      over.push(starOf(kind));
      marked.push(symbolic + numberOf(part, symbols));
    }
  }
  return open ? { open: { symbols: marked, over, fold } } : { glob: marked };
}

function numberOf(variable: Symbols['variables'][number], { variables }: Symbols): number {
  const name = variable.key.name.toLowerCase();
  const found = variables.findIndex((v) => v.key.name.toLowerCase() === name && v.fallback === variable.fallback);
  return found >= 0 ? found : variables.push(variable) - 1;
}

/** The numbers of the symbols in a pattern. */
export function symbolsIn(glob: Glob): readonly number[] {
  return glob.filter(isSymbol).map((token) => token - symbolic);
}

/** The pattern with its variables filled in; undefined when one has no value: it then matches nothing. */
export function filled(open: OpenGlob, variable: (symbol: number) => string | undefined): Glob | undefined {
  const glob: number[] = [];
  for (const token of open.symbols) {
    if (!isSymbol(token)) {
      glob.push(token);
      continue;
    }
    const value = variable(token - symbolic);
    if (value === undefined) return undefined;
    glob.push(...(open.fold ? foldGlob(value) : textGlob(value)));
  }
  return glob;
}

/** The same pattern with every wildcard narrowed to a class. */
export function narrowed(glob: Glob, kind: number): Glob {
  return glob.map((token) => (isWild(token) ? token | kind : token));
}
