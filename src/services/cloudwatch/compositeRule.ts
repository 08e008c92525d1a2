/**
 * The rules of composite alarms: `ALARM(a) AND (OK("b c") OR NOT AT_LEAST(2, ALARM, (d, e, f)))`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
 */
import { nameIn } from './alarmRows.ts';

export type RuleNode =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: string; readonly alarm: string }
  | { readonly kind: 'not'; readonly of: RuleNode }
  | { readonly kind: 'and' | 'or'; readonly all: readonly RuleNode[] }
  | {
      readonly kind: 'atLeast';
      readonly count: number;
      readonly percent: boolean;
      readonly state: string;
      readonly negated: boolean;
      readonly alarms: readonly string[];
    };

export class RuleError extends Error {}

const STATES = new Set(['ALARM', 'OK', 'INSUFFICIENT_DATA']);
const ELEMENTS_MAX = 500;
const CHILDREN_MAX = 100;
const NESTED_MAX = 100;

const TOKEN = /\s*(?:([(),])|"((?:[^"\\]|\\.)*)"|([^\s(),"]+))/y;

interface Token {
  readonly kind: 'mark' | 'quoted' | 'word';
  readonly text: string;
  readonly at: number;
}

interface Reader {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
  elements: number;
  readonly place: Place;
}

/** Of the alarm whose rule it is. */
type Place = Parameters<typeof nameIn>[0];

/** @throws RuleError */
export function parseRule(text: string, place: Place): RuleNode {
  const reader: Reader = { tokens: tokensOf(text), at: 0, depth: 0, elements: 0, place };
  const node = either(reader);
  if (reader.at < reader.tokens.length) throw unexpected(reader);
  if (reader.elements > ELEMENTS_MAX) throw new RuleError(`AlarmRule must not have more than ${ELEMENTS_MAX} elements`);
  if (childrenOf(node).length > CHILDREN_MAX) {
    throw new RuleError(`AlarmRule must not have more than ${CHILDREN_MAX} child alarms`);
  }
  return node;
}

/** Names of the alarms in it, each once. */
export function childrenOf(node: RuleNode): string[] {
  if (node.kind === 'state') return [node.alarm];
  if (node.kind === 'atLeast') return [...new Set(node.alarms)];
  if (node.kind === 'not') return childrenOf(node.of);
  return node.kind === 'constant' ? [] : [...new Set(node.all.flatMap(childrenOf))];
}

export function holds(node: RuleNode, stateOf: (alarm: string) => string | undefined): boolean {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'state':
      return stateOf(node.alarm) === node.state;
    case 'not':
      return !holds(node.of, stateOf);
    case 'and':
      return node.all.every((each) => holds(each, stateOf));
    case 'or':
      return node.all.some((each) => holds(each, stateOf));
    case 'atLeast': {
      const found = node.alarms.filter((alarm) => (stateOf(alarm) === node.state) !== node.negated).length;
      return found >= (node.percent ? (node.count / 100) * node.alarms.length : node.count);
    }
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(trimmed);
    if (!found) throw new RuleError(`AlarmRule is malformed at position ${at}`);
    const [, mark, quoted, word] = found;
    if (mark !== undefined) tokens.push({ kind: 'mark', text: mark, at });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replace(/\\(.)/gs, '$1'), at });
    else tokens.push({ kind: 'word', text: word!, at });
  }
  return tokens;
}

function unexpected({ tokens, at }: Reader): RuleError {
  const token = tokens[at];
  return new RuleError(
    token
      ? `AlarmRule is malformed at position ${token.at}: unexpected '${token.text}'`
      : 'AlarmRule ends unexpectedly',
  );
}

const isWord = (reader: Reader, text: string) => {
  const token = reader.tokens[reader.at];
  return token?.kind === 'word' && token.text === text;
};

const isMark = (reader: Reader, text: string) => {
  const token = reader.tokens[reader.at];
  return token?.kind === 'mark' && token.text === text;
};

function take(reader: Reader, mark: string): void {
  if (!isMark(reader, mark)) throw unexpected(reader);
  reader.at++;
}

function either(reader: Reader): RuleNode {
  if (++reader.depth > NESTED_MAX) throw new RuleError('AlarmRule is nested too deeply');
  const all = [both(reader)];
  for (; isWord(reader, 'OR'); ) {
    reader.at++;
    all.push(both(reader));
  }
  reader.depth--;
  return all.length === 1 ? all[0]! : { kind: 'or', all };
}

function both(reader: Reader): RuleNode {
  const all = [condition(reader)];
  for (; isWord(reader, 'AND'); ) {
    reader.at++;
    all.push(condition(reader));
  }
  return all.length === 1 ? all[0]! : { kind: 'and', all };
}

function condition(reader: Reader): RuleNode {
  let negated = false;
  for (; isWord(reader, 'NOT'); reader.at++) negated = !negated;
  reader.elements++;
  const node = element(reader);
  return negated ? { kind: 'not', of: node } : node;
}

function element(reader: Reader): RuleNode {
  if (isMark(reader, '(')) {
    reader.at++;
    const inner = either(reader);
    take(reader, ')');
    return inner;
  }
  const token = reader.tokens[reader.at];
  if (token?.kind !== 'word') throw unexpected(reader);
  if (token.text === 'AT_LEAST') return atLeast(reader);
  if (!STATES.has(token.text) && token.text !== 'TRUE' && token.text !== 'FALSE') throw unexpected(reader);
  reader.at++;
  if (!STATES.has(token.text)) return { kind: 'constant', value: token.text === 'TRUE' };
  take(reader, '(');
  const alarm = reference(reader);
  take(reader, ')');
  return { kind: 'state', state: token.text, alarm };
}

function reference(reader: Reader): string {
  const token = reader.tokens[reader.at];
  if (!token || token.kind === 'mark' || token.text === '') throw unexpected(reader);
  reader.at++;
  return nameIn(reader.place, token.text);
}

function atLeast(reader: Reader): RuleNode {
  reader.at++;
  take(reader, '(');
  const amount = /^(\d{1,3})(%?)$/.exec(reader.tokens[reader.at]?.text ?? '');
  if (!amount || Number(amount[1]) < 1 || (amount[2] === '%' && Number(amount[1]) > 100)) throw unexpected(reader);
  reader.at++;
  take(reader, ',');
  const negated = isWord(reader, 'NOT');
  if (negated) reader.at++;
  const state = reader.tokens[reader.at]?.text ?? '';
  if (!STATES.has(state)) throw unexpected(reader);
  reader.at++;
  take(reader, ',');
  take(reader, '(');
  const alarms = [reference(reader)];
  for (; isMark(reader, ','); ) {
    reader.at++;
    alarms.push(reference(reader));
  }
  take(reader, ')');
  take(reader, ')');
  reader.elements += alarms.length;
  return { kind: 'atLeast', count: Number(amount[1]), percent: amount[2] === '%', state, negated, alarms };
}
