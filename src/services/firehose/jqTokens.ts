/** What a query of jq consists of. */

/** The query is none, or more than this plane reads. */
export class JqSyntax extends Error {}

export interface Token {
  /** `field`: a name after a dot; `text`: a string, without its quotes. */
  readonly kind: 'field' | 'name' | 'number' | 'text' | 'sign';
  readonly text: string;
}

const TOKEN =
  /\s*(?:\.([A-Za-z_]\w*)|([A-Za-z_]\w*)|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|("(?:[^"\\]|\\.)*")|(\/\/|==|!=|<=|>=|[.,:;|?<>+\-*/%(){}[\]]))/y;

/** @throws JqSyntax */
export function tokensOf(query: string): readonly Token[] {
  const tokens: Token[] = [];
  const text = query.trimEnd();
  const token = new RegExp(TOKEN);
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (!found) throw new JqSyntax(`unexpected character at ${at} in the query`);
    const [, field, name, number, quoted, sign] = found;
    if (field !== undefined) tokens.push({ kind: 'field', text: field });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unquoted(quoted) });
    else tokens.push({ kind: 'sign', text: sign! });
  }
  return tokens;
}

function unquoted(quoted: string): string {
  if (/\\\(/.test(quoted)) throw new JqSyntax('interpolation in strings is not supported in a query');
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new JqSyntax(`${quoted} is not a string`);
  }
}
