/** An organization, its policies and records, for tests. */
import type { Account, Unit } from '../identity/organization.ts';
import { emptySnapshot, type Snapshot } from './inputs.ts';
import type { TrailRecord } from './record.ts';

export const MANAGEMENT = '111111111111';
export const MEMBER = '222222222222';
export const OTHER = '333333333333';
export const UNIT = 'ou-ab12-workload';

export const statement = (effect: 'Allow' | 'Deny', action: string | string[], rest: object = {}) => ({
  ...{ Effect: effect, Action: action, Resource: '*' },
  ...rest,
});
export const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
export const FULL = policy(statement('Allow', '*'));

const TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;
const GUARDS = { SERVICE_CONTROL_POLICY: ['p-FullAWSAccess'], RESOURCE_CONTROL_POLICY: ['p-RCPFullAWSAccess'] };

/** Root, one unit under it, the management account under the root and two members in the unit. */
export function snapshotOf(attached: Readonly<Record<string, string>> = {}): Snapshot {
  const snapshot = emptySnapshot();
  const organization = 'o-exampleorg1';
  snapshot.organization = {
    ...{ id: organization, management: MANAGEMENT, featureSet: 'ALL', created: '', root: 'r-ab12' },
  };
  const root: Unit = { organization, id: 'r-ab12', name: 'Root', attachments: GUARDS, enabledTypes: TYPES };
  snapshot.units.set(root.id, root);
  const scps = ['p-FullAWSAccess', ...Object.keys(attached)];
  const unit = { organization, id: UNIT, name: 'Workloads', parent: root.id };
  snapshot.units.set(UNIT, { ...unit, attachments: { ...GUARDS, SERVICE_CONTROL_POLICY: scps } });
  for (const id of [MANAGEMENT, MEMBER, OTHER]) {
    const account: Account = {
      id,
      name: id,
      email: '',
      created: '',
      status: 'ACTIVE',
      organization,
      attachments: GUARDS,
    };
    snapshot.accounts.set(id, { ...account, parent: id === MANAGEMENT ? root.id : UNIT });
  }
  for (const [id, content] of Object.entries(attached)) {
    snapshot.policies.set(id, { id, type: 'SERVICE_CONTROL_POLICY', name: id, content });
  }
  return snapshot;
}

/** The organization as the file that `--org` reads. */
export function exportOf(attached: Readonly<Record<string, string>> = {}): object {
  const targets = ['r-ab12', UNIT, MANAGEMENT, MEMBER, OTHER].map((TargetId) => ({ TargetId }));
  const summary = (Id: string) => ({ Id, Name: Id.slice(2), Type: 'SERVICE_CONTROL_POLICY' });
  return {
    Organization: { Id: 'o-exampleorg1', MasterAccountId: MANAGEMENT, FeatureSet: 'ALL' },
    Roots: [{ Id: 'r-ab12', Name: 'Root', PolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }] }],
    OrganizationalUnits: [{ Id: UNIT, Name: 'Workloads', ParentId: 'r-ab12' }],
    Accounts: [MANAGEMENT, MEMBER, OTHER].map((Id) => ({
      ...{ Id, Name: Id, Email: 'a@example.com', Status: 'ACTIVE' },
      ParentId: Id === MANAGEMENT ? 'r-ab12' : UNIT,
    })),
    Policies: [
      { PolicySummary: summary('p-FullAWSAccess'), Content: FULL, Targets: targets },
      ...Object.entries(attached).map(([id, Content]) => ({
        ...{ PolicySummary: summary(id), Content },
        Targets: [{ TargetId: UNIT }],
      })),
    ],
  };
}

/** A call of the role `app` of the member account, an hour into 2026 unless told otherwise. */
export function recordOf(eventName: string, more: Partial<TrailRecord> = {}): TrailRecord {
  return {
    eventTime: '2026-01-01T01:00:00Z',
    eventSource: 'ec2.amazonaws.com',
    eventName,
    eventID: 'aaaaaaaa-0000-4000-8000-000000000001',
    eventType: 'AwsApiCall',
    awsRegion: 'eu-west-1',
    sourceIPAddress: '203.0.113.7',
    userAgent: 'aws-cli/2.0',
    recipientAccountId: MEMBER,
    requestParameters: null,
    userIdentity: roleIdentity('app'),
    ...more,
  };
}

export const roleIdentity = (role: string, account = MEMBER) => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLE${role.toUpperCase()}:session`,
  arn: `arn:aws:sts::${account}:assumed-role/${role}/session`,
  accountId: account,
  sessionContext: {
    sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${account}:role/${role}`, userName: role },
    attributes: { creationDate: '2026-01-01T00:00:00Z', mfaAuthenticated: 'false' },
  },
});

export const userIdentity = (userName: string, account = MEMBER) => ({
  ...{ type: 'IAMUser', principalId: 'AIDAEXAMPLE', accountId: account, userName },
  arn: `arn:aws:iam::${account}:user/${userName}`,
});
