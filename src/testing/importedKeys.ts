/** KMS keys whose material a test knows: imported, as a customer would. */
import {
  constants,
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { ImportKeyMaterialRequest, KeySpec, KeyUsageType, KMS } from '@aws-sdk/client-kms';

/** The id of a new key with this material: raw bytes of a secret key, or a private key. */
export async function importedKey(
  kms: KMS,
  KeySpec: KeySpec,
  KeyUsage: KeyUsageType,
  material: Uint8Array | KeyObject,
): Promise<string> {
  const KeyId = (await kms.createKey({ Origin: 'EXTERNAL', KeySpec, KeyUsage })).KeyMetadata!.KeyId!;
  const bytes = material instanceof Uint8Array ? material : material.export({ type: 'pkcs8', format: 'der' });
  await importInto(kms, KeyId, bytes);
  return KeyId;
}

/** RFC 8017 7.1.1: of 2,048 bits, with SHA-256. */
const OAEP_BYTES_MAX = 190;

/** Imports material into a key that is there; its id. */
export async function importInto(
  kms: KMS,
  KeyId: string,
  bytes: Uint8Array,
  more: Partial<ImportKeyMaterialRequest> = { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' },
): Promise<string | undefined> {
  const isShort = bytes.length <= OAEP_BYTES_MAX;
  const WrappingAlgorithm = isShort ? 'RSAES_OAEP_SHA_256' : 'RSA_AES_KEY_WRAP_SHA_256';
  const asked = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' } as const;
  const { ImportToken, PublicKey } = await kms.getParametersForImport(asked);
  const key = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
  const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const aes = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', aes, Buffer.from('a65959a6', 'hex'));
  const EncryptedKeyMaterial = isShort
    ? publicEncrypt({ key, ...padding }, bytes)
    : Buffer.concat([publicEncrypt({ key, ...padding }, aes), cipher.update(bytes), cipher.final()]);
  const imported = await kms.importKeyMaterial({ KeyId, ImportToken, EncryptedKeyMaterial, ...more });
  return imported.KeyMaterialId;
}

/** The Ed25519 key of a seed. */
export const ed25519Key = (seed: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });

/** What GetPublicKey shows. */
export async function shownKey(kms: KMS, KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await kms.getPublicKey({ KeyId });
  return createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
}
