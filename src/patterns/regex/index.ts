/** Regular expressions that strangers write, matched in bounded time. */
import { automaton } from './automaton.ts';
import { capturesOf, type Fuel, type Places } from './captures.ts';
import { programOf } from './program.ts';
import { type Dialect, type Node, parseRegex, RegexProblem } from './syntax.ts';

export { TooCostly } from './automaton.ts';
export type { Fuel } from './captures.ts';

export interface Regex {
  /** Names of its capturing groups, in order; '' for those without one. */
  readonly names: readonly string[];
  /** Whether it matches anywhere in the text. @throws TooCostly */
  test(text: string): boolean;
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
    const matches = automaton(program);
    const test = literal === undefined ? matches : (value: string) => value.includes(literal);
    return {
      names,
      test,
      exec: (value, from = 0, fuel) =>
        from === 0 && !test(value) ? undefined : capturesOf(program, value, from, fuel),
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
