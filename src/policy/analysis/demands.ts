// A condition of a statement as a demand on the values of its key: the operator's texts as patterns or its values on
// a line, and what holds when the key is missing, exactly as conditions.ts evaluates it.

import { parseOperator } from '../conditions.ts';
import type { ConditionElement } from '../document.ts';
import type { Operator } from '../operators.ts';
import type { Template } from '../variables.ts';
import { fitsConstraint } from './automata.ts';
import {
  classes,
  type EitherGlob,
  everything,
  type Glob,
  type OpenGlob,
  type Symbols,
  starOf,
  templateGlob,
  textGlob,
} from './globs.ts';
import type { KeyDemand, KeyTest } from './literals.ts';
import { orderedTest } from './ordered.ts';

/** Reads a condition. `variables`: whether the document's version has policy variables. */
export function demandOf(condition: ConditionElement, variables: boolean, symbols: Symbols): KeyDemand | undefined {
  const parsed = parseOperator(condition.operator);
  if (!parsed) return undefined;
  if (parsed === 'Null') return nullDemand(condition.values);
  const { operator, qualifier, ifExists } = parsed;
  const { negated } = operator;
  const test = testOf(operator, condition.values, variables, symbols);
  const whenAbsent = ifExists || qualifier === 'ForAllValues' || (negated && qualifier === 'none');
  return {
    some: qualifier === 'ForAnyValue' || (qualifier === 'none' && !negated),
    multiple: qualifier !== 'none',
    test,
    whenAbsent,
    whenBlank: qualifier === 'ForAllValues' ? whenAbsent : acceptsBlank(test),
  };
}

function nullDemand(values: readonly string[]): KeyDemand {
  const wants = (text: string) => values.some((value) => value.toLowerCase() === text);
  const whenAbsent = wants('true');
  return { some: true, multiple: false, test: { always: wants('false') }, whenAbsent, whenBlank: whenAbsent };
}

/** The demand that the key is there. */
export const presence: KeyDemand = nullDemand(['false']);

function acceptsBlank(test: KeyTest): boolean {
  if ('ordered' in test) return test.ordered.negated;
  return 'clause' in test && fitsConstraint('', test.clause, { steps: 1e6, nodes: 0 });
}

function testOf(operator: Operator, values: readonly string[], variables: boolean, symbols: Symbols): KeyTest {
  const ordered = orderedTest(operator, values);
  if (ordered) return { ordered };
  const read = readerOf(operator.name.toLowerCase());
  const globs: Glob[] = [];
  const open: OpenGlob[] = [];
  const rough: Glob[] = [];
  for (const value of values) {
    for (const found of read(value, operator, variables, symbols)) {
      if ('rough' in found) rough.push(found.rough);
      else if ('open' in found) open.push(found.open);
      else globs.push(found.glob);
    }
  }
  return { clause: { negated: operator.negated, globs, open, rough } };
}

type Found = EitherGlob | { readonly rough: Glob };
type Reader = (value: string, operator: Operator, variables: boolean, symbols: Symbols) => readonly Found[];

function readerOf(name: string): Reader {
  if (name.startsWith('arn')) return arnGlobs;
  if (name.startsWith('binary')) return binaryGlobs;
  return name === 'bool' || name.endsWith('ignorecase') ? foldedGlobs : plainGlobs;
}

const plainGlobs: Reader = (value, operator, variables, symbols) => [
  templateGlob(operator.prepare(value, variables) as Template, symbols, classes.any),
];

// Letters beyond ASCII change case in ways of their own (ß, İ, final sigma): such a value could mean anything. Its own
// text goes along, so that no two values look the same.
const foldedGlobs: Reader = (value, operator, variables, symbols) =>
  /^[\x20-\x7e]*$/.test(value)
    ? [templateGlob(operator.prepare(value, variables) as Template, symbols, classes.any, true)]
    : [{ rough: everything }, { rough: textGlob(value) }];

const binaryGlobs: Reader = (value, operator) => {
  const text = operator.prepare(value, false) as string;
  return ['', '=', '=='].map((padding) => ({ glob: textGlob(text + padding) }));
};

const field = starOf(classes.notColon);

/** Each field of an ARN is matched apart: only the sixth may hold colons. See operators.ts, arnFits. */
const arnGlobs: Reader = (value, operator, variables, symbols) => {
  const templates = operator.prepare(value, variables) as readonly Template[];
  const last = templates.length - 1;
  if (last === 0 && templates[0]?.source === '*') return [{ glob: everything }];
  const short = templates.length < 6;
  if (short && !templates[last]?.source.endsWith('*')) return [];
  const fields = templates.map((template, i) =>
    templateGlob(template, symbols, i < 5 ? classes.notColon : classes.any),
  );
  if (!short) return [joined(fields)];
  const rest = Array.from({ length: 5 - last }, (_, i) => [58, i === 4 - last ? starOf(classes.any) : field]).flat();
  const final = templates[last]?.source ?? '';
  if (/^[^*?$]*\*$/.test(final))
    return [joined([...fields.slice(0, -1), { glob: [...textGlob(final.slice(0, -1)), field] }], rest)];
  const loose = joined([...fields.slice(0, -1), { glob: everything }]);
  return [{ rough: 'open' in loose ? loose.open.over : loose.glob }, { rough: textGlob(value) }];
};

function joined(fields: readonly EitherGlob[], rest: Glob = []): EitherGlob {
  const over = fields.flatMap((part, i) => [...(i > 0 ? [58] : []), ...('open' in part ? part.open.over : part.glob)]);
  if (!fields.some((part) => 'open' in part)) return { glob: [...over, ...rest] };
  const symbols = fields.flatMap((part, i) => [
    ...(i > 0 ? [58] : []),
    ...('open' in part ? part.open.symbols : part.glob),
  ]);
  return { open: { symbols: [...symbols, ...rest], over: [...over, ...rest], fold: false } };
}
