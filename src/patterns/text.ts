/**
 * Reading JSON as EventBridge does: what is wrong with a text is told in the words of the parser that AWS uses, with
 * the place. The text is parsed by the platform; only a text that fails is looked at again, to find the words.
 */

/** What is wrong with a pattern. `message` is AWS's reason, without its introduction. */
export class InvalidPattern extends Error {
  override readonly name = 'InvalidPattern';
}

/** Deeper texts are refused: no reader of events may be made to recurse without bound. */
export const LEVELS_MAX = 1000;

/** The value of a JSON text. Throws InvalidPattern. */
export function parseJson(text: string): unknown {
  if (isDeep(text)) throw new InvalidPattern(`Document nesting depth (${LEVELS_MAX + 1}) exceeds the maximum allowed`);
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidPattern(diagnosis(text));
  }
}

/** Whether a JSON text nests deeper than any of our readers goes. */
export function isDeep(text: string): boolean {
  let level = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === 0x5b || char === 0x7b) {
      if (++level > LEVELS_MAX) return true;
    } else if (char === 0x5d || char === 0x7d) level--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Index of the closing quote, or of the end. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === BACKSLASH) i++;
    else if (char === QUOTE) return i;
  }
  return text.length;
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const LITERALS = new Set(['null', 'true', 'false']);

type Expected = 'value' | 'field' | 'colon' | 'comma' | 'end';

/** Walks the tokens until one is out of place. */
function diagnosis(text: string): string {
  const open: { readonly kind: '{' | '['; readonly at: number }[] = [];
  let expected: Expected = 'value';
  let fresh = true;
  let i = 0;
  while ((i = skipBlank(text, i)) < text.length) {
    const char = text[i]!;
    const inside = open.at(-1)?.kind;
    const closes = (char === '}' && inside === '{') || (char === ']' && inside === '[');
    if (closes && (expected === 'comma' || fresh)) {
      open.pop();
      i++;
      fresh = false;
      expected = open.length === 0 ? 'end' : 'comma';
      continue;
    }
    fresh = false;
    if (expected === 'end') return unexpected(text, i, 'Expected end of the document');
    if (expected === 'comma') {
      if (char !== ',') return unexpected(text, i, `was expecting comma to separate ${ENTRIES[inside!]} entries`);
      expected = inside === '{' ? 'field' : 'value';
      i++;
    } else if (expected === 'colon') {
      if (char !== ':') return unexpected(text, i, 'was expecting a colon to separate field name and value');
      expected = 'value';
      i++;
    } else if (expected === 'field') {
      if (char !== '"') return unexpected(text, i, 'was expecting double-quote to start field name');
      i = endOfString(text, i) + 1;
      expected = 'colon';
    } else if (char === '{' || char === '[') {
      open.push({ kind: char, at: i });
      expected = char === '{' ? 'field' : 'value';
      fresh = true;
      i++;
    } else {
      const end = endOfScalar(text, i);
      if (typeof end === 'string') return end;
      i = end;
      expected = open.length === 0 ? 'end' : 'comma';
    }
  }
  const last = open.at(-1);
  if (!last) return `No content to map due to end-of-input${place(text, text.length)}`;
  const start = `(start marker at${place(text, last.at + 1).replace('\n at', '')})`;
  return `Unexpected end-of-input: expected close marker for ${ENTRIES[last.kind]} ${start}${place(text, text.length + 1)}`;
}

const ENTRIES = { '{': 'Object', '[': 'Array' } as const;

/** Where a string, number or word ends; or what is wrong with it. */
function endOfScalar(text: string, i: number): number | string {
  const char = text[i]!;
  if (char === '"') {
    const end = endOfString(text, i);
    return end < text.length ? end + 1 : `Unexpected end-of-input in VALUE_STRING${place(text, text.length + 1)}`;
  }
  NUMBER.lastIndex = i;
  if (NUMBER.test(text)) return NUMBER.lastIndex;
  WORD.lastIndex = i;
  if (!WORD.test(text)) return unexpected(text, i, `expected a valid value ${VALUES}`);
  const end = WORD.lastIndex;
  const word = text.slice(i, end);
  if (LITERALS.has(word)) return end;
  return `Unrecognized token '${word}': was expecting ${VALUES}${place(text, end + 1)}`;
}

function skipBlank(text: string, start: number): number {
  let i = start;
  while (i < text.length && ' \t\r\n'.includes(text[i]!)) i++;
  return i;
}

const unexpected = (text: string, i: number, why: string) =>
  `Unexpected character ('${text[i]}' (code ${text.charCodeAt(i)})): ${why}${place(text, i + 1)}`;

/** `column`: from one, counted from the beginning of the text. */
function place(text: string, column: number): string {
  const before = text.slice(0, column - 1);
  const line = before.split('\n').length;
  const inLine = column - (before.lastIndexOf('\n') + 1);
  const shown =
    text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}"[truncated ${text.length - SHOWN_MAX} chars]` : `${text}"`;
  return `\n at [Source: (String)"${shown}; line: ${line}, column: ${inLine}]`;
}

const SHOWN_MAX = 500;
