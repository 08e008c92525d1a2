/** The test that a text is like a pattern in which `*` stands for any text. */
export function starred(pattern: string): (text: string) => boolean {
  const [first = '', ...parts] = pattern.split('*');
  if (parts.length === 0) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const [i, part] of parts.entries()) {
      const found = i === parts.length - 1 ? text.length - part.length : text.indexOf(part, at);
      if (found < at || !text.startsWith(part, found)) return false;
      at = found + part.length;
    }
    return true;
  };
}
