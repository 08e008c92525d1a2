/** GenerateRandom: the plane's own dice, or those of a CloudHSM key store. */
import type { GenerateRandomRequest, GenerateRandomResponse } from '@aws-sdk/client-kms';
import { ValidationFailure } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { inCluster } from './keyStoreCiphertexts.ts';
import { paced } from './keyStorePace.ts';
import { requireConnected, storeById } from './keyStoreRows.ts';
import { unsupported } from './keys.ts';
import { requireNoRecipient } from './recipients.ts';

export const GenerateRandom: Operation<Present<GenerateRandomRequest>, GenerateRandomResponse> = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    requireNoRecipient(input);
    const { NumberOfBytes: bytes, CustomKeyStoreId: id } = input;
    if (bytes === undefined) throw new ValidationFailure('NumberOfBytes is required.');
    ctx.audit.responseElements = null;
    if (id === undefined) return { Plaintext: ctx.random(bytes) };
    const store = await storeById(ctx, id);
    if (store.proxy) unsupported('GenerateRandom is not supported in an external key store.');
    requireConnected(store);
    const drawn = paced(ctx, store, 'GenerateRandom', (admit) =>
      inCluster(ctx, store, 'GenerateRandom', (hsm) => {
        admit();
        return hsm.random(bytes);
      }),
    );
    return { Plaintext: await drawn };
  },
};
