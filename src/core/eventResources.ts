/**
 * What Event history tells of a CloudTrail record beside the record itself: who (`Username`) and what it was about
 * (`Resources`). AWS reads the resources off the parameters and the answer: one thing is listed under each of its
 * names, as CreateUser lists the user's ARN, unique id and name.
 *
 * The table says, for each event source, which members name a resource of which type. Types are those of
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events-supported-resource-types.html
 * and, for services not on that page, CloudFormation's names for the same things.
 */

/** The part of a record that is read here. */
export interface RecordedEvent {
  readonly eventSource: string;
  readonly eventName?: string;
  readonly requestParameters?: object | null;
  readonly responseElements?: object | null;
  readonly resources?: readonly { readonly ARN?: string; readonly type?: string }[];
}

export interface EventResource {
  readonly ResourceType: string;
  readonly ResourceName: string;
}

export interface RecordedIdentity {
  readonly type?: string;
  readonly arn?: string;
  readonly userName?: string;
}

/** The resources a record refers to, each once, those of the parameters first. */
export function eventResources(event: RecordedEvent): EventResource[] {
  const found = new Map<string, EventResource>();
  const add = (type: string | undefined, name: unknown) => {
    if (type && typeof name === 'string' && name !== '') {
      found.set(`${type} ${name}`, { ResourceType: type, ResourceName: name });
    }
  };
  for (const { path, type } of NAMES.get(event.eventSource) ?? []) {
    for (const part of [event.requestParameters, event.responseElements]) {
      for (const value of [valueAt(part, path)].flat()) {
        add(typeof type === 'function' ? type(value, event) : type, value);
      }
    }
  }
  for (const { ARN, type } of event.resources ?? []) add(type, ARN);
  return [...found.values()];
}

/** `Username` of an event: the user, the session's name, or `root`. */
export function userNameOf(identity: RecordedIdentity): string | undefined {
  if (identity.type === 'Root') return 'root';
  if (identity.userName) return identity.userName;
  return identity.arn?.slice(identity.arn.lastIndexOf('/') + 1) || undefined;
}

type Type = string | ((value: unknown, event: RecordedEvent) => string | undefined);
interface Name {
  readonly path: readonly string[];
  readonly type: Type;
}

function valueAt(part: unknown, path: readonly string[]): unknown {
  let value = part;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** `arn:aws:iam::…:KIND/…` → type. */
const IAM_KINDS: Readonly<Record<string, string>> = {
  user: 'AWS::IAM::User',
  role: 'AWS::IAM::Role',
  group: 'AWS::IAM::Group',
  policy: 'AWS::IAM::Policy',
  mfa: 'AWS::IAM::MfaDevice',
  'instance-profile': 'AWS::IAM::InstanceProfile',
  'server-certificate': 'AWS::IAM::ServerCertificate',
  'saml-provider': 'AWS::IAM::SamlProvider',
  'oidc-provider': 'AWS::IAM::OpenIDConnectProvider',
};

function iamTypeOf(arn: unknown): string | undefined {
  const kind = typeof arn === 'string' ? /^arn:[^:]+:iam::[^:]*:([a-z-]+)\//.exec(arn)?.[1] : undefined;
  return kind === undefined ? undefined : IAM_KINDS[kind];
}

const ORGANIZATION_IDS: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/^\d{12}$/, 'AWS::Organizations::Account'],
  [/^ou-/, 'AWS::Organizations::OrganizationalUnit'],
  [/^r-/, 'AWS::Organizations::Root'],
  [/^p-/, 'AWS::Organizations::Policy'],
  [/^o-/, 'AWS::Organizations::Organization'],
  [/^h-/, 'AWS::Organizations::Handshake'],
  [/^rp-/, 'AWS::Organizations::ResourcePolicy'],
  [/^rt-/, 'AWS::Organizations::ResponsibilityTransfer'],
  [/^car-/, 'AWS::Organizations::CreateAccountStatus'],
];

function organizationTypeOf(id: unknown): string | undefined {
  return typeof id === 'string' ? ORGANIZATION_IDS.find(([pattern]) => pattern.test(id))?.[1] : undefined;
}

/** Of members that name something else in another call: `name`. */
const where =
  (calls: RegExp, type: string): Type =>
  (_value, { eventName = '' }) =>
    calls.test(eventName) ? type : undefined;

/** Event source → type → members that name a resource of it, in the parameters or in the answer. */
const MEMBERS: Readonly<Record<string, readonly (readonly [type: Type, ...paths: string[]])[]>> = {
  'iam.amazonaws.com': [
    ['AWS::IAM::AccessKey', 'accessKeyId', 'accessKey.accessKeyId'],
    ['AWS::IAM::AccountAlias', 'accountAlias'],
    ['AWS::IAM::Group', 'groupName', 'newGroupName', 'group.arn', 'group.groupId', 'group.groupName'],
    [
      'AWS::IAM::InstanceProfile',
      'instanceProfileName',
      'instanceProfile.arn',
      'instanceProfile.instanceProfileId',
      'instanceProfile.instanceProfileName',
    ],
    ['AWS::IAM::MfaDevice', 'serialNumber', 'virtualMFADeviceName', 'virtualMFADevice.serialNumber'],
    ['AWS::IAM::OpenIDConnectProvider', 'openIDConnectProviderArn'],
    ['AWS::IAM::Policy', 'policyArn', 'policyName', 'policy.arn', 'policy.policyId', 'policy.policyName'],
    ['AWS::IAM::Role', 'roleName', 'role.arn', 'role.roleId', 'role.roleName'],
    ['AWS::IAM::SamlProvider', 'sAMLProviderArn', 'name'],
    [
      'AWS::IAM::ServerCertificate',
      'serverCertificateName',
      'newServerCertificateName',
      'serverCertificateMetadata.arn',
      'serverCertificateMetadata.serverCertificateId',
      'serverCertificateMetadata.serverCertificateName',
    ],
    [
      'AWS::IAM::ServiceSpecificCredential',
      'serviceSpecificCredentialId',
      'serviceSpecificCredential.serviceSpecificCredentialId',
    ],
    ['AWS::IAM::SigningCertificate', 'certificateId', 'certificate.certificateId'],
    ['AWS::IAM::SshPublicKey', 'sSHPublicKeyId', 'sSHPublicKey.sSHPublicKeyId'],
    ['AWS::IAM::User', 'userName', 'newUserName', 'user.arn', 'user.userId', 'user.userName'],
    [iamTypeOf, 'arn', 'policySourceArn', 'entityArn', 'callerArn'],
    [organizationTypeOf, 'organizationId', 'organizationsPolicyId'],
  ],
  'sts.amazonaws.com': [
    ['AWS::IAM::AccessKey', 'accessKeyId', 'credentials.accessKeyId'],
    ['AWS::STS::AssumedRole', 'roleSessionName', 'assumedRoleUser.assumedRoleId', 'assumedRoleUser.arn'],
    ['AWS::IAM::Role', 'roleArn'],
    ['AWS::STS::FederatedUser', 'name', 'federatedUser.federatedUserId', 'federatedUser.arn'],
    ['AWS::IAM::SamlProvider', 'principalArn'],
    ['AWS::IAM::MfaDevice', 'serialNumber'],
    [organizationTypeOf, 'targetPrincipal'],
  ],
  'organizations.amazonaws.com': [
    [
      organizationTypeOf,
      ...['accountId', 'organizationalUnitId', 'policyId', 'targetId', 'resourceId', 'rootId', 'parentId', 'childId'],
      ...['sourceParentId', 'destinationParentId', 'handshakeId', 'createAccountRequestId', 'id', 'target.id'],
      ...['handshake.id', 'organization.id', 'organizationalUnit.id', 'policy.policySummary.id', 'root.id'],
      ...['createAccountStatus.id', 'createAccountStatus.accountId', 'resourcePolicy.resourcePolicySummary.id'],
      ...['responsibilityTransfer.id', 'filter.parentHandshakeId'],
    ],
  ],
  's3.amazonaws.com': [['AWS::S3::Bucket', 'bucketName']],
  'cloudtrail.amazonaws.com': [
    ['AWS::CloudTrail::Trail', 'trailARN', 'trailName'],
    [where(/Trail$|Logging$|TrailStatus$/, 'AWS::CloudTrail::Trail'), 'name'],
    ['AWS::S3::Bucket', 's3BucketName'],
    ['AWS::SNS::Topic', 'snsTopicName', 'snsTopicARN'],
    ['AWS::CloudTrail::EventDataStore', 'eventDataStore', 'eventDataStoreArn'],
    [where(/EventDataStore$/, 'AWS::CloudTrail::EventDataStore'), 'name'],
    ['AWS::CloudTrail::Channel', 'channel', 'channelArn'],
    [where(/Channel$/, 'AWS::CloudTrail::Channel'), 'name'],
    ['AWS::CloudTrail::Dashboard', 'dashboardId', 'dashboardArn'],
    [where(/Dashboard$/, 'AWS::CloudTrail::Dashboard'), 'name'],
  ],
  'sns.amazonaws.com': [
    ['AWS::SNS::Topic', 'topicArn'],
    [where(/^CreateTopic$/, 'AWS::SNS::Topic'), 'name'],
    ['AWS::SNS::Subscription', 'subscriptionArn'],
  ],
  'sqs.amazonaws.com': [['AWS::SQS::Queue', 'queueName', 'queueUrl']],
  'monitoring.amazonaws.com': [
    ['AWS::CloudWatch::Alarm', 'alarmName', 'alarmNames'],
    ['AWS::CloudWatch::Dashboard', 'dashboardName', 'dashboardNames'],
    [where(/MetricStream$/, 'AWS::CloudWatch::MetricStream'), 'name'],
  ],
  'events.amazonaws.com': [
    ['AWS::Events::Rule', 'rule', 'ruleArn'],
    [where(/Rule$/, 'AWS::Events::Rule'), 'name'],
    ['AWS::Events::EventBus', 'eventBusName', 'eventBusArn'],
    [where(/EventBus$/, 'AWS::Events::EventBus'), 'name'],
    ['AWS::Events::Archive', 'archiveName', 'archiveArn'],
    ['AWS::Events::ApiDestination', 'apiDestinationArn'],
    [where(/ApiDestination$/, 'AWS::Events::ApiDestination'), 'name'],
    ['AWS::Events::Connection', 'connectionArn'],
    [where(/Connection$/, 'AWS::Events::Connection'), 'name'],
  ],
  'scheduler.amazonaws.com': [
    ['AWS::Scheduler::Schedule', 'scheduleArn'],
    [where(/Schedule$/, 'AWS::Scheduler::Schedule'), 'name'],
    ['AWS::Scheduler::ScheduleGroup', 'groupName', 'scheduleGroupArn'],
    [where(/ScheduleGroup$/, 'AWS::Scheduler::ScheduleGroup'), 'name'],
  ],
  'kinesis.amazonaws.com': [
    ['AWS::Kinesis::Stream', 'streamName', 'streamARN'],
    ['AWS::Kinesis::StreamConsumer', 'consumerName', 'consumerARN', 'consumer.consumerARN'],
  ],
  'firehose.amazonaws.com': [['AWS::KinesisFirehose::DeliveryStream', 'deliveryStreamName', 'deliveryStreamARN']],
  'access-analyzer.amazonaws.com': [['AWS::AccessAnalyzer::Analyzer', 'analyzerName', 'analyzerArn', 'arn']],
  'sso.amazonaws.com': [
    ['AWS::SSO::Instance', 'instanceArn'],
    ['AWS::SSO::PermissionSet', 'permissionSetArn', 'permissionSet.permissionSetArn'],
  ],
  'logs.amazonaws.com': [
    ['AWS::Logs::LogGroup', 'logGroupName', 'logGroupIdentifier'],
    ['AWS::Logs::LogStream', 'logStreamName'],
    ['AWS::Logs::MetricFilter', 'filterName'],
  ],
  'kms.amazonaws.com': [
    ['AWS::KMS::Alias', 'aliasName'],
    [
      'AWS::KMS::Key',
      ...['keyId', 'targetKeyId', 'sourceKeyId', 'destinationKeyId', 'keyMetadata.keyId', 'keyMetadata.arn'],
      ...['replicaKeyMetadata.keyId', 'replicaKeyMetadata.arn'],
    ],
    ['AWS::KMS::Grant', 'grantId'],
    ['AWS::KMS::CustomKeyStore', 'customKeyStoreId', 'customKeyStoreName', 'keyMetadata.customKeyStoreId'],
  ],
};

const NAMES: ReadonlyMap<string, readonly Name[]> = new Map(
  Object.entries(MEMBERS).map(([source, rows]) => [
    source,
    rows.flatMap(([type, ...paths]) => paths.map((path) => ({ path: path.split('.'), type }))),
  ]),
);
