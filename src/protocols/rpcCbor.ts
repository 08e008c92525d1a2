/** Smithy RPC v2 CBOR: `POST /service/Name/operation/Operation`, CBOR both ways. */
import { readCbor } from './cbor.ts';
import { cborDocuments } from './cborDocuments.ts';
import { rpc } from './rpc.ts';
import { cborLibrary } from './smithy.ts';

const PATH = /\/service\/([A-Za-z_][\w.]*)\/operation\/([A-Za-z_]\w*)$/;

export const rpcV2Cbor = rpc({
  name: 'rpcV2Cbor',
  match(request, service) {
    if (request.headers['smithy-protocol'] !== 'rpc-v2-cbor' || request.method !== 'POST') return undefined;
    const found = request.path.length <= 1024 ? PATH.exec(request.path) : null;
    if (!found || (service.wire.target !== undefined && found[1] !== service.wire.target)) return undefined;
    return found[2];
  },
  unknownStatus: 404,
  contentType: 'application/cbor',
  headers: { 'smithy-protocol': 'rpc-v2-cbor' },
  typesNothing: false,
  codec: cborDocuments(1),
  read: readCbor,
  write: (document) => cborLibrary().cbor.serialize(document),
});
