/**
 * SQL as Lake's users write it: one SELECT over event data stores named by their bare ids. This finds the ids and
 * quotes them, so that the engine reads them as tables; texts, quoted names and comments are left alone. Templates of
 * queries have question marks for their parameters, bare or as a text of their own.
 */
const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
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
  const text = replaced(
    sql,
    (token) => {
      const id = ID.exec(token)?.[1]?.toLowerCase();
      if (id !== undefined) stores.add(id);
      return id === undefined ? token : `"${id}"`;
    },
    (between) => {
      bare += between;
    },
  );
  const trimmed = text.trim().replace(/;\s*$/, '');
  if (!/^\s*(select|with)\b/i.test(bare) || bare.trim().replace(/;\s*$/, '').includes(';')) return undefined;
  return { text: trimmed, stores: [...stores] };
}

function replaced(sql: string, token: (text: string) => string, between: (text: string) => void = () => undefined) {
  let text = '';
  let end = 0;
  for (const match of sql.matchAll(TOKEN)) {
    const plain = sql.slice(end, match.index);
    between(plain);
    text += plain + token(match[0]);
    end = match.index + match[0].length;
  }
  between(sql.slice(end));
  return text + sql.slice(end);
}

const isPlace = (token: string) => token === '?' || token === "'?'";

/** How many parameters a template has room for. */
export function placesIn(template: string): number {
  let places = 0;
  replaced(template, (token) => {
    if (isPlace(token)) places++;
    return token;
  });
  return places;
}

/** The template with values in the places of its question marks: as texts, but for numbers and ids that stand bare. */
export function filled(template: string, values: readonly string[]): string {
  let next = 0;
  return replaced(template, (token) => {
    if (!isPlace(token)) return token;
    const value = values[next++] ?? '';
    const bare = token === '?' && (ID.test(value) || /^\d+(\.\d+)?$/.test(value));
    return bare ? value : `'${value.replaceAll("'", "''")}'`;
  });
}
