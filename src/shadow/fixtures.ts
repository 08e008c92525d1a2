/** Made-up exports for tests, in the shape that the AWS CLI prints. */
export const ACCOUNT = '111122223333';
export const MEMBER = '444455556666';
const created = '2024-05-01T12:00:00+00:00';

type Document = object | string;

export const allow = (Action: string | string[], Resource: string | string[] = '*', Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) }],
});
export const deny = (Action: string | string[], Resource: string | string[] = '*', Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action, Resource, ...(Condition && { Condition }) }],
});
export const trust = (Principal: object | string, Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(Condition && { Condition }) }],
});
export const managed = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:policy/${name}`;
export const userArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:user/${name}`;
export const roleArn = (name: string, account = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;
export const ADMINISTRATOR_ACCESS = 'arn:aws:iam::aws:policy/AdministratorAccess';

export interface Held {
  readonly account?: string;
  readonly attached?: readonly string[];
  readonly inline?: Readonly<Record<string, Document>>;
  readonly boundary?: string;
  readonly groups?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly path?: string;
}

const attachments = (arns: readonly string[] = []) =>
  arns.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.split('/').at(-1) }));
const inlines = (inline: Held['inline'] = {}) =>
  Object.entries(inline).map(([PolicyName, PolicyDocument]) => ({ PolicyName, PolicyDocument }));
const common = (held: Held) => ({
  AttachedManagedPolicies: attachments(held.attached),
  Tags: Object.entries(held.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
  ...(held.boundary && {
    PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: held.boundary },
  }),
});
const idOf = (prefix: string, name: string) =>
  `${prefix}${Buffer.from(name)
    .toString('hex')
    .toUpperCase()
    .replace(/[0189]/g, 'Z')
    .padEnd(17, 'A')
    .slice(0, 17)}`;

export const user = (name: string, held: Held = {}) => ({
  ...{ Path: held.path ?? '/', UserName: name, UserId: idOf('AIDA', name), CreateDate: created },
  Arn: `arn:aws:iam::${held.account ?? ACCOUNT}:user${held.path ?? '/'}${name}`,
  ...common(held),
  GroupList: held.groups ?? [],
  UserPolicyList: inlines(held.inline),
});

export const role = (
  name: string,
  trustPolicy: Document,
  held: Held & { readonly lastUsed?: string; readonly profile?: string } = {},
) => ({
  ...{ Path: held.path ?? '/', RoleName: name, RoleId: idOf('AROA', name), CreateDate: created },
  Arn: `arn:aws:iam::${held.account ?? ACCOUNT}:role${held.path ?? '/'}${name}`,
  ...common(held),
  AssumeRolePolicyDocument: trustPolicy,
  RolePolicyList: inlines(held.inline),
  InstanceProfileList: held.profile ? [{ InstanceProfileName: held.profile }] : [],
  RoleLastUsed: held.lastUsed ? { LastUsedDate: held.lastUsed, Region: 'us-east-1' } : {},
});

export const group = (name: string, held: Held = {}) => ({
  ...{ Path: '/', GroupName: name, GroupId: idOf('AGPA', name), CreateDate: created },
  Arn: `arn:aws:iam::${held.account ?? ACCOUNT}:group/${name}`,
  AttachedManagedPolicies: attachments(held.attached),
  GroupPolicyList: inlines(held.inline),
});

/** The last document is the default version. */
export const policy = (name: string, ...documents: Document[]) => ({
  ...{ PolicyName: name, PolicyId: idOf('ANPA', name), Arn: managed(name), Path: '/' },
  ...{ DefaultVersionId: `v${documents.length}`, CreateDate: created, UpdateDate: created },
  PolicyVersionList: documents
    .map((Document, i) => ({
      VersionId: `v${i + 1}`,
      IsDefaultVersion: i === documents.length - 1,
      Document,
      CreateDate: created,
    }))
    .reverse(),
});

export interface Dump {
  readonly users?: readonly object[];
  readonly groups?: readonly object[];
  readonly roles?: readonly object[];
  readonly policies?: readonly object[];
}

export const dump = ({ users = [], groups = [], roles = [], policies = [] }: Dump) => ({
  ...{ UserDetailList: users, GroupDetailList: groups, RoleDetailList: roles, Policies: policies },
  IsTruncated: false,
});

/** Two accounts: the management account, and a member in one unit with this SCP beside FullAWSAccess. */
export const organization = (scp: Document, rcp?: Document) => ({
  Organization: { Id: 'o-example1234', MasterAccountId: ACCOUNT, FeatureSet: 'ALL' },
  Roots: [
    {
      ...{ Id: 'r-ab12', Name: 'Root' },
      PolicyTypes: [
        { Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' },
        ...(rcp ? [{ Type: 'RESOURCE_CONTROL_POLICY', Status: 'ENABLED' }] : []),
      ],
    },
  ],
  OrganizationalUnits: [{ Id: 'ou-ab12-workload', Name: 'Workloads', ParentId: 'r-ab12' }],
  Accounts: [
    { Id: ACCOUNT, Name: 'management', Email: 'm@example.com', Status: 'ACTIVE', ParentId: 'r-ab12' },
    { Id: MEMBER, Name: 'member', Email: 'w@example.com', Status: 'ACTIVE', ParentId: 'ou-ab12-workload' },
  ],
  Policies: [
    {
      PolicySummary: { Id: 'p-FullAWSAccess', Name: 'FullAWSAccess', Type: 'SERVICE_CONTROL_POLICY', AwsManaged: true },
      Content: JSON.stringify(allow('*')),
      Targets: ['r-ab12', 'ou-ab12-workload', ACCOUNT, MEMBER].map((TargetId) => ({ TargetId })),
    },
    {
      PolicySummary: { Id: 'p-guard12345', Name: 'Guard', Type: 'SERVICE_CONTROL_POLICY', AwsManaged: false },
      Content: JSON.stringify(scp),
      Targets: [{ TargetId: 'ou-ab12-workload', Type: 'ORGANIZATIONAL_UNIT' }],
    },
    ...(rcp
      ? [
          {
            PolicySummary: {
              Id: 'p-perimeter1',
              Name: 'Perimeter',
              Type: 'RESOURCE_CONTROL_POLICY',
              AwsManaged: false,
            },
            Content: JSON.stringify(rcp),
            Targets: [{ TargetId: 'r-ab12', Type: 'ROOT' }],
          },
        ]
      : []),
  ],
});
