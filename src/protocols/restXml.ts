/** restXml: the bindings of REST with XML in the body. */
import { CommonError } from '../core/errors.ts';
import type { Service } from '../core/operation.ts';
import { errorMembers } from './awsQuery.ts';
import { type Body, bindings } from './bindings.ts';
import { eventStreams } from './eventStream.ts';
import type { Protocol, WireError } from './protocol.ts';
import { matchRoute } from './routes.ts';
import { utf8 } from './scalars.ts';
import type { Member, Shape } from './schema.ts';
import { local, readXml, XmlError } from './xml.ts';
import { structureReader } from './xmlReader.ts';
import { elementWriter, escapeXml } from './xmlWriter.ts';

const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

const xml: Body = {
  contentType: 'application/xml',
  read: (shape) => reader(shape, rootOf(shape)),
  write: (shape, service) => rootWriter(shape, rootOf(shape), service),
  readPayload: (member) => reader(member.shape, payloadRoot(member)),
  writePayload: (member, service) => rootWriter(member.shape, payloadRoot(member), service),
  frames: eventStreams({ protocol: 'restXml', contentType: 'text/xml', write: eventWriter }),
};

const rootOf = ({ name, traits }: Shape) => traits.xmlName ?? name;
const payloadRoot = ({ shape, traits }: Member) => traits.xmlName ?? rootOf(shape);

const bound = bindings(xml);

export const restXml: Protocol = {
  name: 'restXml',
  match: matchRoute,
  decode: bound.decode,
  encode(output, service, operation, requestId) {
    const answer = bound.encode(output, service, operation);
    Object.assign(answer.headers, idsOf(requestId));
    return answer;
  },
  encodeError(error, service, requestId) {
    const id = `<RequestId>${escapeXml(requestId)}</RequestId>`;
    const type = `<Type>${error.senderFault ? 'Sender' : 'Receiver'}</Type>`;
    const members = errorMembers(bare(service) && error.code === 'InternalFailure' ? internal(error) : error);
    const body = bare(service)
      ? `<Error>${members}${detailsOf(error)}${id}<HostId>${hostId(requestId)}</HostId></Error>`
      : `<ErrorResponse><Error>${type}${members}</Error>${id}</ErrorResponse>`;
    const headers = { 'content-type': xml.contentType, ...idsOf(requestId), ...error.headers };
    return { status: error.status, headers, body: error.status === 304 ? '' : PROLOGUE + body };
  },
};

/** As S3 calls it. */
const internal = (error: WireError): WireError => ({
  ...error,
  queryCode: 'InternalError',
  message: 'We encountered an internal error. Please try again.',
});

/** S3 has its errors without a wrapper. */
function bare(service: Service | undefined): boolean {
  return !service || service.name === 's3';
}

function idsOf(requestId: string) {
  return { 'x-amzn-requestid': requestId, 'x-amz-request-id': requestId, 'x-amz-id-2': hostId(requestId) };
}

/** What AWS's support asks for beside the request id. */
const hostId = (requestId: string) => Buffer.from(`${requestId}/gatehouse`).toString('base64');

function detailsOf({ details = {} }: WireError): string {
  return Object.entries(details)
    .map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`)
    .join('');
}

/** A document of another name is not taken for one with nothing in it. */
function reader(shape: Shape, tag: string): (bytes: Uint8Array) => Record<string, unknown> {
  const read = structureReader(shape);
  const root = local(tag);
  return (bytes) => {
    if (bytes.length === 0) return {};
    try {
      const document = readXml(utf8(bytes, malformed));
      if (document.name !== root) throw new XmlError(`${document.name} instead of ${root}`);
      return read(document);
    } catch (error) {
      throw error instanceof XmlError ? malformed() : error;
    }
  };
}

function malformed(): CommonError {
  const message = 'The XML you provided was not well-formed or did not validate against our published schema';
  return new CommonError('MalformedXML', message);
}

/** The root element carries the service's namespace, unless the shape has one of its own. */
function rootWriter(shape: Shape, tag: string, service: Service): (value: unknown) => string {
  const own = shape.traits.xmlNamespace ?? service.wire.xmlNamespace;
  const root: Member = { name: tag, shape, traits: own === undefined ? {} : { xmlNamespace: own } };
  const only = unwrapped(shape, tag);
  if (only) {
    const write = elementWriter({ ...root, shape: only.shape }, tag);
    return (value) => PROLOGUE + write((value as Record<string, unknown>)[only.name] ?? '');
  }
  const write = elementWriter(root, tag);
  return (value) => PROLOGUE + write(value);
}

/** Events have no namespace. */
function eventWriter(shape: Shape): (value: unknown) => string {
  const tag = rootOf(shape);
  const write = elementWriter({ name: tag, shape, traits: {} }, tag);
  return (value) => PROLOGUE + write(value);
}

/** The one member that is its document: S3's GetBucketLocation answers a text within the root. */
function unwrapped({ members: [only, ...others] }: Shape, tag: string): Member | undefined {
  return only && others.length === 0 && (only.traits.xmlName ?? only.name) === tag && only.shape.kind === 'string'
    ? only
    : undefined;
}
