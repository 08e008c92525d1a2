/** Regular expressions that strangers write, matched in bounded time. */
import { automaton, type Fuel } from './automaton.ts';
import { capturesOf, type Places } from './captures.ts';
import { programOf } from './program.ts';
import { type Dialect, type Node, parseRegex, RegexProblem } from './syntax.ts';

export { type Fuel, TooCostly } from './automaton.ts';

export interface Regex {
  /** Names of its capturing groups, in order; '' for those without one. */
  readonly names: readonly string[];
  /** Whether it matches anywhere in the text; on this fuel. @throws TooCostly */
  test(text: string, fuel?: Fuel): boolean;
  /** Where its first match at or after `from` begins and ends, and its groups; on this fuel. @throws TooCostly */
  exec(text: string, from?: number, fuel?: Fuel): Places | undefined;
}

/** Steps a program may have. */
const STEPS_MAX: Readonly<Record<Dialect, number>> = { filter: 1_000, query: 2_000 };

export function compileRegex(
  text: string,
  dialect: Dialect,
  stepsMax = STEPS_MAX[dialect],
): Regex | { readonly problem: string } {
  try {
    const { node, names } = parseRegex(text, dialect);
    const program = programOf(node, names.length, stepsMax);
    const literal = literalOf(node);
    const search = automaton(program);
    return {
      names,
      test:
        literal === undefined
          ? (value, fuel) => search(value, 0, fuel) !== undefined
          : (value) => value.includes(literal),
      exec(value, from, fuel) {
        const begin = search(value, from, fuel);
        return begin === undefined ? undefined : capturesOf(program, value, begin, fuel);
      },
    };
  } catch (error) {
    if (error instanceof RegexProblem) return { problem: error.message };
    throw error;
  }
}

/** The text that is all of the expression; undefined where it is more than a text. */
function literalOf(node: Node): string | undefined {
  if (node.kind !== 'sequence') return undefined;
  let text = '';
  for (const item of node.items) {
    const range = item.kind === 'set' && item.set.length === 1 ? item.set[0]! : undefined;
    if (!range || range[0] !== range[1]) return undefined;
    text += String.fromCharCode(range[0]);
  }
  return text;
}
