/**
 * The protocols by name, and which of them a request is in. `matchOperation` may throw: a form that cannot be read
 * names no operation.
 */
import type { ProtocolName, Service } from '../core/operation.ts';
import type { WireRequest } from '../core/wire.ts';
import { awsCbor1_1, awsJson1_0, awsJson1_1, isAwsCbor } from './awsJson.ts';
import { awsQuery, ec2Query } from './awsQuery.ts';
import type { Protocol } from './protocol.ts';
import { restJson } from './restJson.ts';
import { restXml } from './restXml.ts';
import { rpcV2Cbor } from './rpcCbor.ts';

export { describeError } from './errors.ts';

const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  awsQuery,
  ec2Query,
  awsJson1_0,
  awsJson1_1,
  awsCbor1_1,
  restJson,
  restXml,
  rpcV2Cbor,
};

export function protocolNamed(name: ProtocolName): Protocol {
  return PROTOCOLS[name];
}

const known = new WeakMap<Service, readonly Protocol[]>();

/** The protocols that some client speaks to the service, its own first. */
function protocolsOf(service: Service): readonly Protocol[] {
  let made = known.get(service);
  if (!made) known.set(service, (made = service.wire.protocols.map(protocolNamed)));
  return made;
}

/**
 * What the request asks of the service, in which protocol. The operation is as the client named it: it may be one that
 * the SDK does not know, which `decode` refuses in the protocol's own words.
 * Throws CommonError (MalformedQueryString, MalformedInput) on a form that cannot be read.
 */
export function matchOperation(
  request: WireRequest,
  service: Service,
): { readonly protocol: Protocol; readonly operation: string } | undefined {
  for (const protocol of protocolsOf(service)) {
    const operation = protocol.match(request, service);
    if (operation !== undefined) return { protocol, operation };
  }
  return undefined;
}

const JSON_TYPE = /^application\/x-amz-json-1\.([01])\b/;

/** The protocol an error is answered in, also for a request that named no service or could not be read. */
export function errorProtocol(request: WireRequest, service: Service | undefined): Protocol {
  const spoken = service?.wire.protocols;
  const type = request.headers['content-type'] ?? '';
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return rpcV2Cbor;
  if (isAwsCbor(request.headers)) return awsCbor1_1;
  const json = JSON_TYPE.exec(type);
  if (json || request.headers['x-amz-target'] !== undefined) return json?.[1] === '0' ? awsJson1_0 : awsJson1_1;
  if (type.startsWith('application/x-www-form-urlencoded') || /(?:^|&)Action=/.test(request.query)) {
    if (spoken?.includes('ec2Query')) return ec2Query;
    if (spoken?.includes('awsQuery') !== false) return awsQuery;
  }
  if (service && spoken?.[0]) return PROTOCOLS[spoken.find((name) => name.startsWith('rest')) ?? spoken[0]];
  return /(?:\/|%2F)s3(?:\/|%2F)aws4_request/i.test(request.headers.authorization ?? request.query)
    ? restXml
    : restJson;
}
