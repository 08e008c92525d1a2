/**
 * Reading XML from strangers: elements, attributes, text, CDATA, the five named entities and character references.
 * No DTD, so nothing expands; nesting is bounded; one pass, whatever the input.
 */
import { DEPTH_MAX } from './scalars.ts';

export interface Element {
  /** Without its prefix. */
  readonly name: string;
  /** By full name (`xsi:type`). */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
}

export class XmlError extends Error {
  override readonly name = 'XmlError';
}

interface Draft {
  readonly qualified: string;
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: Element[];
  text: string;
}

/** The root element. Throws XmlError on anything that is not well-formed. */
export function readXml(xml: string): Element {
  const s: Scanner = { xml, at: xml.charCodeAt(0) === 0xfeff ? 1 : 0 };
  const stack: Draft[] = [];
  let root: Draft | undefined;
  while (s.at < xml.length) {
    const next = xml.indexOf('<', s.at);
    const end = next === -1 ? xml.length : next;
    if (end > s.at) addText(stack.at(-1), xml.slice(s.at, end));
    if (next === -1) break;
    s.at = next + 1;
    const opened = markup(s, stack, root !== undefined);
    root ??= opened;
  }
  if (!root || stack.length > 0) throw new XmlError('the document ends too early');
  return root;
}

interface Scanner {
  readonly xml: string;
  at: number;
}

const BLANK = /^[ \t\r\n]*$/;

function addText(open: Draft | undefined, raw: string): void {
  if (open) open.text += unescapeXml(raw);
  else if (!BLANK.test(raw)) throw new XmlError('text outside of the root element');
}

/** What follows a `<`. Returns an element that it opened. */
function markup(s: Scanner, stack: Draft[], ended: boolean): Draft | undefined {
  const { xml } = s;
  if (xml[s.at] === '/') return void close(s, stack);
  if (xml[s.at] === '?') return void through(s, '?>');
  if (xml.startsWith('!--', s.at)) return void through(s, '-->', 3);
  if (xml.startsWith('![CDATA[', s.at)) {
    const open = stack.at(-1);
    const start = s.at + 8;
    through(s, ']]>', 8);
    if (!open) throw new XmlError('text outside of the root element');
    open.text += xml.slice(start, s.at - 3);
    return undefined;
  }
  if (ended && stack.length === 0) throw new XmlError('more than one root element');
  return open(s, stack);
}

function through(s: Scanner, end: string, skip = 0): void {
  const at = s.xml.indexOf(end, s.at + skip);
  if (at === -1) throw new XmlError(`no ${end}`);
  s.at = at + end.length;
}

function close(s: Scanner, stack: Draft[]): void {
  const end = s.xml.indexOf('>', s.at);
  if (end === -1) throw new XmlError('a tag does not end');
  const open = stack.pop();
  if (!open || open.qualified !== s.xml.slice(s.at + 1, end).trimEnd()) throw new XmlError('mismatched tags');
  s.at = end + 1;
}

function open(s: Scanner, stack: Draft[]): Draft {
  if (stack.length >= DEPTH_MAX) throw new XmlError('nested too deeply');
  const qualified = name(s);
  const attributes = new Map<string, string>();
  while (attribute(s, attributes));
  const element: Draft = { qualified, name: local(qualified), attributes, children: [], text: '' };
  const empty = s.xml[s.at] === '/';
  if (empty) s.at++;
  if (s.xml[s.at++] !== '>') throw new XmlError('a tag does not end');
  stack.at(-1)?.children.push(element);
  if (!empty) stack.push(element);
  return element;
}

export function local(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}

const NAME = /[A-Za-z_:\u00c0-\uffff][\w:.\u00b7-\uffff-]*/y;

function name(s: Scanner): string {
  NAME.lastIndex = s.at;
  const found = NAME.exec(s.xml);
  if (!found) throw new XmlError('no name where one must be');
  s.at = NAME.lastIndex;
  return found[0];
}

function blanks(s: Scanner): boolean {
  const start = s.at;
  while (' \t\r\n'.includes(s.xml[s.at] ?? 'x')) s.at++;
  return s.at > start;
}

function attribute(s: Scanner, into: Map<string, string>): boolean {
  const spaced = blanks(s);
  const next = s.xml[s.at];
  if (next === '>' || next === '/' || next === undefined) return false;
  if (!spaced) throw new XmlError('no space before an attribute');
  const key = name(s);
  blanks(s);
  if (s.xml[s.at++] !== '=') throw new XmlError('an attribute without a value');
  blanks(s);
  const quote = s.xml[s.at++];
  const end = quote === '"' || quote === "'" ? s.xml.indexOf(quote, s.at) : -1;
  if (end === -1 || into.has(key)) throw new XmlError('a malformed attribute');
  const value = s.xml.slice(s.at, end);
  if (value.includes('<')) throw new XmlError('a malformed attribute');
  into.set(key, unescapeXml(value));
  s.at = end + 1;
  return true;
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));/y;

/** Line ends become `\n`, as XML says. Throws XmlError on the first unknown entity. */
function unescapeXml(text: string): string {
  const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  let out = '';
  let start = 0;
  for (let at = lines.indexOf('&'); at !== -1; at = lines.indexOf('&', start)) {
    REFERENCE.lastIndex = at;
    const found = REFERENCE.exec(lines);
    if (!found) throw new XmlError('an unknown entity');
    out += lines.slice(start, at) + referred(found);
    start = REFERENCE.lastIndex;
  }
  return start === 0 ? lines : out + lines.slice(start);
}

function referred([, named, decimal, hex]: RegExpExecArray): string {
  if (named) return NAMED[named] as string;
  const code = decimal ? Number(decimal) : Number.parseInt(hex as string, 16);
  if (code > 0x10ffff || (code < 32 && code !== 9 && code !== 10 && code !== 13)) {
    throw new XmlError('an unknown character');
  }
  return String.fromCodePoint(code);
}
