/** What tests of signatures at the edges of their standards share. */
import assert from 'node:assert/strict';
import type { KMS, MessageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { testCloud } from '../../testing/cloud.ts';

/** A cloud for the file's tests, and whether Verify takes a signature there: all but yes and no fails the test. */
export async function verifying() {
  const cloud = await testCloud();
  const { kms } = cloud.root;
  const isTaken = (
    KeyId: string,
    SigningAlgorithm: SigningAlgorithmSpec,
    Message: Uint8Array,
    Signature: Uint8Array,
    MessageType: MessageType = 'RAW',
  ) => taken(kms, { KeyId, SigningAlgorithm, Message, Signature, MessageType });
  return { cloud, kms, isTaken };
}

async function taken(kms: KMS, asked: Parameters<KMS['verify']>[0]): Promise<boolean> {
  try {
    return (await kms.verify(asked)).SignatureValid === true;
  } catch (error) {
    assert.equal((error as Error).name, 'KMSInvalidSignatureException', (error as Error).message);
    return false;
  }
}

export const message = Buffer.from('a message that is signed');

/** DER of an integer, also of a negative one. */
export function integer(value: bigint): Buffer {
  let hex = (value < 0n ? -value : value).toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  const bytes = Buffer.from(hex, 'hex');
  const content = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  if (value >= 0n) return tlv(2, content);
  const negative = BigInt.asUintN(content.length * 8, value)
    .toString(16)
    .padStart(content.length * 2, '0');
  return tlv(2, Buffer.from(negative, 'hex'));
}

export function tlv(tag: number, content: Buffer, longForm = false): Buffer {
  const { length } = content;
  const least = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  const size = longForm ? [0x83, 0, length >> 8, length & 255] : least;
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const der = (r: bigint, s: bigint) => tlv(0x30, Buffer.concat([integer(r), integer(s)]));
