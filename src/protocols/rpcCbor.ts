import { notImplemented } from '../core/errors.ts';
import type { Protocol } from './protocol.ts';

export const rpcV2Cbor: Protocol = {
  name: 'rpcV2Cbor',
  match: () => undefined,
  decode: () => notImplemented('rpcV2Cbor'),
  encode: () => notImplemented('rpcV2Cbor'),
  encodeError: () => notImplemented('rpcV2Cbor'),
};
