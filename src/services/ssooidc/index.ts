/** IAM Identity Center's OpenID Connect: how command lines and applications get a person's token. */
import * as sdk from '@aws-sdk/client-sso-oidc';
import { defineService, type Limits } from '../../core/operation.ts';
import { worded } from '../../identity/instanceKeys.ts';
import { CreateTokenWithIAM } from './applicationTokens.ts';
import { RegisterClient } from './clients.ts';
import { StartDeviceAuthorization } from './devices.ts';
import { keyRefusal } from './errors.ts';
import limits from './limits.json' with { type: 'json' };
import { CreateToken } from './tokens.ts';

export const ssooidc = defineService<typeof sdk>({
  name: 'sso-oauth',
  eventSource: 'sso-oauth.amazonaws.com',
  regionByHost: true,
  sdk,
  wire: { protocols: ['restJson'], version: '2019-06-10' },
  limits: limits as unknown as Limits,
  refusalOf: worded(keyRefusal),
  operations: { CreateToken, CreateTokenWithIAM, RegisterClient, StartDeviceAuthorization },
});
