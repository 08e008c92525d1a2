/** XML by schema, inwards: the bodies of restXml requests. Each shape becomes a closure over elements, made once. */

import { parseBase64, parseNumber, parseTimestamp, setKey } from './scalars.ts';
import type { Member, Shape } from './schema.ts';
import { decimal } from './smithy.ts';
import { type Element, local, XmlError } from './xml.ts';

type Plain = Record<string, unknown>;
type ReadElement = (element: Element) => unknown;
type ReadStruct = (element: Element) => Plain;
/** Takes one child of a structure into its place. */
type Take = (out: Plain, child: Element) => void;

const structs = new WeakMap<Shape, ReadStruct>();

/** Throws XmlError when the elements do not fit the shape; elements it does not know are ignored. */
export function structureReader(shape: Shape): ReadStruct {
  const known = structs.get(shape);
  if (known) return known;
  let ready: ReadStruct | undefined;
  structs.set(shape, (element) => (ready as ReadStruct)(element));
  ready = makeStruct(shape);
  structs.set(shape, ready);
  return ready;
}

function makeStruct(shape: Shape): ReadStruct {
  const takes = new Map<string, Take>();
  const attributes: [string, string, (text: string) => unknown][] = [];
  for (const member of shape.members) {
    const tag = member.traits.xmlName ?? member.name;
    if (member.traits.xmlAttribute) attributes.push([member.name, tag, textReader(member.shape)]);
    else takes.set(local(tag), taker(member));
  }
  const union = shape.kind === 'union';
  return (element) => {
    const out: Plain = {};
    for (const child of element.children) takes.get(child.name)?.(out, child);
    for (const [name, tag, read] of attributes) {
      const text = element.attributes.get(tag);
      if (text !== undefined) out[name] = read(text);
    }
    if (union && Object.keys(out).length !== 1) throw new XmlError(`not one member of union ${shape.name}`);
    return out;
  };
}

function taker(member: Member): Take {
  const { name, shape, traits } = member;
  const flat = traits.xmlFlattened ?? shape.traits.xmlFlattened;
  if (flat && shape.kind === 'list') {
    const read = lazy(shape.element as Member);
    return (out, child) => void ((out[name] ??= []) as unknown[]).push(read(child));
  }
  if (flat && shape.kind === 'map') {
    const put = entryReader(shape);
    return (out, child) => put((out[name] ??= {}) as Plain, child);
  }
  const read = lazy(member);
  return (out, child) => {
    if (Object.hasOwn(out, name)) throw new XmlError(`<${child.name}> is there twice`);
    out[name] = read(child);
  };
}

function lazy(member: Member): ReadElement {
  let ready: ReadElement | undefined;
  return (element) => {
    ready ??= elementReader(member.shape);
    return ready(element);
  };
}

function elementReader(shape: Shape): ReadElement {
  switch (shape.kind) {
    case 'structure':
    case 'union':
    case 'unit':
      return structureReader(shape);
    case 'list': {
      const element = shape.element as Member;
      const tag = element.traits.xmlName ?? 'member';
      const read = lazy(element);
      return (list) => list.children.filter((child) => child.name === tag).map(read);
    }
    case 'map': {
      const put = entryReader(shape);
      return (map) => {
        const out: Plain = {};
        for (const child of map.children) if (child.name === 'entry') put(out, child);
        return out;
      };
    }
    default: {
      const read = textReader(shape);
      return (element) => {
        if (element.children.length > 0) throw new XmlError(`elements in <${element.name}>`);
        return read(element.text);
      };
    }
  }
}

function entryReader(shape: Shape): Take {
  const key = (shape.key as Member).traits.xmlName ?? 'key';
  const value = (shape.value as Member).traits.xmlName ?? 'value';
  const read = lazy(shape.value as Member);
  return (out, entry) => {
    const k = entry.children.find((child) => child.name === key);
    const v = entry.children.find((child) => child.name === value);
    if (!k || !v) throw new XmlError(`<${entry.name}> without key and value`);
    setKey(out, k.text, read(v));
  };
}

type ReadText = (text: string, shape: Shape) => unknown;

const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const SCALARS: Readonly<Record<string, ReadText>> = {
  string: (text) => text,
  document: (text) => text,
  boolean: (text) => BOOLEANS.get(text.trim()),
  number: (text) => parseNumber(text.trim()),
  blob: (text) => parseBase64(text),
  timestamp: (text, { format }) => parseTimestamp(text.trim(), format ?? 'dateTime'),
  bigInteger: (text) => (/^-?\d{1,4096}$/.test(text.trim()) ? BigInt(text) : undefined),
  bigDecimal: (text) => (parseNumber(text.trim()) === undefined ? undefined : decimal(text)),
};

function textReader(shape: Shape): (text: string) => unknown {
  const read = SCALARS[shape.kind];
  if (!read) throw new TypeError(`a ${shape.kind} has no text form`);
  return (text) => {
    const value = read(text, shape);
    if (value === undefined) throw new XmlError(`not a ${shape.kind}`);
    return value;
  };
}
