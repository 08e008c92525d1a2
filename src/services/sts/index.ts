import * as sdk from '@aws-sdk/client-sts';
import { AccessDenied } from '../../core/errors.ts';
import { defineService } from '../../core/operation.ts';
import { BLOCKED, worded } from '../../identity/instanceKeys.ts';
import { AssumeRole } from './assumeRole.ts';
import { DecodeAuthorizationMessage } from './authorizationMessages.ts';
import { GetAccessKeyInfo, GetCallerIdentity } from './callerIdentity.ts';
import { GetFederationToken } from './federationTokens.ts';
import { limits } from './limits.ts';
import { GetWebIdentityToken } from './outboundTokens.ts';
import { AssumeRoot } from './rootSessions.ts';
import { AssumeRoleWithSAML } from './saml.ts';
import { GetSessionToken } from './sessionTokens.ts';
import { AssumeRoleWithWebIdentity } from './webIdentity.ts';

export const sts = defineService({
  name: 'sts',
  eventSource: 'sts.amazonaws.com',
  wholeSeconds: true,
  sdk,
  wire: {
    protocols: ['awsQuery'],
    version: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  },
  limits,
  refusalOf: worded(() => new AccessDenied(BLOCKED)),
  operations: {
    AssumeRole,
    AssumeRoleWithSAML,
    AssumeRoleWithWebIdentity,
    AssumeRoot,
    DecodeAuthorizationMessage,
    GetAccessKeyInfo,
    GetCallerIdentity,
    GetFederationToken,
    GetSessionToken,
    GetWebIdentityToken,
  },
});
