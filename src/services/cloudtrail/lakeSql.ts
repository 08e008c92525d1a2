/**
 * SQL as Lake's users write it: one SELECT over event data stores named by their bare ids. This finds the ids and
 * quotes them, so that the engine reads them as tables; texts, quoted names and comments are left alone.
 */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const ID = /^"?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"?$/i;

export interface Statement {
  readonly text: string;
  /** Ids of event data stores, each once, in the order in which they come. */
  readonly stores: readonly string[];
}

/** Undefined when it is no SELECT. */
export function statementOf(sql: string): Statement | undefined {
  const stores = new Set<string>();
  let bare = '';
  let end = 0;
  let text = '';
  for (const match of sql.matchAll(TOKEN)) {
    const [token] = match;
    const between = sql.slice(end, match.index);
    const id = ID.exec(token)?.[1]?.toLowerCase();
    if (id !== undefined) stores.add(id);
    bare += between;
    text += between + (id === undefined ? token : `"${id}"`);
    end = match.index + token.length;
  }
  bare += sql.slice(end);
  text += sql.slice(end);
  const trimmed = text.trim().replace(/;\s*$/, '');
  if (!/^\s*(select|with)\b/i.test(bare) || bare.trim().replace(/;\s*$/, '').includes(';')) return undefined;
  return { text: trimmed, stores: [...stores] };
}
