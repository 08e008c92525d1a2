// Where services differ from the common rules, as tables. Each row names the page it follows.

import type { PrincipalType } from './principals.ts';

/** What the engine knows about an action. */
export interface ActionFacts {
  /** The name behind the prefix, in lower case. */
  readonly name: string;
  readonly service: string;
  /** RCPs apply to the service's resources. */
  readonly rcp: boolean;
  /** Asks to become a role: decided by the role's trust policy. */
  readonly assumes: boolean;
  /** The principals of an account that can call it at all; undefined: all of them. */
  readonly callers: ReadonlySet<PrincipalType> | undefined;
  /** The bucket owner's root user may do it whatever the bucket policy denies. */
  readonly ownerRootAlways: boolean;
  /**
   * Retiring a grant is up to the grant and the key's account: the key policy has no say. KMS guide, Retiring and
   * revoking grants.
   */
  readonly retiresGrant: boolean;
  /** Reached by gateway endpoints, where an account as principal means its root user only. PrivateLink Guide. */
  readonly gatewayEndpoint: boolean;
  /** No policy is asked: whoever can call it may, also when a policy denies it. */
  readonly unguarded: boolean;
  /** An application authenticates by it: its own policy must let the caller. IAM Identity Center User Guide. */
  readonly actorPolicy: boolean;
  /** A KMS operation that principals of other accounts can be permitted. */
  readonly crossAccountKms: boolean;
}

/** Organizations User Guide, Resource control policies: services that support RCPs, by action prefix. */
export const rcpServices = new Set([
  's3',
  'sts',
  'kms',
  'sqs',
  'secretsmanager',
  'cognito-idp',
  'cognito-identity',
  'cognito-sync',
  'logs',
  'dynamodb',
  'appconfig',
  'appstream',
  'autoscaling',
  'codebuild',
  'codecommit',
  'comprehend',
  'comprehendmedical',
  'dax',
  'ecr',
  'health',
  'kinesisvideo',
  'aoss',
  'signin',
  'support',
  'textract',
  'transcribe',
  'translate',
]);

/** The same page, Resources and entities not restricted by RCPs. */
const rcpExempt = new Set(['kms:retiregrant']);

/** IAM User Guide: the actions that a role trust policy can grant. */
const assuming = new Set([
  'sts:assumerole',
  'sts:assumerolewithwebidentity',
  'sts:assumerolewithsaml',
  'sts:tagsession',
  'sts:setsourceidentity',
  'sts:setcontext',
]);

/** S3 User Guide, Bucket policies: the owner's root user is never locked out of its bucket policy. */
const ownerRoot = new Set(['s3:getbucketpolicy', 's3:putbucketpolicy', 's3:deletebucketpolicy']);

/** STS API Reference, GetCallerIdentity and GetSessionToken: no permissions are required. */
const unguarded = new Set(['sts:getcalleridentity', 'sts:getsessiontoken']);

/** KMS Developer Guide, Allowing users in other accounts to use a KMS key. */
const crossAccountKms = new Set([
  'encrypt',
  'decrypt',
  'reencryptfrom',
  'reencryptto',
  'generatedatakey',
  'generatedatakeywithoutplaintext',
  'generatedatakeypair',
  'generatedatakeypairwithoutplaintext',
  'generatemac',
  'verifymac',
  'sign',
  'verify',
  'derivesharedsecret',
  'encapsulate',
  'decapsulate',
  'creategrant',
  'describekey',
  'getkeyrotationstatus',
  'getpublickey',
  'listgrants',
  'retiregrant',
  'revokegrant',
]);

const longTerm: ReadonlySet<PrincipalType> = new Set(['User', 'Root']);
const notRoot: ReadonlySet<PrincipalType> = new Set(['User', 'AssumedRole']);
const notFederated: ReadonlySet<PrincipalType> = new Set(['User', 'AssumedRole', 'Root']);

/** IAM User Guide, Compare AWS STS credentials: who can call, and what the resulting credentials cannot. */
function callersOf(service: string, action: string): ReadonlySet<PrincipalType> | undefined {
  if (service !== 'sts' || action === 'sts:getcalleridentity') return undefined;
  if (action === 'sts:getsessiontoken' || action === 'sts:getfederationtoken') return longTerm;
  return action === 'sts:assumerole' ? notRoot : notFederated;
}

const known = new Map<string, ActionFacts>();
const knownMax = 20_000;

/** The facts of an action in any spelling; remembered, up to a bound. */
export function factsOf(action: string): ActionFacts {
  const found = known.get(action);
  if (found) return found;
  const lower = action.toLowerCase();
  const colon = lower.indexOf(':');
  const service = lower.slice(0, Math.max(colon, 0));
  const name = lower.slice(colon + 1);
  const facts: ActionFacts = {
    name,
    service,
    rcp: rcpServices.has(service) && !rcpExempt.has(lower),
    assumes: assuming.has(lower),
    callers: callersOf(service, lower),
    ownerRootAlways: ownerRoot.has(lower),
    retiresGrant: lower === 'kms:retiregrant',
    unguarded: unguarded.has(lower),
    gatewayEndpoint: service === 's3' || service === 'dynamodb',
    actorPolicy: service === 'sso-oauth',
    crossAccountKms: service === 'kms' && crossAccountKms.has(name),
  };
  if (known.size >= knownMax) known.clear();
  known.set(action, facts);
  return facts;
}
