/** IAM Identity Center: instances, permission sets, and who has them where. */
import * as sdk from '@aws-sdk/client-sso-admin';
import { defineService, type Limits } from '../../core/operation.ts';
import * as attributes from './accessControlAttributes.ts';
import * as accountAssignments from './accountAssignments.ts';
import * as instances from './instances.ts';
import limits from './limits.json' with { type: 'json' };
import * as permissionSets from './permissionSets.ts';
import * as setPolicies from './setPolicies.ts';
import * as statuses from './statuses.ts';
import * as tagging from './tagging.ts';

const { statusView: _statusView, provisioningView: _view, statusNamed: _named, ...ofAccounts } = accountAssignments;
const { changeSet: _changeSet, ...ofSets } = permissionSets;

export const ssoadmin = defineService<typeof sdk>({
  name: 'sso',
  eventSource: 'sso.amazonaws.com',
  sdk,
  wire: { protocols: ['awsJson1_1'], target: 'SWBExternalService', version: '2020-07-20' },
  limits: limits as unknown as Limits,
  operations: { ...attributes, ...ofAccounts, ...instances, ...ofSets, ...setPolicies, ...statuses, ...tagging },
});
