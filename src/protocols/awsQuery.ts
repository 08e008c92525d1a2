/** awsQuery: `Action=Operation&Param.member.1=…` in, XML out. ec2Query differs in names and in the envelope. */
import { CommonError } from '../core/errors.ts';
import type { Service } from '../core/operation.ts';
import type { WireResponse } from '../core/wire.ts';
import { formOf, malformed, type Node } from './form.ts';
import type { Protocol, WireError } from './protocol.ts';
import { parseBase64, parseNumber, parseTimestamp, setKey } from './scalars.ts';
import { inputOf, type Member, outputOf, type Shape } from './schema.ts';
import { decimal } from './smithy.ts';
import { escapeXml, memberWriter } from './xmlWriter.ts';

type Read = (node: Node) => unknown;
type Style = 'query' | 'ec2';

export const awsQuery: Protocol = {
  name: 'awsQuery',
  match: (request) => formOf(request)?.children?.get('Action')?.text,
  decode(request, service, operation) {
    const input = decode(formOf(request) ?? EMPTY, service, operation, 'query') as Record<string, unknown>;
    const { pathMember: name } = service.wire;
    if (name === undefined || request.path === '/' || input[name] !== undefined) return input;
    const isMember = inputOf(service, operation)?.members.some((member) => member.name === name);
    return isMember ? { ...input, [name]: request.path } : input;
  },
  encode(output, service, operation, requestId) {
    const result = resultWriter(service, operation)(output);
    const metadata = `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>`;
    const open = `<${operation}Response xmlns="${namespaceOf(service)}">`;
    return reply(200, requestId, `${open}${result}${metadata}</${operation}Response>`);
  },
  encodeError(error, service, requestId) {
    const body =
      `<ErrorResponse xmlns="${namespaceOf(service)}"><Error>` +
      `<Type>${error.senderFault ? 'Sender' : 'Receiver'}</Type>${errorMembers(error)}` +
      `</Error><RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`;
    return reply(error.status, requestId, body);
  },
};

export const ec2Query: Protocol = {
  name: 'ec2Query',
  match: awsQuery.match,
  decode: (request, service, operation) => decode(formOf(request) ?? EMPTY, service, operation, 'ec2'),
  encode(output, service, operation, requestId) {
    const members = outputMembers(service, operation, output);
    const head = `<${operation}Response xmlns="${namespaceOf(service)}"><requestId>${escapeXml(requestId)}</requestId>`;
    return reply(200, requestId, `${head}${members}</${operation}Response>`);
  },
  encodeError(error, _service, requestId) {
    const errors = `<Errors><Error>${errorMembers(error)}</Error></Errors>`;
    return reply(
      error.status,
      requestId,
      `<Response>${errors}<RequestID>${escapeXml(requestId)}</RequestID></Response>`,
    );
  },
};

const EMPTY: Node = { text: undefined, children: undefined };

/** The namespace AWS answers in when it does not know whom the request was for. */
const FAULT_NAMESPACE = 'http://webservices.amazon.com/AWSFault/2005-15-09';

function namespaceOf(service: Service | undefined): string {
  return service?.wire.xmlNamespace ?? FAULT_NAMESPACE;
}

function reply(status: number, requestId: string, xml: string): WireResponse {
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body: xml };
}

/** `<Code>` and `<Message>`, then the modelled members. restXml uses it too. */
export function errorMembers(error: WireError): string {
  const head = `<Code>${escapeXml(error.queryCode)}</Code><Message>${escapeXml(error.message)}</Message>`;
  return error.shape && error.fields ? head + memberWriter(error.shape as Shape)(error.fields) : head;
}

function outputMembers(service: Service, operation: string, output: unknown): string {
  const shape = outputOf(service, operation);
  return shape ? memberWriter(shape)((output ?? {}) as Record<string, unknown>) : '';
}

type WriteResult = (output: unknown) => string;
const resultWriters = new WeakMap<object, Map<string, WriteResult>>();

/** `<OperationResult>…`; nothing for an operation without output. */
function resultWriter(service: Service, operation: string): WriteResult {
  let known = resultWriters.get(service);
  if (!known) resultWriters.set(service, (known = new Map()));
  const found = known.get(operation);
  if (found) return found;
  const shape = outputOf(service, operation);
  const made: WriteResult =
    !shape || shape.kind === 'unit'
      ? () => ''
      : (output) => `<${operation}Result>${outputMembers(service, operation, output)}</${operation}Result>`;
  known.set(operation, made);
  return made;
}

function decode(root: Node, service: Service, operation: string, style: Style): unknown {
  const version = root.children?.get('Version')?.text;
  const shape = inputOf(service, operation);
  if (!shape || (version !== undefined && service.wire.version !== undefined && version !== service.wire.version)) {
    const named = `${operation.slice(0, 128)} for version ${version?.slice(0, 32) ?? 'NO_VERSION_SPECIFIED'}`;
    throw new CommonError('InvalidAction', `Could not find operation ${named}`);
  }
  return readerOf(shape, style)(root);
}

const readers = { query: new WeakMap<Shape, Read>(), ec2: new WeakMap<Shape, Read>() };

/** The tree is at most DEPTH_MAX deep, so a shape that contains itself ends where the parameters do. */
function readerOf(shape: Shape, style: Style): Read {
  const known = readers[style].get(shape);
  if (known) return known;
  let ready: Read | undefined;
  readers[style].set(shape, (node) => (ready as Read)(node));
  ready = structReader(shape, style);
  readers[style].set(shape, ready);
  return ready;
}

function structReader(shape: Shape, style: Style): Read {
  const members = shape.members.map((m) => ({ name: m.name, wire: wireName(m, style), read: memberReader(m, style) }));
  const union = shape.kind === 'union';
  return (node) => {
    const out: Record<string, unknown> = {};
    const { children } = node;
    if (!children) {
      if (node.text) throw malformed('Unexpected complex element termination');
      return out;
    }
    for (const { name, wire, read } of members) {
      const child = children.get(wire);
      if (child) out[name] = read(child);
    }
    if (union && Object.keys(out).length > 1) throw malformed(`More than one member of union ${shape.name} found`);
    return out;
  };
}

function wireName({ name, traits }: Member, style: Style): string {
  if (style === 'query') return traits.xmlName ?? name;
  if (traits.ec2QueryName) return traits.ec2QueryName;
  const wire = traits.xmlName ?? name;
  return wire.charAt(0).toUpperCase() + wire.slice(1);
}

function memberReader(member: Member, style: Style): Read {
  const { shape, traits } = member;
  switch (shape.kind) {
    case 'structure':
    case 'union':
    case 'unit':
      return readerOf(shape, style);
    case 'list':
      return listReader(shape, style, style === 'ec2' || (traits.xmlFlattened ?? shape.traits.xmlFlattened) === 1);
    case 'map':
      return mapReader(shape, style, (traits.xmlFlattened ?? shape.traits.xmlFlattened) === 1);
    default:
      return scalarReader(shape);
  }
}

/** `List=` is an empty list; gaps between the indices close up. */
function listReader(shape: Shape, style: Style, flat: boolean): Read {
  const element = shape.element as Member;
  const wrapper = element.traits.xmlName ?? 'member';
  let read: Read | undefined;
  return (node) => {
    read ??= memberReader(element, style);
    if (node.text) throw malformed('Unexpected list element termination');
    const items = flat ? node.children : node.children?.get(wrapper)?.children;
    if (!items && node.children?.size) throw malformed('Unexpected list element termination');
    return items ? inOrder(items).map(read) : [];
  };
}

function mapReader(shape: Shape, style: Style, flat: boolean): Read {
  const key = (shape.key as Member).traits.xmlName ?? 'key';
  const value = (shape.value as Member).traits.xmlName ?? 'value';
  let read: Read | undefined;
  return (node) => {
    read ??= memberReader(shape.value as Member, style);
    if (node.text) throw malformed('Unexpected list element termination');
    const entries = flat ? node.children : node.children?.get('entry')?.children;
    const out: Record<string, unknown> = {};
    for (const entry of entries ? inOrder(entries) : []) {
      const k = entry.children?.get(key)?.text;
      const v = entry.children?.get(value);
      if (k === undefined || v === undefined) throw malformed('Unexpected map entry termination');
      setKey(out, k, read(v));
    }
    return out;
  };
}

function inOrder(items: ReadonlyMap<string, Node>): Node[] {
  const indexed: [number, Node][] = [];
  for (const [key, node] of items) {
    if (!/^[0-9]{1,9}$/.test(key)) throw malformed('Start of list found where not expected');
    indexed.push([Number(key), node]);
  }
  indexed.sort((a, b) => a[0] - b[0]);
  return indexed.map(([, node]) => node);
}

function scalarReader(shape: Shape): Read {
  const convert = (SCALARS as Readonly<Record<string, (text: string, shape: Shape) => unknown>>)[shape.kind];
  if (!convert) throw new TypeError(`a ${shape.kind} has no text form`);
  return (node) => {
    if (node.children) throw malformed('Start of structure or map found where not expected.');
    return convert(node.text ?? '', shape);
  };
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

const SCALARS = {
  string: (text: string) => text,
  document: (text: string) => text,
  boolean: (text: string) => {
    if (text === '') throw malformed('missing value for boolean type');
    return (Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined) ?? bad('boolean must follow xsd1.1 definition');
  },
  number: (text: string) => parseNumber(text) ?? bad(`Invalid number: ${text.slice(0, 64)}`),
  blob: (text: string) => parseBase64(text) ?? bad('blob must be base64 encoded'),
  timestamp: (text: string, shape: Shape) =>
    parseTimestamp(text, shape.format ?? 'dateTime') ?? bad('timestamp must follow ISO8601'),
  bigInteger: (text: string) => (/^-?\d{1,4096}$/.test(text) ? BigInt(text) : bad('Invalid number')),
  bigDecimal: (text: string) => (parseNumber(text) === undefined ? bad('Invalid number') : decimal(text)),
};

function bad(message: string): never {
  throw malformed(message);
}
