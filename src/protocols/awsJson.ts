/**
 * awsJson 1.0 and 1.1: `POST /`, the operation in `X-Amz-Target: Prefix.Operation`, JSON both ways. And 1.1 in CBOR, as
 * AWS's SDKs for Java speak it to Kinesis: there a time is told in milliseconds, which is not what CBOR means by its tag.
 */
import type { ProtocolName, Service } from '../core/operation.ts';
import type { WireRequest } from '../core/wire.ts';
import { readCbor } from './cbor.ts';
import { cborDocuments } from './cborDocuments.ts';
import { parseJson, plainJson } from './json.ts';
import type { Protocol } from './protocol.ts';
import { rpc } from './rpc.ts';
import { cborLibrary } from './smithy.ts';

export const awsJson1_0 = awsJson('awsJson1_0', 'application/x-amz-json-1.0');
export const awsJson1_1 = awsJson('awsJson1_1', 'application/x-amz-json-1.1');

const CBOR = 'application/x-amz-cbor-1.1';

export const awsCbor1_1 = rpc({
  name: 'awsCbor1_1',
  match: (request, service) => (isAwsCbor(request.headers) ? targetOperation(request, service) : undefined),
  unknownStatus: 400,
  contentType: CBOR,
  typesNothing: true,
  codec: cborDocuments(1000),
  read: readCbor,
  write: (document) => cborLibrary().cbor.serialize(document),
});

export function isAwsCbor(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.startsWith(CBOR) ?? false;
}

function awsJson(name: ProtocolName, contentType: string): Protocol {
  return rpc({
    name,
    match: targetOperation,
    unknownStatus: 400,
    contentType,
    typesNothing: true,
    codec: plainJson,
    read: parseJson,
    write: JSON.stringify,
  });
}

/** The operation that `X-Amz-Target` names, if it names the service. */
function targetOperation(request: WireRequest, service: Service): string | undefined {
  const target = request.headers['x-amz-target'];
  const prefix = service.wire.target;
  if (target === undefined || prefix === undefined || request.method !== 'POST') return undefined;
  const [operation, named] = target.split('.').reverse(); // Some clients write a namespace before the prefix.
  return named === prefix ? operation : undefined;
}
