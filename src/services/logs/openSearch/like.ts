/** `LIKE` as a regular expression: `%` stands for any text, `_` for one character, after a backslash for themselves. */
export function likeSource(pattern: string): string {
  let source = '(?s)^';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    if (char === '%') source += '.*';
    else if (char === '_') source += '.';
    else source += escaped(char === '\\' && i + 1 < pattern.length ? pattern[++i]! : char);
  }
  return `${source}$`;
}

const escaped = (char: string) => (/[\w\s]/.test(char) ? char : `\\${char}`);
