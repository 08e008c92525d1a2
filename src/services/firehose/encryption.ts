/** Encryption at rest. */
import type { DeliveryStreamEncryptionConfiguration } from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import type { Stream } from './streamRows.ts';

export const isEncrypting = (_stream: Stream, _now: Date): boolean => false;

export function encryptionView(_stream: Stream, _now: Date): DeliveryStreamEncryptionConfiguration {
  return { Status: 'DISABLED' };
}

export const sealingKey = async (_ctx: Context, _stream: Stream): Promise<undefined> => undefined;
export const openingKey = async (_ctx: Context, _stream: Stream, name: string): Promise<Uint8Array> => {
  throw new Error(`There is no data key ${name}.`);
};
