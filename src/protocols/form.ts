/**
 * The parameters of an awsQuery request as a tree: `Tags.member.1.Key=a` is a path of four. Read once for a request;
 * matching and decoding share it.
 */
import { CommonError } from '../core/errors.ts';
import type { WireRequest } from '../core/wire.ts';
import { DEPTH_MAX, utf8 } from './scalars.ts';

export interface Node {
  text: string | undefined;
  children: Map<string, Node> | undefined;
}

/** On the request itself: a WeakMap of short-lived keys costs more than reading the form. */
const FORM = Symbol('form');
type Read = WireRequest & { [FORM]?: Node };

/** The tree of a request that may be awsQuery, undefined where its content type says that it is not. */
export function formOf(request: WireRequest): Node | undefined {
  const known = (request as Read)[FORM];
  if (known) return known;
  const type = request.headers['content-type'];
  const form = type === undefined || type.startsWith('application/x-www-form-urlencoded') || type === '';
  if (!form && request.query === '') return undefined;
  const root = leaf();
  if (request.query !== '') readInto(root, request.query);
  if (form && request.method === 'POST')
    readInto(
      root,
      utf8(request.body, () => malformed('Invalid UTF-8')),
    );
  (request as Read)[FORM] = root;
  return root;
}

export function malformed(message: string): CommonError {
  return new CommonError('MalformedInput', message);
}

const AMPERSAND = 38;
const EQUALS = 61;
const PERCENT = 37;
const PLUS = 43;

/** One pass over the text. */
function readInto(root: Node, text: string): void {
  const place: Place = { prefix: '', node: root };
  let start = 0;
  let equals = -1;
  let escaped = false;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : AMPERSAND;
    if (c === AMPERSAND) {
      if (i > start) readPair(root, place, text, start, equals === -1 ? i : equals, i, escaped);
      start = i + 1;
      equals = -1;
      escaped = false;
    } else if (c === EQUALS && equals === -1) equals = i;
    else if (c === PERCENT || c === PLUS) escaped = true;
  }
}

/** Where the parameter before was: its neighbours mostly share all of its path but the last step. */
interface Place {
  prefix: string;
  node: Node;
}

function readPair(
  root: Node,
  place: Place,
  text: string,
  start: number,
  equals: number,
  end: number,
  escaped: boolean,
): void {
  const rawKey = text.slice(start, equals);
  const rawValue = text.slice(equals + 1, end);
  const key = escaped ? unescaped(rawKey) : rawKey;
  const node = nodeAt(root, place, key);
  if (node.text !== undefined) {
    throw new CommonError('MalformedQueryString', `Duplicate parameter '${key.slice(0, 128)}' found in the request`);
  }
  node.text = escaped ? unescaped(rawValue) : rawValue;
}

function nodeAt(root: Node, place: Place, key: string): Node {
  const last = key.lastIndexOf('.');
  if (last === -1) return childOf(root, key);
  const prefix = key.slice(0, last);
  if (prefix !== place.prefix) {
    place.node = parentAt(root, prefix);
    place.prefix = prefix;
  }
  return childOf(place.node, key.slice(last + 1));
}

function parentAt(root: Node, prefix: string): Node {
  let node = root;
  let start = 0;
  for (let depth = 0; ; depth++) {
    if (depth > DEPTH_MAX) throw malformed('The request parameters are nested too deeply');
    const dot = prefix.indexOf('.', start);
    node = childOf(node, dot === -1 ? prefix.slice(start) : prefix.slice(start, dot));
    if (dot === -1) return node;
    start = dot + 1;
  }
}

const leaf = (): Node => ({ text: undefined, children: undefined });

function childOf(node: Node, name: string): Node {
  node.children ??= new Map();
  let child = node.children.get(name);
  if (!child) node.children.set(name, (child = leaf()));
  return child;
}

function unescaped(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new CommonError('MalformedQueryString', 'The query string contains a syntax error.');
  }
}
