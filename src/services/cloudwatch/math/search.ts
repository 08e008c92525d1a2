/**
 * Search expressions: which metrics match.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
import { MathError } from './parser.ts';

export interface SearchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly (readonly [name: string, value: string])[];
}

export interface Search {
  /** Namespace to look in, if the expression names one. */
  readonly namespace: string | undefined;
  readonly matches: (metric: SearchedMetric) => boolean;
}

const SEARCH_LENGTH_MAX = 1024;
const NESTED_MAX = 30;

type Matcher = (metric: SearchedMetric) => boolean;

/** @throws MathError */
export function parseSearch(text: string, account: string): Search {
  if (text.length > SEARCH_LENGTH_MAX) throw new MathError('The search expression is too long');
  const schema = /^\s*\{([^}]*)\}\s*,?/.exec(text);
  if (!schema && /^\s*\{/.test(text)) throw new MathError('The metric schema does not end');
  const terms = schema ? text.slice(schema[0].length) : text;
  const { namespace, matcher } = schema ? inSchema(schema[1]!) : { namespace: undefined, matcher: () => true };
  const tokens = tokensOf(terms);
  if (!schema && tokens.length === 0) throw new MathError('The search expression is empty');
  const reader: Reader = { tokens, at: 0, depth: 0, account };
  const search = tokens.length === 0 ? () => true : anyOf(reader);
  if (reader.at < tokens.length) throw new MathError('Invalid search expression');
  return { namespace, matches: (metric) => matcher(metric) && search(metric) };
}

/** Exactly these dimensions, where some are named. */
function inSchema(text: string): { namespace: string; matcher: Matcher } {
  const parts = Array.from(text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"|([^,"]+?))\s*(?:,|$)/g), ([, quoted, plain]) =>
    quoted === undefined ? plain! : unescaped(quoted),
  );
  const [namespace, ...names] = parts;
  if (!namespace) throw new MathError('The metric schema needs a namespace');
  const wanted = new Set(names);
  const matcher: Matcher = ({ namespace: own, dimensions }) =>
    own === namespace &&
    (wanted.size === 0 || (dimensions.length === wanted.size && dimensions.every(([name]) => wanted.has(name))));
  return { namespace, matcher };
}

type Token =
  | { readonly kind: 'mark'; readonly text: string }
  | { readonly kind: 'term'; readonly property: string | undefined; readonly text: string; readonly exact: boolean };

const TERM =
  /\s*(?:([()])|(?:([:\w.@/#-]+|"(?:[^"\\]|\\.)*")\s*=\s*)?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s()"=]+)))\s*/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trim();
  TERM.lastIndex = 0;
  while (TERM.lastIndex < trimmed.length) {
    const found = TERM.exec(trimmed);
    if (!found) throw new MathError('Invalid search expression');
    const [, mark, property, quoted, single, plain] = found;
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else if (property === undefined && /^(AND|OR|NOT)$/.test(plain ?? '')) tokens.push({ kind: 'mark', text: plain! });
    else {
      const exact = quoted ?? single;
      const name = property?.startsWith('"') ? unescaped(property.slice(1, -1)) : property;
      tokens.push({ kind: 'term', property: name, text: unescaped(exact ?? plain!), exact: exact !== undefined });
    }
  }
  return tokens;
}

const unescaped = (text: string) => text.replace(/\\(.)/g, '$1');

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
  readonly account: string;
}

const next = ({ tokens, at }: Reader) => tokens[at];
const isMark = (reader: Reader, text: string) => {
  const token = next(reader);
  return token?.kind === 'mark' && token.text === text;
};

function anyOf(reader: Reader): Matcher {
  if (++reader.depth > NESTED_MAX) throw new MathError('The search expression is nested too deeply');
  const options = [allOf(reader)];
  while (isMark(reader, 'OR')) {
    reader.at++;
    options.push(allOf(reader));
  }
  reader.depth--;
  return (metric) => options.some((option) => option(metric));
}

function allOf(reader: Reader): Matcher {
  const conditions = [condition(reader)];
  for (;;) {
    if (isMark(reader, 'AND')) reader.at++;
    else if (!next(reader) || isMark(reader, 'OR') || isMark(reader, ')')) break;
    conditions.push(condition(reader));
  }
  return (metric) => conditions.every((each) => each(metric));
}

function condition(reader: Reader): Matcher {
  let positive = true;
  for (; isMark(reader, 'NOT'); reader.at++) positive = !positive;
  const token = reader.tokens[reader.at++];
  if (!token) throw new MathError('Invalid search expression');
  const matcher = token.kind === 'term' ? termMatcher(token, reader.account) : inner(token.text, reader);
  return positive ? matcher : (metric) => !matcher(metric);
}

function inner(mark: string, reader: Reader): Matcher {
  if (mark !== '(') throw new MathError('Invalid search expression');
  const matcher = anyOf(reader);
  if (!isMark(reader, ')')) throw new MathError('Unmatched parentheses');
  reader.at++;
  return matcher;
}

type Term = Extract<Token, { kind: 'term' }>;

function termMatcher({ property, text, exact }: Term, account: string): Matcher {
  if (property === ':aws.AccountId') return () => text === account || text === 'LOCAL';
  const test = exact ? (value: string) => value === text : partial(text);
  return (metric) => valuesOf(metric, property).some(test);
}

function valuesOf({ namespace, name, dimensions }: SearchedMetric, property: string | undefined): readonly string[] {
  if (property === 'MetricName') return [name];
  if (property === 'Namespace') return [namespace];
  if (property === undefined) return [namespace, name, ...dimensions.flat()];
  return dimensions.filter(([own]) => own === property).map(([, value]) => value);
}

/** Camel case, digits and everything else divide a text into tokens. */
const tokensIn = (text: string): readonly string[] => text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? [];

/**
 * One token matches a token whatever its case, several match where they follow one another. Of a word that is divided
 * by its case alone, the case counts.
 */
function partial(text: string): (value: string) => boolean {
  const words = text.match(/[A-Za-z0-9]+/g) ?? [];
  const wanted = words.flatMap((word) => {
    const tokens = tokensIn(word);
    return tokens.map((token) => ({ token: token.toLowerCase(), exactly: tokens.length > 1 ? token : undefined }));
  });
  const whole = words.join('').toLowerCase();
  if (wanted.length === 0) return () => false;
  return (value) => {
    const tokens = tokensIn(value);
    const fits = (at: number) =>
      wanted.every(({ token, exactly }, i) => {
        const there = tokens[at + i];
        return exactly === undefined ? there?.toLowerCase() === token : there === exactly;
      });
    if (tokens.some((_, at) => fits(at))) return true;
    return value.replace(/[^A-Za-z0-9]/g, '').toLowerCase() === whole;
  };
}
