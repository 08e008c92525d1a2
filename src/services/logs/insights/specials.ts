/** Functions of Logs Insights that are more than a function of values. */
import { argumentsAt, type Evaluate, expressionAt, type Scope } from './expressions.ts';
import { goOn } from './patience.ts';
import { ceilTo, floorTo, type Period, periodAt } from './periods.ts';
import { fieldReader, unmasked } from './records.ts';
import { need, quoted, regexLiteral, regexOf, wrong } from './scanner.ts';
import { replacedMatches } from './texts.ts';
import { Moment, numberOf, textOf, truth, type Value } from './values.ts';

type Special = (scope: Scope) => Evaluate;

const timestamp = fieldReader('@timestamp');
const branchesMax = 10;

function rounding(round: (period: Period, ms: number) => number): Special {
  return (scope) => {
    const value = expressionAt(scope);
    need(scope.scanner, ',');
    return rounded(scope, value, round);
  };
}

function rounded(scope: Scope, value: Evaluate, round: (period: Period, ms: number) => number): Evaluate {
  const period = periodAt(scope.scanner);
  need(scope.scanner, ')');
  return (row) => {
    const ms = numberOf(value(row));
    return ms === undefined ? null : new Moment(round(period, ms));
  };
}

const constant =
  (value: (scope: Scope) => Value): Special =>
  (scope) => {
    need(scope.scanner, ')');
    const found = value(scope);
    return () => found;
  };

function choose(scope: Scope): Evaluate {
  const values = argumentsAt(scope);
  if (values.length < 2 || values.length > 2 * branchesMax + 1) {
    wrong(scope.scanner, 'case takes 1 to 10 conditions, each with a value, and a default');
  }
  const otherwise = values.length % 2 === 1 ? values.at(-1) : undefined;
  return (row) => {
    for (let i = 0; i + 1 < values.length; i += 2) if (truth(values[i]!(row))) return values[i + 1]!(row);
    return otherwise?.(row) ?? null;
  };
}

function either(scope: Scope): Evaluate {
  const [condition, yes, no, ...more] = argumentsAt(scope);
  if (!condition || !yes || !no || more.length > 0) return wrong(scope.scanner, 'function if takes 3 arguments');
  return (row) => (truth(condition(row)) ? yes(row) : no(row));
}

function replaceAll(scope: Scope): Evaluate {
  const { scanner } = scope;
  const value = expressionAt(scope);
  need(scanner, ',');
  const from = scanner.at;
  const regex = regexLiteral(scanner) ?? regexOf(scanner, quoted(scanner) ?? wrong(scanner), from);
  need(scanner, ',');
  const by = expressionAt(scope);
  need(scanner, ')');
  return (row) => {
    const text = textOf(value(row));
    goOn();
    return text === undefined ? null : replacedMatches(text, regex, textOf(by(row)) ?? '');
  };
}

/** Needs logs:Unmask, which is asked where a query that has it is started and where its results are read. */
function unmask(scope: Scope): Evaluate {
  const value = expressionAt(scope);
  need(scope.scanner, ')');
  scope.notes.unmasks = true;
  return (row) => value(unmasked(row));
}

const SPECIALS: Readonly<Record<string, Special>> = {
  bin(scope) {
    scope.refers?.('@timestamp', scope.scanner.at);
    return rounded(scope, timestamp, floorTo);
  },
  datefloor: rounding(floorTo),
  dateceil: rounding(ceilTo),
  case: choose,
  if: either,
  regexreplace: replaceAll,
  unmask,
  now: constant(({ clock }) => Math.floor(clock.started / 1000)),
  querystarttime: constant(({ clock }) => clock.from),
  queryendtime: constant(({ clock }) => clock.to),
  querytimerange: constant(({ clock }) => clock.to - clock.from),
};

export const isSpecial = (name: string) => Object.hasOwn(SPECIALS, name);

/** What follows the opening parenthesis. */
export const specialAt = (scope: Scope, name: string): Evaluate => SPECIALS[name]!(scope);
