/**
 * Rows of comma-separated values: cells in quotes may hold delimiters, line ends and doubled quotes. With `lines` false
 * all is one row.
 */
export function csvRows(text: string, { delimiter = ',', quote = '"', lines = true } = {}): string[][] {
  const rows: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let within = false;
  const endRow = () => {
    rows.push([...cells, cell]);
    cells = [];
    cell = '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === quote) {
      if (within && text[at + 1] === quote) cell += text[at++];
      else within = !within;
    } else if (within) cell += char;
    else if (char === delimiter) {
      cells.push(cell);
      cell = '';
    } else if (lines && char === '\n') endRow();
    else if (!lines || char !== '\r' || text[at + 1] !== '\n') cell += char;
  }
  if (!lines || cell !== '' || cells.length > 0) endRow();
  return rows;
}
