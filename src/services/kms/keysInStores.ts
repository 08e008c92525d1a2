/** CreateKey in a custom key store: an external key is looked at, a token makes a key of its own. */
import { hash } from 'node:crypto';
import {
  type CreateKeyRequest,
  XksKeyAlreadyInUseException,
  XksKeyInvalidConfigurationException,
} from '@aws-sdk/client-kms';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { inCluster, requestMetadata } from './keyStoreCiphertexts.ts';
import { type KeyStore, requireConnected, storeById } from './keyStoreRows.ts';
import { type Key, keys, stateOf, unsupported } from './keys.ts';
import { type Material, makeMaterial, materials } from './materials.ts';
import { askProxy } from './proxyRequests.ts';
import { told } from './xksFailures.ts';
import { externalKey } from './xksProxy.ts';

type Input = Present<CreateKeyRequest>;

/** The store that the request names; undefined if it names none. Throws unless such a key can be made there. */
export async function storeAsked(ctx: Context, input: Input, spec: string): Promise<KeyStore | undefined> {
  const { Origin: origin = 'AWS_KMS', CustomKeyStoreId: id, XksKeyId: xksKeyId } = input;
  const isInStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  if (isInStore !== (id !== undefined)) {
    throw new ValidationFailure(`Origin ${origin} is not valid ${isInStore ? 'without' : 'with'} a CustomKeyStoreId.`);
  }
  if ((origin === 'EXTERNAL_KEY_STORE') !== (xksKeyId !== undefined)) {
    throw new ValidationFailure(
      xksKeyId === undefined
        ? 'You must specify an XksKeyId for a KMS key with an Origin of EXTERNAL_KEY_STORE.'
        : `XksKeyId is not valid for Origin ${origin}.`,
    );
  }
  if (id === undefined) return undefined;
  if (spec !== 'SYMMETRIC_DEFAULT') unsupported(`KeySpec ${spec} is not supported in a custom key store.`);
  if (input.MultiRegion) unsupported('Multi-Region keys are not supported in a custom key store.');
  const store = await storeById(ctx, id);
  if ((store.proxy !== undefined) !== (origin === 'EXTERNAL_KEY_STORE')) {
    throw new ValidationFailure(`Origin ${origin} is not valid for the type of custom key store ${id}.`);
  }
  requireConnected(store);
  return store;
}

type Owner = Pick<Key, 'account' | 'region' | 'id' | 'spec'>;

/** Looks at the external key, or has the token make one: the last that can go wrong with a new key. */
export async function materialInStore(ctx: Context, store: KeyStore, owner: Owner, xksKeyId: string | undefined) {
  if (xksKeyId === undefined) return tokenMaterial(ctx, store, owner);
  await requireFreeKey(ctx, store, xksKeyId);
  await requireFitKey(ctx, store, xksKeyId);
  return makeMaterial(ctx, owner, 0);
}

async function requireFreeKey(ctx: Context, store: KeyStore, xksKeyId: string): Promise<void> {
  const prefix = [store.account, store.region, store.id, xksKeyId];
  const { rows } = await ctx.store.list(keys, prefix, { limit: 100, index: 'keyStore' });
  if (rows.some((key) => stateOf(key, ctx.now) !== undefined)) {
    fail(XksKeyAlreadyInUseException, `XksKeyId ${xksKeyId} is already associated with another KMS key.`);
  }
}

async function requireFitKey(ctx: Context, store: KeyStore, xksKeyId: string): Promise<void> {
  const operation = 'CreateKey';
  const metadata = requestMetadata(ctx, undefined, { operation });
  const request = { name: xksKeyId, kmsOperation: operation, xksOperation: 'GetKeyMetadata' } as const;
  const found = await askProxy(ctx, store, request, (proxy) => externalKey(proxy, xksKeyId, metadata)).catch((error) =>
    told(error, 'creating'),
  );
  const wrong =
    found.keySpec !== 'AES_256'
      ? `The key spec of the external key must be AES_256. The key spec of specified external key is ${shown(found.keySpec)}.`
      : found.keyStatus !== 'ENABLED'
        ? `The status of the external key must be ENABLED. The status of specified external key is ${shown(found.keyStatus)}.`
        : !found.keyUsage.includes('ENCRYPT') || !found.keyUsage.includes('DECRYPT')
          ? `The key usage of the external key must include ENCRYPT and DECRYPT. The key use of specified external key is ${shown(found.keyUsage.join(', '))}.`
          : undefined;
  if (wrong !== undefined) fail(XksKeyInvalidConfigurationException, wrong);
}

/** What a proxy says goes into a message only as far as it is plain and short. */
const shown = (text: string) => text.replaceAll(/[^A-Za-z0-9_, -]/g, '').slice(0, 64);

const BACKING_DIGITS = 32;

/** Dice for the id of a key in a store: they fall alike whenever the request runs. */
export const diceOf = ({ requestId }: Context) => ({
  random: (bytes: number) => hash('sha256', `key id of ${requestId}`, 'buffer').subarray(0, bytes),
});

/**
 * The name of the key in the token follows from the request, as does the id of the KMS key, since the request runs
 * again when it has been made. What is made for a request that fails after all stays in the token, as in AWS.
 * https://docs.aws.amazon.com/kms/latest/developerguide/fix-keystore.html#fix-keystore-orphaned-key
 */
async function tokenMaterial(ctx: Context, store: KeyStore, owner: Owner): Promise<Material> {
  const backing = hash('sha256', `token key of ${store.id} ${ctx.requestId}`, 'hex').slice(0, BACKING_DIGITS);
  await inCluster(ctx, store, `CreateKey ${backing}`, (hsm) => hsm.make(backing, owner.id));
  const { account, region, id: keyId, spec } = owner;
  const material: Material = { account, region, keyId, spec, backing, id: backing, sequence: 0, outside: true };
  if (!(await ctx.store.insert(materials, material))) throw new Error(`The token key ${backing} is taken.`);
  return material;
}
