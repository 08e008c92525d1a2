/**
 * The condition keys that a record carries. A key is told (a value), known to be absent (undefined), or not told
 * (null): then a statement that asks for it cannot be decided.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
import { isIP } from 'node:net';
import { actionFact, resourceType } from '../core/facts.ts';
import type { ContextValue } from '../policy/index.ts';
import type { Caller } from './callers.ts';
import { isObject, type TrailRecord } from './record.ts';

export type Told = ContextValue | undefined | null;

/** What surrounds a call beside its record. */
export interface Scene {
  readonly record: TrailRecord;
  readonly caller: Caller;
  readonly action: string;
  readonly resourceAccount: string | null;
  /** Undefined: in no organization that we know; null: nothing is known of it. */
  readonly place: (account: string | null) => Place | undefined | null;
  /** Tags of the user or role; null when they are not known. */
  readonly tags: Readonly<Record<string, string>> | null;
}

export interface Place {
  readonly organization: string;
  readonly path: string;
  readonly management: string;
}

export type Reader = (scene: Scene) => Told;

/** Reads a key, given in lower case. */
export function readerOf(key: string): Reader {
  const own = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (own) return own;
  const family = FAMILIES.find(([begin]) => key.startsWith(begin));
  if (family) return (scene) => family[1](scene, key.slice(family[0].length));
  if (key.startsWith('aws:')) return () => null;
  return (scene) => (carries(scene.action, key) ? (OF_CALLS[key]?.(scene) ?? null) : undefined);
}

const isViaService = ({ record }: Scene) => record.userIdentity?.invokedBy !== undefined;
const isPerson = ({ caller }: Scene) => caller.account !== null;
const session = ({ record }: Scene) => record.userIdentity?.sessionContext;
const parameters = ({ record }: Scene) => record.requestParameters ?? {};
const isIp = (text: string | undefined) => text !== undefined && isIP(text) > 0;

/** Keys of the network: of a service that calls, the record shows the service's name instead. */
function network(ofEndpoint: Reader, ofInternet: Reader): Reader {
  return (scene) => {
    if (scene.record.vpcEndpointId !== undefined) return ofEndpoint(scene);
    return isIp(scene.record.sourceIPAddress) ? ofInternet(scene) : null;
  };
}

const absent = () => undefined;
const untold = () => null;
const ip: Reader = ({ record }) => (isIp(record.sourceIPAddress) ? record.sourceIPAddress : null);
const ofService: Reader = ({ caller }) => (caller.principal.type === 'Service' ? null : undefined);

function of(whose: 'principal' | 'resource', read: (place: Place) => ContextValue): Reader {
  return (scene) => {
    const account = whose === 'principal' ? scene.caller.account : scene.resourceAccount;
    if (account === null) return whose === 'principal' ? undefined : null;
    const place = scene.place(account);
    return place ? read(place) : place;
  };
}

const KEYS: Readonly<Record<string, Reader>> = {
  'aws:currenttime': ({ record }) => record.eventTime ?? null,
  'aws:epochtime': ({ record }) => (record.eventTime ? String(Date.parse(record.eventTime) / 1000) : null),
  'aws:requestedregion': ({ record }) => record.awsRegion ?? null,
  'aws:sourceip': network(absent, ip),
  'aws:vpcsourceip': network(ip, absent),
  'aws:sourcevpce': network(({ record }) => record.vpcEndpointId, absent),
  'aws:sourcevpc': network(untold, absent),
  'aws:sourcevpcarn': network(untold, absent),
  'aws:vpceaccount': network(({ record }) => record.vpcEndpointAccountId ?? null, absent),
  'aws:vpceorgid': network(({ record, place }) => endpointPlace(record, place)?.organization ?? null, absent),
  'aws:vpceorgpaths': network(({ record, place }) => pathsOf(endpointPlace(record, place)), absent),
  'aws:useragent': (scene) => (isViaService(scene) ? null : userAgent(scene.record)),
  'aws:securetransport': secureTransport,
  'aws:referer': untold,
  'aws:principalarn': ({ caller }) => (caller.arnTold ? caller.arn : null),
  'aws:principalaccount': ({ caller }) =>
    caller.principal.type === 'Anonymous' ? 'anonymous' : (caller.account ?? undefined),
  'aws:principaltype': ({ caller }) => (caller.principal.type === 'Root' ? 'Account' : caller.principal.type),
  'aws:principalisawsservice': ({ caller }) => String(caller.principal.type === 'Service'),
  'aws:principalservicename': ({ caller }) => caller.principal.service,
  'aws:principalservicenameslist': ofService,
  'aws:principalorgid': of('principal', (place) => place.organization),
  'aws:principalorgpaths': of('principal', (place) => [place.path]),
  'aws:principalorgmasteraccountid': of('principal', (place) => place.management),
  'aws:resourceaccount': ({ resourceAccount }) => resourceAccount,
  'aws:resourceorgid': of('resource', (place) => place.organization),
  'aws:resourceorgpaths': of('resource', (place) => [place.path]),
  'aws:userid': ({ record, caller }) =>
    caller.principal.type === 'Anonymous' ? 'anonymous' : record.userIdentity?.principalId,
  'aws:username': ({ record, caller }) =>
    caller.principal.type === 'User' ? (record.userIdentity?.userName ?? null) : undefined,
  'aws:multifactorauthpresent': mfaPresent,
  'aws:multifactorauthage': (scene) => (mfaPresent(scene) === 'false' ? undefined : mfaPresent(scene) && null),
  'aws:tokenissuetime': (scene) =>
    isTemporary(scene) ? (session(scene)?.attributes?.creationDate ?? null) : undefined,
  'aws:sourceidentity': (scene) => session(scene)?.sourceIdentity,
  'aws:assumedroot': (scene) => session(scene)?.assumedRoot,
  'aws:federatedprovider': (scene) =>
    session(scene)?.webIdFederationData?.federatedProvider ??
    (scene.caller.principal.type === 'AssumedRole' ? null : undefined),
  'aws:viaawsservice': viaService,
  'aws:calledvia': (scene) => (viaService(scene) === 'false' ? undefined : null),
  'aws:calledviafirst': (scene) => (viaService(scene) === 'false' ? undefined : null),
  'aws:calledvialast': (scene) =>
    viaService(scene) === 'true'
      ? scene.record.userIdentity?.invokedBy
      : viaService(scene) === 'false'
        ? undefined
        : null,
  'aws:sourcearn': ofService,
  'aws:sourceaccount': ofService,
  'aws:sourceorgid': ofService,
  'aws:sourceorgpaths': ofService,
  'aws:ec2instancesourcevpc': instance,
  'aws:ec2instancesourceprivateipv4': instance,
  'ec2:sourceinstancearn': instance,
  'ec2:roledelivery': (scene) => session(scene)?.ec2RoleDelivery,
  'aws:tagkeys': (scene) => tagsAsked(scene, 'aws:tagkeys', (tags) => [...tags.keys()]),
};

const endpointPlace = (record: TrailRecord, place: Scene['place']) =>
  record.vpcEndpointAccountId ? place(record.vpcEndpointAccountId) : undefined;
const pathsOf = (place: Place | undefined | null) => (place ? [place.path] : null);

/** S3 writes it in brackets. */
const userAgent = ({ userAgent: agent }: TrailRecord) =>
  agent === undefined ? null : agent.replace(/^\[(.*)\]$/, '$1');

function secureTransport({ record }: Scene): Told {
  const cipher = record.additionalEventData?.CipherSuite ?? (record.tlsDetails as { tlsVersion?: string })?.tlsVersion;
  return typeof cipher === 'string' && cipher !== '' && cipher !== '-' ? 'true' : null;
}

const isTemporary = (scene: Scene) =>
  scene.caller.principal.type === 'AssumedRole' ||
  scene.caller.principal.type === 'FederatedUser' ||
  session(scene)?.attributes !== undefined;

/** Long-term keys carry no such key, nor do identities that came with a token. */
function mfaPresent(scene: Scene): Told {
  if (!isPerson(scene) || !isTemporary(scene) || scene.caller.principal.type === 'FederatedUser') return undefined;
  if (session(scene)?.webIdFederationData?.federatedProvider) return undefined;
  return session(scene)?.attributes?.mfaAuthenticated ?? null;
}

/** invokedBy is written of forward access sessions, which are "via", and of service roles, which are not. */
function viaService(scene: Scene): Told {
  if (!isViaService(scene) || scene.caller.linked || !isPerson(scene)) return 'false';
  return scene.caller.principal.type === 'AssumedRole' ? null : 'true';
}

function instance(scene: Scene): Told {
  return scene.caller.principal.type === 'AssumedRole' && session(scene)?.ec2RoleDelivery ? null : undefined;
}

/** Keys with an open end. */
const FAMILIES: readonly (readonly [begin: string, read: (scene: Scene, end: string) => Told])[] = [
  ['aws:principaltag/', principalTag],
  ['aws:requesttag/', (scene, name) => tagsAsked(scene, 'aws:requesttag/', (tags) => tags.get(name))],
  ['aws:resourcetag/', (scene) => (carries(scene.action, 'aws:resourcetag/') ? null : undefined)],
  ['kms:encryptioncontext:', (scene, name) => encryptionContext(scene)?.get(name)],
];

function principalTag(scene: Scene, name: string): Told {
  if (!isPerson(scene) || scene.caller.principal.type === 'Root') return undefined;
  if (scene.tags === null) return null;
  const key = Object.keys(scene.tags).find((tag) => tag.toLowerCase() === name);
  return key === undefined ? undefined : scene.tags[key];
}

function encryptionContext(scene: Scene): Map<string, string> | undefined {
  const found = parameters(scene).encryptionContext;
  if (!isObject(found)) return undefined;
  return new Map(Object.entries(found).map(([key, value]) => [key.toLowerCase(), String(value)]));
}

/** Tags that the call asked to set, from the places where services have them. */
function tagsAsked(scene: Scene, family: string, read: (tags: ReadonlyMap<string, string>) => Told): Told {
  if (!carries(scene.action, family)) return undefined;
  const { requestParameters } = scene.record;
  if (!requestParameters) return null;
  const tags = new Map<string, string>();
  for (const [name, value] of Object.entries(requestParameters)) {
    if (/tag/i.test(name) && !gatherTags(value, tags, 0)) return null;
  }
  const told = read(tags);
  return Array.isArray(told) && told.length === 0 ? undefined : told;
}

/** False: hidden, or of a shape that is not known. */
function gatherTags(value: unknown, tags: Map<string, string>, depth: number): boolean {
  if (depth > 5) return false;
  if (Array.isArray(value)) return value.every((item) => gatherTags(item, tags, depth + 1));
  if (!isObject(value)) return typeof value !== 'string';
  const key = value.key ?? value.Key ?? value.tagKey ?? value.TagKey;
  if (typeof key === 'string') {
    tags.set(key.toLowerCase(), String(value.value ?? value.Value ?? value.tagValue ?? value.TagValue ?? ''));
    return true;
  }
  const nested = Object.entries(value).filter(([, item]) => typeof item === 'object' && item !== null);
  if (nested.length > 0) return nested.every(([, item]) => gatherTags(item, tags, depth + 1));
  for (const [name, text] of Object.entries(value))
    if (!/resourceType/i.test(name)) tags.set(name.toLowerCase(), String(text));
  return true;
}

/** Keys of services, where the parameters tell them. An action that the reference does not give a key never has it. */
const OF_CALLS: Readonly<Record<string, Reader>> = {
  's3:prefix': (scene) => textAt(scene, 'prefix') ?? undefined,
  's3:delimiter': (scene) => textAt(scene, 'delimiter') ?? undefined,
  's3:max-keys': (scene) => textAt(scene, 'max-keys'),
  's3:versionid': (scene) => textAt(scene, 'versionId'),
  's3:x-amz-acl': (scene) => textAt(scene, 'x-amz-acl'),
  's3:x-amz-server-side-encryption': (scene) => textAt(scene, 'x-amz-server-side-encryption'),
  's3:x-amz-server-side-encryption-aws-kms-key-id': (scene) =>
    textAt(scene, 'x-amz-server-side-encryption-aws-kms-key-id'),
  's3:resourceaccount': ({ resourceAccount }) => resourceAccount,
  'ec2:instancetype': (scene) => textAt(scene, 'instanceType'),
  'ec2:region': ({ record }) => record.awsRegion ?? null,
  'iam:policyarn': (scene) => textAt(scene, 'policyArn'),
  'iam:permissionsboundary': (scene) => textAt(scene, 'permissionsBoundary'),
  'iam:awsservicename': (scene) => textAt(scene, 'aWSServiceName'),
  'organizations:policytype': (scene) => textAt(scene, 'type'),
  'secretsmanager:secretid': (scene) => textAt(scene, 'secretId'),
  'kms:calleraccount': ({ caller }) => caller.account,
  'kms:encryptioncontextkeys': (scene) => [...(encryptionContext(scene)?.keys() ?? [])],
  'kms:viaservice': ({ record, caller }) => viaKms(record, caller),
  'sts:rolesessionname': (scene) => textAt(scene, 'roleSessionName'),
  'sts:externalid': (scene) => textAt(scene, 'externalId'),
};

function textAt(scene: Scene, name: string): string | null {
  const value = parameters(scene)[name];
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? value : null;
}

function viaKms({ userIdentity, awsRegion }: TrailRecord, caller: Caller): Told {
  const by = userIdentity?.invokedBy;
  if (by === undefined) return undefined;
  const host = /^([a-z0-9-]+)\.amazonaws\.com$/.exec(by)?.[1];
  return host && awsRegion && caller.account !== null ? `${host}.${awsRegion}.amazonaws.com` : null;
}

const carried = new Map<string, readonly string[] | null>();

/** Whether the Service Authorization Reference gives the action this key; true of actions that it does not list. */
function carries(action: string, key: string): boolean {
  let keys = carried.get(action);
  if (keys === undefined) {
    keys = keysOfAction(action);
    carried.set(action, keys);
  }
  return (
    keys === null || keys.some((one) => one === key || (one.includes('$') && key.startsWith(one.split('$')[0] ?? '')))
  );
}

function keysOfAction(action: string): readonly string[] | null {
  const [prefix = '', name = ''] = action.split(':');
  const fact = actionFact(prefix, name);
  if (!fact) return null;
  const ofTypes = fact.resourceTypes.flatMap((type) => [
    ...type.conditionKeys,
    ...(resourceType(prefix, type.name)?.conditionKeys ?? []),
  ]);
  return [...fact.conditionKeys, ...ofTypes].map((key) => key.toLowerCase());
}
