/**
 * The syntax of metric math.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */

export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly text: string }
  /** `m1`, or a word in capitals: `REPEAT`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'negative'; readonly of: Node }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] };

/** What is wrong with an expression. */
export class MathError extends Error {}

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;

type Token = { readonly kind: 'number' | 'name' | 'string' | 'mark'; readonly text: string };

const NESTED_MAX = 60;

/** Binding strength of operators; `^` binds to the right. */
const STRENGTH: Readonly<Record<string, number>> = {
  '||': 1,
  OR: 1,
  '&&': 2,
  AND: 2,
  '==': 3,
  '!=': 3,
  '<=': 3,
  '>=': 3,
  '<': 3,
  '>': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '^': 7,
};
const NEGATIVE_STRENGTH = 6;

const SAME: Readonly<Record<string, string>> = { OR: '||', AND: '&&' };

/** @throws MathError */
export function parse(text: string): Node {
  const tokens = tokensIn(text);
  const reader = { tokens, at: 0, depth: 0 };
  const node = expression(reader, 0);
  if (reader.at < tokens.length) throw new MathError('Invalid syntax');
  return node;
}

function tokensIn(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const found = TOKEN.exec(trimmed);
    if (!found) throw new MathError('Invalid syntax');
    const [, number, name, string, mark] = found;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1) });
    else tokens.push({ kind: 'mark', text: mark! });
  }
  return tokens;
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

function expression(reader: Reader, strength: number): Node {
  if (++reader.depth > NESTED_MAX) throw new MathError('The expression is nested too deeply');
  let left = operand(reader);
  for (;;) {
    const token = reader.tokens[reader.at];
    const operator = token && token.kind !== 'string' && token.kind !== 'number' ? token.text : '';
    const own = Object.hasOwn(STRENGTH, operator) ? STRENGTH[operator]! : 0;
    if (own <= strength) break;
    reader.at++;
    const right = expression(reader, operator === '^' ? own - 0.5 : own);
    left = { kind: 'operation', operator: SAME[operator] ?? operator, left, right };
  }
  reader.depth--;
  return left;
}

function operand(reader: Reader): Node {
  const token = reader.tokens[reader.at++];
  if (!token) throw new MathError('Unexpected end of expression');
  if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
  if (token.kind === 'string') return { kind: 'string', text: token.text };
  if (token.kind === 'name') return named(reader, token.text);
  if (token.text === '-') return { kind: 'negative', of: expression(reader, NEGATIVE_STRENGTH) };
  if (token.text === '[') return { kind: 'list', items: items(reader, ']') };
  if (token.text !== '(') throw new MathError('Invalid syntax');
  const inner = expression(reader, 0);
  take(reader, ')');
  return inner;
}

function named(reader: Reader, name: string): Node {
  if (Object.hasOwn(SAME, name)) throw new MathError('Invalid syntax');
  if (reader.tokens[reader.at]?.text !== '(') return { kind: 'name', name };
  reader.at++;
  return { kind: 'call', name, args: items(reader, ')') };
}

function items(reader: Reader, end: string): Node[] {
  const found: Node[] = [];
  if (isMark(reader, end)) {
    reader.at++;
    return found;
  }
  for (;;) {
    found.push(expression(reader, 0));
    if (isMark(reader, end)) break;
    take(reader, ',');
  }
  reader.at++;
  return found;
}

const isMark = ({ tokens, at }: Reader, mark: string) => tokens[at]?.kind === 'mark' && tokens[at].text === mark;

function take(reader: Reader, mark: string): void {
  if (!isMark(reader, mark)) throw new MathError(mark === ')' ? 'Unmatched parentheses' : 'Invalid syntax');
  reader.at++;
}

/** Names of queries that an expression refers to, and the functions it calls. */
export function usedIn(node: Node, used = { names: new Set<string>(), calls: new Set<string>() }): typeof used {
  if (node.kind === 'name' && /^[a-z]/.test(node.name)) used.names.add(node.name);
  if (node.kind === 'call') used.calls.add(node.name);
  for (const below of nodesBelow(node)) usedIn(below, used);
  return used;
}

function nodesBelow(node: Node): readonly Node[] {
  if (node.kind === 'list') return node.items;
  if (node.kind === 'call') return node.args;
  if (node.kind === 'negative') return [node.of];
  return node.kind === 'operation' ? [node.left, node.right] : [];
}
