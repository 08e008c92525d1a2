/** XML by schema, outwards: awsQuery and restXml share it. Each shape becomes a closure that concatenates text. */

import { asDate, formatTimestamp, toBase64 } from './scalars.ts';
import type { Member, Shape } from './schema.ts';
import { isDecimal } from './smithy.ts';

/** The elements of a structure's members, without an element around them. */
export type WriteMembers = (value: Record<string, unknown>) => string;
type Write = (value: unknown) => string;
type WriteTag = (tag: string, value: unknown) => string;

const written = new WeakMap<Shape, WriteMembers>();

export function memberWriter(shape: Shape): WriteMembers {
  const known = written.get(shape);
  if (known) return known;
  let ready: WriteMembers | undefined;
  written.set(shape, (value) => (ready as WriteMembers)(value));
  const parts = shape.members
    .filter((m) => !m.traits.xmlAttribute)
    .map((m) => ({ name: m.name, write: elementWriter(m, m.traits.xmlName ?? m.name) }));
  ready = (value) => {
    let xml = '';
    for (const { name, write } of parts) {
      const v = value[name];
      if (v !== undefined && v !== null) xml += write(v);
    }
    return xml;
  };
  written.set(shape, ready);
  return ready;
}

/** `<tag>…</tag>` for a value of the member, or one for each item where the list or map is flattened. */
export function elementWriter(member: Member, tag: string): Write {
  const { shape, traits } = member;
  const head = `<${tag}${namespace(traits.xmlNamespace ?? shape.traits.xmlNamespace)}`;
  const open = `${head}>`;
  const close = `</${tag}>`;
  switch (shape.kind) {
    case 'structure':
    case 'union':
    case 'unit': {
      const attributes = attributeWriter(shape);
      const members = memberWriter(shape);
      return (value) => `${head}${attributes(value)}>${members(value as Record<string, unknown>)}${close}`;
    }
    case 'list':
      return listWriter(member, tag, open, close);
    case 'map':
      return mapWriter(member, tag, open, close);
    default: {
      const text = textWriter(shape);
      return (value) => open + text(value) + close;
    }
  }
}

function listWriter(member: Member, tag: string, open: string, close: string): Write {
  const element = member.shape.element as Member;
  const item = lazy(element);
  const flat = member.traits.xmlFlattened ?? member.shape.traits.xmlFlattened;
  const itemTag = flat ? tag : (element.traits.xmlName ?? 'member');
  const items: Write = (value) => {
    let xml = '';
    for (const v of value as Iterable<unknown>) if (v !== undefined && v !== null) xml += item(itemTag, v);
    return xml;
  };
  return flat ? items : (value) => open + items(value) + close;
}

function mapWriter(member: Member, tag: string, open: string, close: string): Write {
  const key = member.shape.key as Member;
  const value = member.shape.value as Member;
  const writeKey = elementWriter(key, key.traits.xmlName ?? 'key');
  const writeValue = lazy(value);
  const valueTag = value.traits.xmlName ?? 'value';
  const flat = member.traits.xmlFlattened ?? member.shape.traits.xmlFlattened;
  const entry = flat ? tag : 'entry';
  const entries: Write = (map) => {
    let xml = '';
    for (const [k, v] of Object.entries(map as object)) {
      if (v !== undefined && v !== null) xml += `<${entry}>${writeKey(k)}${writeValue(valueTag, v)}</${entry}>`;
    }
    return xml;
  };
  return flat ? entries : (map) => open + entries(map) + close;
}

/** Made on first use: a list of lists of itself would never end otherwise. */
function lazy(member: Member): WriteTag {
  let ready: Write | undefined;
  return (tag, value) => {
    ready ??= elementWriter(member, tag);
    return ready(value);
  };
}

function attributeWriter(shape: Shape): Write {
  const attributes = shape.members.filter((m) => m.traits.xmlAttribute);
  if (attributes.length === 0) return () => '';
  const parts = attributes.map((m) => ({ name: m.name, tag: m.traits.xmlName ?? m.name, text: textWriter(m.shape) }));
  return (value) => {
    let xml = '';
    for (const { name, tag, text } of parts) {
      const v = (value as Record<string, unknown>)[name];
      if (v !== undefined && v !== null) xml += ` ${tag}="${text(v)}"`;
    }
    return xml;
  };
}

function textWriter(shape: Shape): Write {
  switch (shape.kind) {
    case 'timestamp': {
      const format = shape.format ?? 'dateTime';
      return (value) => formatTimestamp(asDate(value), format);
    }
    case 'blob':
      return toBase64;
    case 'bigDecimal':
      return (value) => (isDecimal(value) ? value.string : escapeXml(String(value)));
    default:
      return (value) => escapeXml(typeof value === 'string' ? value : String(value));
  }
}

/** ` xmlns="…"`, or nothing. */
function namespace(trait: Shape['traits']['xmlNamespace']): string {
  if (trait === undefined) return '';
  const parts = typeof trait === 'string' ? [trait] : trait;
  const uri = parts.at(-1) as string;
  const prefix = parts.length > 1 ? parts[0] : undefined;
  return ` xmlns${prefix ? `:${prefix}` : ''}="${escapeXml(uri)}"`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass
const SPECIAL = /[<>&"'\r\u0000-\u0008\u000b\u000c\u000e-\u001f\u0085\u2028\ufffe\uffff]/;
const SPECIALS = new RegExp(SPECIAL.source, 'g');
const ESCAPES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;',
  '\u0085': '&#x85;',
  '\u2028': '&#x2028;',
};

/** XML 1.0 has no way to write a control character, so it becomes U+FFFD: better than an answer nobody can parse. */
export function escapeXml(text: string): string {
  return SPECIAL.test(text) ? text.replace(SPECIALS, (c) => ESCAPES[c] ?? '\ufffd') : text;
}
