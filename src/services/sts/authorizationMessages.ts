/** What the gateway sealed when it denied a request: the derivation, for those who may read it. */
import {
  type DecodeAuthorizationMessageRequest,
  type DecodeAuthorizationMessageResponse,
  InvalidAuthorizationMessageException,
} from '@aws-sdk/client-sts';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';

type Input = Present<DecodeAuthorizationMessageRequest>;

export const DecodeAuthorizationMessage: Operation<Input, DecodeAuthorizationMessageResponse> = {
  readOnly: true,
  access: () => ({ resource: '*' }),
  async run({ EncodedMessage }, ctx) {
    const message = ctx.secrets.open('authorization-message', EncodedMessage);
    if (!message) fail(InvalidAuthorizationMessageException, 'Message is not valid');
    return { DecodedMessage: message.toString('utf8') };
  },
};
