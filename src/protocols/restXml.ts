import { notImplemented } from '../core/errors.ts';
import type { Protocol } from './protocol.ts';

export const restXml: Protocol = {
  name: 'restXml',
  match: () => undefined,
  decode: () => notImplemented('restXml'),
  encode: () => notImplemented('restXml'),
  encodeError: () => notImplemented('restXml'),
};
