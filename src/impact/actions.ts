/**
 * Which IAM action a recorded call was authorized as. Event names are mostly action names; the tables below hold
 * where they are not, and which events no policy decides. Sources: Service Authorization Reference; S3 User Guide,
 * CloudTrail event names and Required permissions for S3 API operations; API references of the services named.
 */
import { actionFact } from '../core/facts.ts';
import type { TrailRecord } from './record.ts';

export interface Authorized {
  /** `s3:GetObject`, spelt as AWS spells it where the reference lists it. */
  readonly actions: readonly string[];
  /** The Service Authorization Reference has all of them. */
  readonly listed: boolean;
}

/** The actions of an event, or why no policy decides it. */
export function authorizedOf(record: TrailRecord): Authorized | string {
  const type = record.eventType;
  if (type !== undefined && type !== 'AwsApiCall') return UNAUTHORIZED_TYPES[type] ?? `events of type ${type}`;
  const versioned = record.eventSource === 's3.amazonaws.com' && hasVersion(record) ? '+version' : '';
  return ofEvent(record.eventSource, record.eventName + versioned);
}

const UNAUTHORIZED_TYPES: Readonly<Record<string, string>> = {
  AwsServiceEvent: 'events of a service, not a call',
  AwsConsoleSignIn: 'sign-in events',
  AwsConsoleAction: 'console actions, not a call',
  AwsCloudTrailInsight: 'insight events',
  AwsVpceEvent: 'network activity of VPC endpoints',
};

const known = new Map<string, Authorized | string>();
const knownMax = 50_000;

function ofEvent(source: string, event: string): Authorized | string {
  const key = `${source} ${event}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= knownMax) known.clear();
  const made = resolve(source, event);
  known.set(key, made);
  return made;
}

function resolve(source: string, marked: string): Authorized | string {
  const [event = '', version] = marked.split('+');
  const host = source.replace(/\.amazonaws\.com(\.cn)?$/, '');
  const why = UNAUTHORIZED[host]?.[event] ?? UNAUTHORIZED[host]?.['*'];
  if (why !== undefined) return why;
  const prefix = PREFIXES[host] ?? host;
  const names = namesOf(prefix, event, version !== undefined);
  const facts = names.map((name) => factOf(prefix, name));
  return {
    actions: facts.map((fact, i) => (fact ? `${fact.prefix}:${fact.name}` : `${prefix}:${names[i]}`)),
    listed: facts.every((fact) => fact !== undefined),
  };
}

function factOf(prefix: string, name: string) {
  for (const candidate of [prefix, ...(SISTERS[prefix] ?? [])]) {
    const fact = actionFact(candidate, name);
    if (fact) return fact;
  }
  return undefined;
}

function namesOf(prefix: string, event: string, versioned: boolean): readonly string[] {
  const plain = event.replace(/(20\d{6}(v\d+)?|20\d\d_\d\d_\d\d)$/, '');
  if (prefix === 's3' && versioned && VERSIONED[plain]) return [VERSIONED[plain]];
  const row = EVENTS[prefix]?.[plain];
  if (row !== undefined) return row.split(' ');
  if (prefix === 's3') return [s3Name(plain)];
  if (prefix === 'apigateway' && !actionFact(prefix, plain)) return [verbOf(plain)];
  return [plain];
}

/** `monitoring.amazonaws.com` is `cloudwatch:`. Where nothing is said, the host is the prefix. */
const PREFIXES: Readonly<Record<string, string>> = {
  monitoring: 'cloudwatch',
  'models.lex': 'lex',
  'runtime.lex': 'lex',
  'data.iot': 'iot',
  iotdata: 'iot',
  'streams.dynamodb': 'dynamodb',
  simpledb: 'sdb',
  email: 'ses',
  'entitlement.marketplace': 'aws-marketplace',
  'metering.marketplace': 'aws-marketplace',
  'metering-marketplace': 'aws-marketplace',
  marketplacecommerceanalytics: 'marketplacecommerceanalytics',
  cloudcontrolapi: 'cloudformation',
  'api.ecr-public': 'ecr-public',
  'api.ecr': 'ecr',
  tagging: 'tag',
  opensearch: 'es',
  opensearchserverless: 'aoss',
  airflow: 'airflow',
  'api.pricing': 'pricing',
  mturk: 'mechanicalturk',
  appstream2: 'appstream',
  'elastic-inference': 'elastic-inference',
  resourcegroups: 'resource-groups',
  'resource-explorer': 'resource-explorer-2',
  'waf-regional': 'waf-regional',
  wisdom: 'wisdom',
  costexplorer: 'ce',
  costandusagereport: 'cur',
  applicationautoscaling: 'application-autoscaling',
  accessanalyzer: 'access-analyzer',
  stepfunctions: 'states',
};

/** Prefixes to look under when the first has no such action. */
const SISTERS: Readonly<Record<string, readonly string[]>> = {
  s3: ['s3express', 's3-object-lambda', 's3-outposts'],
  waf: ['waf-regional', 'wafv2'],
  sso: ['sso-directory', 'identitystore'],
  lex: ['lexv2'],
  kinesisanalytics: ['kinesisanalyticsv2'],
  bedrock: ['bedrock-agentcore', 'bedrock-mantle'],
  ssm: ['ssmmessages', 'ssm-guiconnect'],
  billingconsole: ['billing', 'aws-portal'],
};

/** Events that no policy decides, and why; by host. */
const UNAUTHORIZED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  signin: { '*': 'sign-in events' },
  sso: {
    Authenticate: 'sign-in events',
    Federate: 'sign-in events',
    Logout: 'sign-in events',
    CreateToken: 'sign-in events',
  },
  sts: {
    GetCallerIdentity: 'calls that need no permission',
    GetSessionToken: 'calls that need no permission',
  },
};

const WRITE_OBJECT = 'PutObject';

/** Prefix → event → actions, where they differ. */
const EVENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  s3: {
    ListObjects: 'ListBucket',
    ListObjectsV2: 'ListBucket',
    HeadBucket: 'ListBucket',
    ListObjectVersions: 'ListBucketVersions',
    ListMultipartUploads: 'ListBucketMultipartUploads',
    ListParts: 'ListMultipartUploadParts',
    ListBuckets: 'ListAllMyBuckets',
    HeadObject: 'GetObject',
    SelectObjectContent: 'GetObject',
    DeleteObjects: 'DeleteObject',
    CopyObject: WRITE_OBJECT,
    PostObject: WRITE_OBJECT,
    CreateMultipartUpload: WRITE_OBJECT,
    InitiateMultipartUpload: WRITE_OBJECT,
    UploadPart: WRITE_OBJECT,
    UploadPartCopy: WRITE_OBJECT,
    CompleteMultipartUpload: WRITE_OBJECT,
    GetBucketLifecycle: 'GetLifecycleConfiguration',
    PutBucketLifecycle: 'PutLifecycleConfiguration',
    DeleteBucketLifecycle: 'PutLifecycleConfiguration',
    GetBucketReplication: 'GetReplicationConfiguration',
    PutBucketReplication: 'PutReplicationConfiguration',
    DeleteBucketReplication: 'PutReplicationConfiguration',
    GetBucketEncryption: 'GetEncryptionConfiguration',
    PutBucketEncryption: 'PutEncryptionConfiguration',
    DeleteBucketEncryption: 'PutEncryptionConfiguration',
    GetBucketAccelerate: 'GetAccelerateConfiguration',
    PutBucketAccelerate: 'PutAccelerateConfiguration',
    GetBucketObjectLock: 'GetBucketObjectLockConfiguration',
    PutBucketObjectLock: 'PutBucketObjectLockConfiguration',
    GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
    PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
    DeleteBucketTagging: 'PutBucketTagging',
    DeleteBucketCors: 'PutBucketCORS',
    DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
    DeleteBucketPublicAccessBlock: 'PutBucketPublicAccessBlock',
    GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
    PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
    DeleteAccountPublicAccessBlock: 'PutAccountPublicAccessBlock',
    DeleteBucketOwnershipControls: 'PutBucketOwnershipControls',
    GetObjectAttributes: 'GetObject GetObjectAttributes',
  },
  kms: { ReEncrypt: 'ReEncryptFrom ReEncryptTo' },
  lambda: {
    Invoke: 'InvokeFunction',
    InvokeAsync: 'InvokeFunction',
    InvokeWithResponseStream: 'InvokeFunction',
  },
  dynamodb: { TransactGetItems: 'GetItem' },
  iot: { Connect: 'Connect' },
  bedrock: { Converse: 'InvokeModel', ConverseStream: 'InvokeModelWithResponseStream' },
};

/** With a version id S3 asks for another action. */
const VERSIONED: Readonly<Record<string, string>> = {
  GetObject: 'GetObjectVersion',
  HeadObject: 'GetObjectVersion',
  DeleteObject: 'DeleteObjectVersion',
  GetObjectAcl: 'GetObjectVersionAcl',
  PutObjectAcl: 'PutObjectVersionAcl',
  GetObjectTagging: 'GetObjectVersionTagging',
  PutObjectTagging: 'PutObjectVersionTagging',
  DeleteObjectTagging: 'DeleteObjectVersionTagging',
};

function hasVersion({ requestParameters }: TrailRecord): boolean {
  const version = requestParameters?.versionId;
  return typeof version === 'string' && version !== '' && version !== 'null';
}

/** `PutBucketInventoryConfiguration` is `s3:PutInventoryConfiguration`; deleting one is putting one. */
function s3Name(event: string): string {
  const match = /^(Get|Put|Delete|List)Bucket(Analytics|Inventory|Metrics|IntelligentTiering)Configurations?$/.exec(
    event,
  );
  if (!match) return event;
  return `${match[1] === 'Get' || match[1] === 'List' ? 'Get' : 'Put'}${match[2]}Configuration`;
}

const VERBS: readonly (readonly [begin: RegExp, verb: string])[] = [
  [/^(Get|Test|Flush)/, 'GET'],
  [/^(Create|Import|Generate)/, 'POST'],
  [/^(Put|Tag)/, 'PUT'],
  [/^Update/, 'PATCH'],
  [/^(Delete|Untag)/, 'DELETE'],
];

/** API Gateway is authorized by HTTP method. */
const verbOf = (event: string) => VERBS.find(([begin]) => begin.test(event))?.[1] ?? event;
