/** The portal of IAM Identity Center as an API: accounts, roles and credentials of whoever presents a token. */
import * as sdk from '@aws-sdk/client-sso';
import { CommonError } from '../../core/errors.ts';
import { defineService, type Limits } from '../../core/operation.ts';
import { BLOCKED, worded } from '../../identity/instanceKeys.ts';
import limits from './limits.json' with { type: 'json' };
import { GetRoleCredentials, ListAccountRoles, ListAccounts, Logout } from './portal.ts';

export const ssoportal = defineService<typeof sdk>({
  name: 'awsssoportal',
  eventSource: 'sso.amazonaws.com',
  regionByHost: true,
  sdk,
  wire: { protocols: ['restJson'], version: '2019-06-10' },
  limits: limits as unknown as Limits,
  refusalOf: worded(() => new CommonError('ForbiddenException', BLOCKED, 403)),
  operations: { GetRoleCredentials, ListAccountRoles, ListAccounts, Logout },
});
