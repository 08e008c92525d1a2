/**
 * A CloudTrail record, as far as it is read here; any of it may be missing in what people bring.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export interface TrailRecord {
  readonly eventTime?: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly eventID?: string;
  readonly sharedEventID?: string;
  readonly eventType?: string;
  readonly awsRegion?: string;
  readonly sourceIPAddress?: string;
  readonly userAgent?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly recipientAccountId?: string;
  readonly vpcEndpointId?: string;
  readonly vpcEndpointAccountId?: string;
  readonly requestParameters?: Parameters | null;
  readonly resources?: readonly RecordResource[] | null;
  readonly tlsDetails?: object | null;
  readonly additionalEventData?: Parameters | null;
  readonly userIdentity?: RecordIdentity | null;
}

export type Parameters = Readonly<Record<string, unknown>>;

export interface RecordResource {
  readonly ARN?: string;
  readonly accountId?: string;
  readonly type?: string;
}

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
export interface RecordIdentity {
  readonly type?: string;
  readonly principalId?: string;
  readonly arn?: string;
  readonly accountId?: string;
  readonly userName?: string;
  readonly identityProvider?: string;
  readonly invokedBy?: string;
  readonly sessionContext?: {
    readonly sessionIssuer?: { readonly type?: string; readonly arn?: string; readonly userName?: string };
    readonly webIdFederationData?: { readonly federatedProvider?: string };
    readonly attributes?: { readonly creationDate?: string; readonly mfaAuthenticated?: string };
    readonly sourceIdentity?: string;
    readonly assumedRoot?: string;
    readonly ec2RoleDelivery?: string;
  };
}

/** A record that cannot be used, in a few words. */
export class BadRecord extends Error {}

/** Reads one record. Throws BadRecord. */
export const recordOf = (text: string): TrailRecord => checked(parse(text));

/** Takes a parsed record; `lookup-events` wraps it as text in another object. Throws BadRecord. */
export function checked(value: unknown): TrailRecord {
  if (!isObject(value)) throw new BadRecord('a record that is not an object');
  const inner = typeof value.CloudTrailEvent === 'string' ? parse(value.CloudTrailEvent) : value;
  if (typeof inner.eventName !== 'string') throw new BadRecord('a record without eventName');
  if (typeof inner.eventSource !== 'string') throw new BadRecord('a record without eventSource');
  requireTexts(inner, TEXTS, '');
  requireObjects(inner, OBJECTS, '');
  const { resources, userIdentity } = inner as Partial<TrailRecord>;
  if (resources !== undefined && resources !== null) requireResources(resources);
  if (userIdentity) requireIdentity(userIdentity);
  return inner as unknown as TrailRecord;
}

const TEXTS = [
  ...['eventTime', 'eventID', 'sharedEventID', 'eventType', 'awsRegion', 'sourceIPAddress', 'userAgent', 'errorCode'],
  ...['errorMessage', 'recipientAccountId', 'vpcEndpointId', 'vpcEndpointAccountId'],
];
const OBJECTS = ['requestParameters', 'tlsDetails', 'additionalEventData', 'userIdentity'];
const IDENTITY_TEXTS = ['type', 'principalId', 'arn', 'accountId', 'userName', 'identityProvider', 'invokedBy'];
const SESSION_TEXTS = ['sourceIdentity', 'assumedRoot', 'ec2RoleDelivery'];
const SESSION_OBJECTS: Readonly<Record<string, readonly string[]>> = {
  sessionIssuer: ['type', 'arn', 'userName'],
  webIdFederationData: ['federatedProvider'],
  attributes: ['creationDate', 'mfaAuthenticated'],
};

function requireIdentity(identity: object): void {
  requireTexts(identity, IDENTITY_TEXTS, 'userIdentity.');
  requireObjects(identity, ['sessionContext'], 'userIdentity.');
  const session = (identity as { sessionContext?: Parameters }).sessionContext;
  if (!session) return;
  requireTexts(session, SESSION_TEXTS, 'sessionContext.');
  for (const name in SESSION_OBJECTS) {
    requireObjects(session, [name], 'sessionContext.');
    const inner = session[name];
    if (inner) requireTexts(inner, SESSION_OBJECTS[name] ?? [], `${name}.`);
  }
}

/** Null stands for nothing, as some tools write it; numbers and truths are texts to others. */
function requireTexts(object: object, names: readonly string[], where: string): void {
  const members = object as Record<string, unknown>;
  for (const name of names) {
    const value = members[name];
    if (value === undefined || typeof value === 'string') continue;
    if (value === null) members[name] = undefined;
    else if (typeof value === 'number' || typeof value === 'boolean') members[name] = String(value);
    else throw new BadRecord(`${where}${name} is not text`);
  }
}

function requireObjects(object: object, names: readonly string[], where: string): void {
  const members = object as Record<string, unknown>;
  for (const name of names) {
    const value = members[name];
    if (value === undefined || isObject(value)) continue;
    if (value !== null) throw new BadRecord(`${where}${name} is not an object`);
    members[name] = undefined;
  }
}

function requireResources(resources: unknown): void {
  if (!Array.isArray(resources)) throw new BadRecord('resources is not a list');
  for (const resource of resources) {
    if (!isObject(resource)) throw new BadRecord('resources holds what is not an object');
    requireTexts(resource, ['ARN', 'accountId', 'type'], 'resources.');
  }
}

/** The records of a whole file; undefined when it is not one object with a list of them, or not JSON. */
export function recordsIn(text: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const list = value.Records ?? value.Events;
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}

function parse(text: string): Parameters {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    throw new BadRecord(`not JSON: ${(error as Error).message.split('\n')[0]?.slice(0, 120)}`);
  }
  throw new BadRecord('a record that is not an object');
}

export const isObject = (value: unknown): value is Parameters =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Codes by which services say that the caller may not. */
const DENIALS = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'Client.UnauthorizedOperation',
  'UnauthorizedOperation',
  'UnauthorizedException',
  'NotAuthorized',
  'AccessDeniedFault',
  'KMS.AccessDeniedException',
  'User not authorized to perform this action',
]);

export type Observed = 'allowed' | 'denied';

/** Whether authorization let the call pass; a call that failed for another reason did pass it. */
export const observedOf = (record: TrailRecord): Observed =>
  record.errorCode !== undefined && (DENIALS.has(record.errorCode) || isDenial(record.errorCode))
    ? 'denied'
    : 'allowed';

const isDenial = (code: string) => code.startsWith('AccessDenied') || code.endsWith('.UnauthorizedOperation');

/** The kinds of policy that AWS's sentence names. */
const KINDS: readonly (readonly [phrase: string, kind: DeniedBy['kind']])[] = [
  ['service control policy', 'scp'],
  ['resource control policy', 'rcp'],
  ['identity-based policy', 'identity'],
  ['permissions boundary', 'boundary'],
  ['session policy', 'session'],
  ['VPC endpoint policy', 'vpcEndpoint'],
  ['role trust policy', 'trust'],
  ['resource-based policy', 'resource'],
];

export interface DeniedBy {
  readonly kind: 'scp' | 'rcp' | 'identity' | 'boundary' | 'session' | 'vpcEndpoint' | 'trust' | 'resource';
  readonly explicit: boolean;
}

/** What AWS's own sentence says of a denial; undefined when it says nothing. */
export function deniedByOf(record: TrailRecord): DeniedBy | undefined {
  const { errorMessage } = record;
  if (typeof errorMessage !== 'string') return undefined;
  const explicit = errorMessage.indexOf('with an explicit deny in a');
  const implicit = explicit < 0 ? errorMessage.indexOf('because no ') : -1;
  const from = Math.max(explicit, implicit);
  if (from < 0) return undefined;
  const rest = errorMessage.slice(from, from + 80);
  const found = KINDS.find(([phrase]) => rest.includes(phrase));
  return found && { kind: found[1], explicit: explicit >= 0 };
}
