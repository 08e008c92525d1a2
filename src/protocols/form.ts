/**
 * The parameters of an awsQuery request as a tree: `Tags.member.1.Key=a` is a path of four. Read once for a request;
 * matching and decoding share it.
 */
import { CommonError } from '../core/errors.ts';
import type { WireRequest } from './protocol.ts';
import { DEPTH_MAX, utf8 } from './scalars.ts';

export interface Node {
  text?: string;
  children?: Map<string, Node>;
}

const read = new WeakMap<WireRequest, Node>();

/** The tree of a request that may be awsQuery, undefined where its content type says that it is not. */
export function formOf(request: WireRequest): Node | undefined {
  const known = read.get(request);
  if (known) return known;
  const type = request.headers['content-type'];
  const form = type === undefined || type.startsWith('application/x-www-form-urlencoded') || type === '';
  if (!form && request.query === '') return undefined;
  const root: Node = {};
  if (request.query !== '') readInto(root, request.query);
  if (form && request.method === 'POST')
    readInto(
      root,
      utf8(request.body, () => malformed('Invalid UTF-8')),
    );
  read.set(request, root);
  return root;
}

export function malformed(message: string): CommonError {
  return new CommonError('MalformedInput', message);
}

function readInto(root: Node, text: string): void {
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    if (end > start) readPair(root, text.slice(start, end));
    start = end + 1;
  }
}

function readPair(root: Node, pair: string): void {
  const equals = pair.indexOf('=');
  const key = unescaped(equals === -1 ? pair : pair.slice(0, equals));
  const node = nodeAt(root, key);
  if (node.text !== undefined) {
    throw new CommonError('MalformedQueryString', `Duplicate parameter '${key.slice(0, 128)}' found in the request`);
  }
  node.text = equals === -1 ? '' : unescaped(pair.slice(equals + 1));
}

function nodeAt(root: Node, key: string): Node {
  let node = root;
  let start = 0;
  for (let depth = 0; ; depth++) {
    if (depth > DEPTH_MAX) throw malformed('The request parameters are nested too deeply');
    const dot = key.indexOf('.', start);
    node = childOf(node, dot === -1 ? key.slice(start) : key.slice(start, dot));
    if (dot === -1) return node;
    start = dot + 1;
  }
}

function childOf(node: Node, name: string): Node {
  node.children ??= new Map();
  let child = node.children.get(name);
  if (!child) node.children.set(name, (child = {}));
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
