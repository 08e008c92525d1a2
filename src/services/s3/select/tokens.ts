/** The words of an expression of S3 Select. */
import { selectError } from './errors.ts';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'time' | 'number' | 'sign' | 'end';
  /** Words in lower case. */
  readonly text: string;
  readonly raw: string;
}

const TOKEN =
  /\s+|--[^\n]*|([A-Za-z_$][\w$]*)|"((?:[^"]|"")*)"|'((?:[^']|'')*)'|`([^`]*)`|(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(<>|!=|<=|>=|\|\||[-+*/%=<>(),.[\]])/y;

export function tokensOf(expression: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  for (let at = 0; at < expression.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const found = pattern.exec(expression);
    if (!found) throw selectError('LexerInvalidChar');
    const [raw, word, quoted, text, time, number, sign] = found;
    if (word !== undefined) tokens.push({ kind: 'word', text: word.toLowerCase(), raw });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"'), raw });
    else if (text !== undefined) tokens.push({ kind: 'text', text: text.replaceAll("''", "'"), raw });
    else if (time !== undefined) tokens.push({ kind: 'time', text: time, raw });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, raw });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, raw });
  }
  return [...tokens, { kind: 'end', text: '', raw: '' }];
}
