/**
 * Encryption under keys in custom key stores.
 *
 * An external key store has the second layer around ours: what sealBlob makes of the plaintext goes to the proxy, and
 * what comes back is
 *
 *     version  1 byte, 2
 *     backing  16 bytes
 *     lengths  2 bytes: of the nonce and of the note
 *     nonce    12 or 16 bytes, the external key manager's
 *     note     0 to 20 bytes, the proxy's
 *     tag      16 bytes
 *     body     as long as the inner ciphertext
 *
 * so that neither this plane nor the external key manager opens it alone. A token does AES-256-GCM itself:
 *
 *     version  1 byte, 3
 *     backing  16 bytes: CKA_ID of the key
 *     nonce    16 bytes, random
 *     body     as long as the plaintext
 *     tag      16 bytes
 *
 * Nonces of 16 random bytes meet with a chance below 2^-32 after 2^47 messages: there is no bound to keep to.
 *
 * Nothing of this waits inside a write set (ctx.reach): the request runs again with what was answered.
 */
import { hash } from 'node:crypto';
import {
  CloudHsmClusterInvalidConfigurationException,
  CustomKeyStoreInvalidStateException,
  DependencyTimeoutException,
  KMSInvalidStateException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { awsError, fail } from '../../core/errors.ts';
import { type Hsm, HsmError } from '../../core/hsm.ts';
import { authenticated, type EncryptionContext, openBlob, sealBlob, Version } from './ciphertexts.ts';
import { viaService } from './conditions.ts';
import { paced } from './keyStorePace.ts';
import { hsmOf, type KeyStore, usableStore } from './keyStoreRows.ts';
import { type Key, keyArn } from './keys.ts';
import { type Material, openKey } from './materials.ts';
import { askProxy } from './proxyRequests.ts';
import { endDryRun } from './resolve.ts';
import { told, XksError } from './xksFailures.ts';
import {
  aadOf,
  decryptOutside,
  type ExternalCiphertext,
  encryptOutside,
  type RequestMetadata,
  type XksProxy,
} from './xksProxy.ts';

/** The request that a key is used for. */
export interface Use {
  readonly operation: string;
  readonly context: EncryptionContext | undefined;
  /** The plaintext was drawn for this request: what is drawn when it runs again is not it. */
  readonly drawn?: true;
  /** Nothing outside is asked for a dry run: it ends before. */
  readonly dryRun: boolean | undefined;
}

const BACKING_AT = 1;
const NONCE_AT = 17;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;

const nothing = Buffer.alloc(0);

/** What a store has made of a plaintext, with that plaintext: a data key is drawn anew each time the request runs. */
interface Sealed {
  readonly plain: Uint8Array;
  readonly blob: Uint8Array;
}

export async function encryptInStore(
  ctx: Context,
  key: Key,
  material: Material,
  plain: Uint8Array,
  use: Use,
): Promise<Sealed> {
  const store = await storeFor(ctx, key, material, use);
  const what = use.drawn ? 'what is drawn' : hash('sha256', plain);
  const name = `encrypt ${use.operation} ${keyArn(key)} ${digestOf(use.context)} ${what}`;
  return paced(ctx, store, use.operation, (admit) => {
    if (!store.proxy) {
      return ctx.reach(name, async () => {
        admit();
        return { plain, blob: await encryptInToken(ctx, key, material, plain, store, use) };
      });
    }
    const request = { name, admit, kmsOperation: use.operation, xksOperation: 'Encrypt' } as const;
    const sealed = askProxy(ctx, store, request, async (proxy) => ({
      ...{ plain, blob: await encryptTwice(ctx, key, material, plain, proxy, use) },
    }));
    return sealed.catch((error) => told(error, 'using'));
  });
}

const digestOf = (context: EncryptionContext | undefined) => hash('sha256', authenticated(nothing, context));

/** Undefined for what is no ciphertext of the key; throws for what the store says of it. */
export async function decryptInStore(
  ctx: Context,
  key: Key,
  material: Material,
  blob: Uint8Array,
  use: Use,
): Promise<Uint8Array | undefined> {
  const store = await storeFor(ctx, key, material, use);
  const name = `decrypt ${use.operation} ${keyArn(key)} ${digestOf(use.context)} ${hash('sha256', blob)}`;
  const parts = store.proxy && partsOf(blob);
  if (store.proxy && !parts) return undefined;
  return paced(ctx, store, use.operation, (admit) => {
    if (!parts) {
      return ctx.reach(name, async () => {
        admit();
        return decryptInToken(ctx, key, material, blob, store, use);
      });
    }
    const request = { name, admit, kmsOperation: use.operation, xksOperation: 'Decrypt' } as const;
    const opened = askProxy(ctx, store, request, (proxy) => decryptTwice(ctx, key, material, parts, proxy, use));
    return opened.catch((error) => told(error, 'using'));
  });
}

/** The record names store and backing key, also of what then fails. */
async function storeFor(ctx: Context, key: Key, { backing }: Material, use: Use): Promise<KeyStore> {
  const store = await usableStore(ctx, key);
  const { id: customKeyStoreId, xksKeyId } = key.keyStore!;
  const backingKey = xksKeyId === undefined ? { backingKey: JSON.stringify({ backingKeyId: backing }) } : { xksKeyId };
  ctx.audit.additionalEventData = { ...ctx.audit.additionalEventData, customKeyStoreId, ...backingKey };
  endDryRun({ DryRun: use.dryRun });
  return store;
}

async function encryptTwice(
  ctx: Context,
  key: Key,
  material: Material,
  plaintext: Uint8Array,
  proxy: XksProxy,
  use: Use,
): Promise<Uint8Array> {
  const secret = openKey(ctx, material);
  const plain = sealBlob(secret, material.backing, plaintext, use.context, ctx.random, Version.inner);
  const aad = aadOf(authenticated(nothing, use.context));
  const made = await encryptOutside(proxy, key.keyStore!.xksKeyId!, { plain, aad }, requestMetadata(ctx, key, use));
  const head = Buffer.from([Version.external, ...Buffer.from(material.backing, 'hex')]);
  const lengths = Buffer.from([made.iv.length, made.metadata.length]);
  return Buffer.concat([head, lengths, made.iv, made.metadata, made.tag, made.body]);
}

async function decryptTwice(
  ctx: Context,
  key: Key,
  material: Material,
  parts: ExternalCiphertext,
  proxy: XksProxy,
  use: Use,
): Promise<Uint8Array> {
  const aad = aadOf(authenticated(nothing, use.context));
  const id = key.keyStore!.xksKeyId!;
  const inner = await decryptOutside(proxy, id, { ...parts, aad }, requestMetadata(ctx, key, use));
  const isOurs = Buffer.from(inner).toString('hex', BACKING_AT, NONCE_AT) === material.backing;
  const plain = isOurs ? openBlob(openKey(ctx, material), inner, use.context, Version.inner) : undefined;
  if (!plain) throw new XksError('altered');
  return plain;
}

function partsOf(blob: Uint8Array): ExternalCiphertext | undefined {
  const [ivBytes = 0, noteBytes = 0] = blob.subarray(NONCE_AT, NONCE_AT + 2);
  if (blob[0] !== Version.external || (ivBytes !== 12 && ivBytes !== 16) || noteBytes > 20) return undefined;
  const metadataAt = NONCE_AT + 2 + ivBytes;
  const tagAt = metadataAt + noteBytes;
  const bodyAt = tagAt + TAG_BYTES;
  if (blob.length <= bodyAt) return undefined;
  return {
    iv: blob.subarray(NONCE_AT + 2, metadataAt),
    metadata: blob.subarray(metadataAt, tagAt),
    tag: blob.subarray(tagAt, bodyAt),
    body: blob.subarray(bodyAt),
  };
}

/** What an external key store proxy may decide by, beside the signature. */
export function requestMetadata(
  ctx: Context,
  key: Key | undefined,
  { operation }: Pick<Use, 'operation'>,
): RequestMetadata {
  const { caller } = ctx;
  const via = viaService(ctx);
  const isRole = caller.session?.kind === 'AssumedRole';
  return {
    awsPrincipalArn: caller.service ?? (isRole ? caller.session!.principalArn : caller.arn),
    ...(key && { kmsKeyArn: keyArn(key) }),
    kmsOperation: operation,
    kmsRequestId: ctx.requestId,
    ...(via !== undefined && { kmsViaService: via }),
  };
}

async function encryptInToken(
  ctx: Context,
  key: Key,
  { backing }: Material,
  plain: Uint8Array,
  store: KeyStore,
  use: Use,
): Promise<Uint8Array> {
  const nonce = ctx.random(NONCE_BYTES);
  const header = Buffer.concat([Buffer.from([Version.token]), Buffer.from(backing, 'hex'), nonce]);
  const aad = authenticated(header, use.context);
  return Buffer.concat([header, await inToken(ctx, key, store, (hsm) => hsm.seal(backing, nonce, aad, plain))]);
}

async function decryptInToken(
  ctx: Context,
  key: Key,
  { backing }: Material,
  blob: Uint8Array,
  store: KeyStore,
  use: Use,
): Promise<Uint8Array | undefined> {
  if (blob[0] !== Version.token || blob.length <= NONCE_AT + NONCE_BYTES + TAG_BYTES) return undefined;
  const header = Buffer.from(blob.subarray(0, NONCE_AT + NONCE_BYTES));
  const aad = authenticated(header, use.context);
  const body = blob.subarray(header.length);
  return inToken(ctx, key, store, (hsm) => hsm.open(backing, header.subarray(NONCE_AT), aad, body));
}

const LOCKED =
  'KMS cannot communicate with your AWS CloudHSM cluster because the kmsuser is locked out. If you see this error repeatedly, disconnect the AWS CloudHSM key store and reset the kmsuser account password. Update the kmsuser password for the custom key store and try the request again.';
const SILENT =
  'KMS cannot communicate with your CloudHSM cluster. This might be a transient network issue. If you see this error repeatedly, verify that the Network ACLs and the security group rules for the VPC of your AWS CloudHSM cluster are correct.';

async function inToken<T>(ctx: Context, key: Key, store: KeyStore, work: (hsm: Hsm) => Promise<T>): Promise<T> {
  const hsm = hsmOf(ctx, store.cluster!);
  if (!hsm) fail(KMSInvalidStateException, SILENT);
  try {
    return await work(hsm);
  } catch (error) {
    if (!(error instanceof HsmError)) throw error;
    if (error.why === 'NO_KEY') fail(KMSInvalidStateException, `${keyArn(key)} is unavailable.`);
    return fail(KMSInvalidStateException, error.why === 'LOCKED' ? LOCKED : SILENT);
  }
}

/** What CreateKey and GenerateRandom ask of a CloudHSM key store, and their errors. */
export async function inCluster<T>(
  ctx: Context,
  store: KeyStore,
  operation: string,
  work: (hsm: Hsm) => Promise<T>,
): Promise<T> {
  const hsm = hsmOf(ctx, store.cluster!);
  try {
    if (!hsm) throw new HsmError('NO_TOKEN', 'The operator has no such cluster.');
    return await ctx.reach(`${operation} ${store.id}`, () => work(hsm));
  } catch (error) {
    if (!(error instanceof HsmError)) throw error;
    if (error.why === 'STALLED') throw awsError(DependencyTimeoutException, SILENT);
    if (error.why === 'LOCKED') throw awsError(CustomKeyStoreInvalidStateException, LOCKED);
    throw awsError(CloudHsmClusterInvalidConfigurationException, SILENT);
  }
}
