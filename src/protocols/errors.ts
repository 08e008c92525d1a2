/**
 * What an error is called on the wire. Handlers throw the SDK's error classes and the common ones of core/errors.ts;
 * the code and status a client sees depend on the protocol it speaks.
 */
import {
  AccessDenied,
  type AuthenticationCode,
  AuthenticationFailure,
  CommonError,
  Sealed,
  ValidationFailure,
} from '../core/errors.ts';
import type { ProtocolName, Service } from '../core/operation.ts';
import type { DocumentCodec } from './documents.ts';
import type { WireError } from './protocol.ts';
import { errorShape, type Shape } from './schema.ts';

interface Names {
  readonly code: string;
  readonly status: number;
}

/** JSON and CBOR services have one name for a refusal, query and XML services another, EC2 its own. */
const REFUSED: Readonly<Record<ProtocolName, Names>> = {
  awsQuery: { code: 'AccessDenied', status: 403 },
  ec2Query: { code: 'UnauthorizedOperation', status: 403 },
  restXml: { code: 'AccessDenied', status: 403 },
  restJson: { code: 'AccessDeniedException', status: 403 },
  awsJson1_0: { code: 'AccessDeniedException', status: 400 },
  awsJson1_1: { code: 'AccessDeniedException', status: 400 },
  awsCbor1_1: { code: 'AccessDeniedException', status: 400 },
  rpcV2Cbor: { code: 'AccessDeniedException', status: 403 },
};

const INVALID: Readonly<Record<ProtocolName, Names>> = {
  awsQuery: { code: 'ValidationError', status: 400 },
  ec2Query: { code: 'InvalidParameterValue', status: 400 },
  restXml: { code: 'ValidationError', status: 400 },
  restJson: { code: 'ValidationException', status: 400 },
  awsJson1_0: { code: 'ValidationException', status: 400 },
  awsJson1_1: { code: 'ValidationException', status: 400 },
  awsCbor1_1: { code: 'ValidationException', status: 400 },
  rpcV2Cbor: { code: 'ValidationException', status: 400 },
};

/**
 * The query services' codes and statuses, and what the JSON services call the same; those answer an old date as any
 * other wrong signature. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
const UNAUTHENTICATED: Readonly<Record<AuthenticationCode, Names & { readonly json: string }>> = {
  MissingAuthenticationToken: {
    code: 'MissingAuthenticationToken',
    status: 403,
    json: 'MissingAuthenticationTokenException',
  },
  IncompleteSignature: { code: 'IncompleteSignature', status: 400, json: 'IncompleteSignatureException' },
  InvalidClientTokenId: { code: 'InvalidClientTokenId', status: 403, json: 'UnrecognizedClientException' },
  SignatureDoesNotMatch: { code: 'SignatureDoesNotMatch', status: 403, json: 'InvalidSignatureException' },
  ExpiredToken: { code: 'ExpiredToken', status: 403, json: 'ExpiredTokenException' },
  RequestExpired: { code: 'RequestExpired', status: 400, json: 'InvalidSignatureException' },
};

/**
 * `protocol` is the one the client speaks; the service's own if not given. Whatever is not an AWS error becomes
 * InternalFailure, and its message stays here.
 */
export function describeError(error: unknown, service?: Service, protocol?: ProtocolName): WireError {
  const spoken = protocol ?? service?.wire.protocols[0] ?? 'restJson';
  if (error instanceof AccessDenied) return named(REFUSED, spoken, error.message);
  if (error instanceof ValidationFailure) return named(INVALID, spoken, error.message);
  if (error instanceof AuthenticationFailure) return unauthenticated(spoken, error);
  if (error instanceof CommonError) {
    const { name, status, message, details, headers } = error;
    return { ...common(name, name, status, message), ...(details && { details }), ...(headers && { headers }) };
  }
  if (error instanceof Sealed) return unavailable(service, spoken);
  const shape = error instanceof Error && service ? errorShape(service, error.name) : undefined;
  if (!shape) return common('InternalFailure', 'InternalFailure', 500, INTERNAL);
  return modelled(error as Error, shape, spoken);
}

/** KMS has an error for keys that are not there just now; the others for not being there themselves. */
function unavailable(service: Service | undefined, protocol: ProtocolName): WireError {
  const shape = service && errorShape(service, KEY_UNAVAILABLE);
  if (!shape) return common('ServiceUnavailable', 'ServiceUnavailable', 503, UNAVAILABLE);
  const message =
    'The request was rejected because the specified KMS key was not available. You can retry the request.';
  return modelled(Object.assign(new Error(message), { name: KEY_UNAVAILABLE }), shape, protocol);
}

const KEY_UNAVAILABLE = 'KeyUnavailableException';
const UNAVAILABLE = 'The request has failed due to a temporary failure of the server.';
const INTERNAL = 'The request processing has failed because of an unknown error, exception or failure.';

/** awsJson has 400 for every fault of the sender. */
function unauthenticated(protocol: ProtocolName, { name, message }: AuthenticationFailure): WireError {
  const { code, status, json } = UNAUTHENTICATED[name];
  if (isXml(protocol)) return common(code, code, status, message);
  return common(json, code, isAwsJson(protocol) ? 400 : 403, message);
}

const AWS_JSON: ReadonlySet<ProtocolName> = new Set(['awsJson1_0', 'awsJson1_1', 'awsCbor1_1']);
const isAwsJson = (protocol: ProtocolName) => AWS_JSON.has(protocol);
const isXml = (protocol: ProtocolName) => protocol === 'awsQuery' || protocol === 'ec2Query' || protocol === 'restXml';

/** Both names, since a service that also speaks awsQuery sends the old one along in a header. */
function named(table: Readonly<Record<ProtocolName, Names>>, protocol: ProtocolName, message: string): WireError {
  const { code, status } = table[protocol];
  return common(code, isXml(protocol) ? code : table.awsQuery.code, status, message);
}

function common(code: string, queryCode: string, status: number, message: string): WireError {
  return { code, queryCode, status, message, senderFault: status < 500 };
}

function modelled(error: Error, shape: Shape, protocol: ProtocolName): WireError {
  const { awsQueryError, httpError, error: fault } = shape.traits;
  const senderFault = fault !== 'server';
  return {
    code: error.name,
    queryCode: awsQueryError?.[0] ?? error.name,
    status: statusOf(protocol, awsQueryError?.[1], httpError, senderFault),
    message: error.message,
    senderFault,
    fields: fieldsOf(error, shape),
    shape,
  };
}

/** AWS's JSON services answer 400 or 500, whatever the model's httpError says. */
function statusOf(protocol: ProtocolName, query: number | undefined, http: number | undefined, sender: boolean) {
  const plain = sender ? 400 : 500;
  if (isAwsJson(protocol)) return plain;
  if (protocol === 'awsQuery' || protocol === 'ec2Query') return query ?? http ?? plain;
  return http ?? plain;
}

function fieldsOf(error: Error, shape: Shape): Record<string, unknown> | undefined {
  let fields: Record<string, unknown> | undefined;
  for (const { name } of shape.members) {
    if (isMessage(name)) continue;
    const value = (error as unknown as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    fields ??= {};
    fields[name] = value;
  }
  return fields;
}

const isMessage = (name: string) => name === 'message' || name === 'Message';

/** How the shape spells its message; `message` unless it says otherwise. */
function messageName(error: WireError): string {
  const shape = error.shape as Shape | undefined;
  return shape?.members.find((m) => isMessage(m.name))?.name ?? 'message';
}

/** The body of an error in JSON and CBOR: `__type`, the message and the modelled members. */
export function errorDocument(error: WireError, codec: Pick<DocumentCodec, 'encode'>): Record<string, unknown> {
  const head = { __type: error.code, [messageName(error)]: error.message };
  if (!error.shape || !error.fields) return head;
  return { ...head, ...(codec.encode(error.shape as Shape)(error.fields) as object) };
}

/**
 * A service that once spoke only awsQuery sends its old code along, so that code written against it still works.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
 */
export function queryErrorHeader(error: WireError, service: Service | undefined): string | undefined {
  if (!service?.wire.protocols.includes('awsQuery')) return undefined;
  return `${headerSafe(error.queryCode)};${error.senderFault ? 'Sender' : 'Receiver'}`;
}

/** Header values hold visible ASCII. */
export function headerSafe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
