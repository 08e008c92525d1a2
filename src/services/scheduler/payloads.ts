/**
 * What a schedule's target gets. Under a key of the customer's own it is encrypted with a data key, which KMS gives to
 * whoever makes the schedule and opens for whoever reads it, and for the schedule's role when its time has come.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/encryption-rest.html
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Caller, Context } from '../../core/context.ts';
import { type Payload, type ScheduleName, scheduleArn } from './rows.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const contextOf = (name: ScheduleName) => ({ 'aws:scheduler:schedule:arn': scheduleArn(name) });

interface DataKey {
  readonly CiphertextBlob: Uint8Array;
  readonly Plaintext: Uint8Array;
}

/** The payload to keep; undefined where the schedule has none. As the caller. */
export async function kept(
  ctx: Context,
  name: ScheduleName,
  text: string | undefined,
  key: string | undefined,
): Promise<Payload | undefined> {
  if (key !== undefined) await ctx.call('kms', 'DescribeKey', { KeyId: key });
  if (text === undefined) return undefined;
  if (key === undefined) return { text };
  const input = { KeyId: key, KeySpec: 'AES_256', EncryptionContext: contextOf(name) };
  const { CiphertextBlob, Plaintext } = await ctx.call<DataKey>('kms', 'GenerateDataKey', input);
  const nonce = ctx.random(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', Plaintext, nonce);
  const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { key, dataKey: Buffer.from(CiphertextBlob).toString('base64'), sealed: bytes.toString('base64') };
}

/** The payload as it was put. `as`: the schedule's role; the caller when absent. Throws what KMS answers. */
export async function opened(
  ctx: Context,
  name: ScheduleName,
  payload: Payload | undefined,
  as?: Caller,
): Promise<string | undefined> {
  if (payload === undefined || 'text' in payload) return payload?.text;
  const input = {
    KeyId: payload.key,
    CiphertextBlob: Buffer.from(payload.dataKey, 'base64'),
    EncryptionContext: contextOf(name),
  };
  const { Plaintext } = await ctx.call<Pick<DataKey, 'Plaintext'>>('kms', 'Decrypt', input, as);
  const bytes = Buffer.from(payload.sealed, 'base64');
  const cipher = createDecipheriv('aes-256-gcm', Plaintext, bytes.subarray(0, NONCE_BYTES));
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]).toString('utf8');
}
