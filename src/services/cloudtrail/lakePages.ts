/**
 * What a query found, in pages of bounded size, its values as the texts in which AWS shows them, those of Trino. Runs
 * in the query's own process, a row at a time, so that no answer takes more memory than it may.
 */
import {
  DuckDBArrayValue,
  DuckDBListValue,
  DuckDBMapValue,
  type DuckDBResult,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { type ResultsPage, ROWS_A_PAGE } from './queryResults.ts';

/** Bytes of JSON: of a page, and of all pages together. */
const PAGE_BYTES_MAX = 4 * 1024 * 1024;
const RESULT_BYTES_MAX = 64 * 1024 * 1024;

export interface Pages {
  /** JSON of each. */
  readonly pages: readonly Uint8Array[];
  readonly rowsOfPages: readonly number[];
}

/** Throws when a row, or all of them, are larger than an answer may be. */
export async function pagesOf(result: DuckDBResult, statement: string, rowsMax: number): Promise<Pages> {
  const columns = result.columnNames().map((name, n) => columnName(name, n, statement));
  const pages: Uint8Array[] = [];
  const rowsOfPages: number[] = [];
  let rows: (string | null)[][] = [];
  let [left, pageBytes, bytes] = [rowsMax, 0, 0];
  const endPage = () => {
    const page: ResultsPage = { columns, rows };
    pages.push(Buffer.from(JSON.stringify(page)));
    rowsOfPages.push(rows.length);
    [rows, pageBytes] = [[], 0];
  };
  for await (const chunk of result) {
    for (let n = 0; n < chunk.rowCount && left > 0; n++, left--) {
      const row = chunk.getRowValues(n).map((value) => (value === null ? null : textOf(value)));
      const size = row.reduce((sum, text) => sum + (text === null ? 4 : Buffer.byteLength(text)), 0);
      bytes += size;
      if (size > PAGE_BYTES_MAX) throw new Error(`A row of the results is longer than ${PAGE_BYTES_MAX} bytes.`);
      if (bytes > RESULT_BYTES_MAX) throw new Error(`The results are more than ${RESULT_BYTES_MAX} bytes.`);
      if (rows.length === ROWS_A_PAGE || pageBytes + size > PAGE_BYTES_MAX) endPage();
      rows.push(row);
      pageBytes += size;
    }
    if (left === 0) break;
  }
  if (rows.length > 0) endPage();
  return { pages, rowsOfPages };
}

/** What has no name of its own is called by its place. The engine calls it by its text. */
const columnName = (name: string, n: number, statement: string): string =>
  /^[a-z_]\w*$/i.test(name) || statement.includes(`"${name}"`) ? name : `_col${n}`;

function textOf(value: DuckDBValue): string {
  if (value === null) return 'null';
  if (value instanceof DuckDBStructValue) return braced(Object.entries(value.entries), (name) => name.toLowerCase());
  if (value instanceof DuckDBMapValue) {
    return braced(
      value.entries.map(({ key, value: held }) => [key, held]),
      textOf,
    );
  }
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return `[${value.items.map(textOf).join(', ')}]`;
  }
  if (value instanceof DuckDBTimestampValue) return momentOf(value);
  if (value instanceof DuckDBTimestampTZValue) return `${momentOf(value)} UTC`;
  return String(value);
}

const braced = <Key>(entries: readonly (readonly [Key, DuckDBValue])[], nameOf: (key: Key) => string) =>
  `{${entries.map(([key, value]) => `${nameOf(key)}=${textOf(value)}`).join(', ')}}`;

/** `2023-01-22 16:53:53.000` */
function momentOf(time: DuckDBTimestampValue | DuckDBTimestampTZValue): string {
  const date = new Date(Number(time.micros / 1000n));
  return Number.isNaN(date.getTime()) ? time.toString() : date.toISOString().slice(0, -1).replace('T', ' ');
}
