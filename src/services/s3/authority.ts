/**
 * Who has a say over a bucket and its objects: bucket policy, access control lists and Block Public Access, folded into
 * the one resource policy that the gateway asks.
 *
 * - Lists count only while the bucket's ownership lets them, and public grants only while nothing ignores them.
 * - A public policy under RestrictPublicBuckets permits nobody outside the owner's account but AWS's services.
 * - Over an object of another account than the bucket's, the bucket policy can deny but not permit.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
 */
import type { Caller } from '../../core/context.ts';
import type { Access } from '../../core/operation.ts';
import type { AccessPoint } from '../../identity/accessPoints.ts';
import type { PublicAccessBlock } from '../../identity/publicAccess.ts';
import { checkNoPublicAccess } from '../../policy/analysis/index.ts';
import { compilePolicy } from '../../policy/index.ts';
import { type Acl, aclStatements, ownerId, withoutPublicGrants } from './grants.ts';
import type { BucketSettings } from './settings.ts';

/** An object version as far as access goes. */
export interface OwnedObject {
  /** Account; the bucket's when absent. Empty: whoever wrote it did not sign. */
  readonly owner?: string | undefined;
  /** Its owner's only when absent. */
  readonly acl?: Acl | undefined;
}

type Authority = Pick<Access, 'resourceAccount' | 'resourcePolicy'>;

export const aclsDisabled = ({ ownership }: Pick<BucketSettings, 'ownership'>) => ownership === 'BucketOwnerEnforced';

/** The account that an object belongs to. */
export const objectOwner = (settings: BucketSettings, object: OwnedObject | undefined): string =>
  aclsDisabled(settings) || object?.owner === undefined ? settings.account : object.owner;

/** Over the bucket, and over objects that are to be made in it. `block`: what holds for the bucket. */
export function bucketAuthority(settings: BucketSettings, block: PublicAccessBlock, caller: Caller): Authority {
  const restricted = isRestricted(settings, block, caller);
  return { resourceAccount: settings.account, resourcePolicy: bucketText(settings, restricted, block) };
}

/** Over an object that is there. */
export function objectAuthority(
  settings: BucketSettings,
  block: PublicAccessBlock,
  caller: Caller,
  object: OwnedObject | undefined,
): Authority {
  if (object === undefined || aclsDisabled(settings)) return bucketAuthority(settings, block, caller);
  const owner = objectOwner(settings, object);
  const foreign = owner !== settings.account;
  const base = bucketText(settings, foreign || isRestricted(settings, block, caller), block);
  const resourcePolicy = object.acl === undefined ? base : objectText(settings, block, object.acl, owner, base);
  return { resourceAccount: owner === '' ? 'anonymous' : owner, resourcePolicy };
}

type Reached = Pick<AccessPoint, 'account' | 'policy' | 'policyIsPublic'>;

/** Over an access point: its own policy. */
export function pointAuthority(point: Reached, block: PublicAccessBlock, caller: Caller): Authority {
  const foreign = caller.type !== 'Service' && caller.account !== point.account;
  const restricted = block.RestrictPublicBuckets && point.policyIsPublic === true && foreign;
  return { resourceAccount: point.account, resourcePolicy: restricted ? deniesOf(point.policy) : point.policy };
}

/** What of a list counts. */
export function effectiveAcl(settings: BucketSettings, block: PublicAccessBlock, acl: Acl): Acl {
  if (aclsDisabled(settings)) return [];
  return block.IgnorePublicAcls ? withoutPublicGrants(acl) : acl;
}

/** By S3's meaning of the word. `type`: whose policy it is. */
export function isPublicPolicy(text: string, type: 'AWS::S3::Bucket' | 'AWS::S3::AccessPoint'): boolean {
  return checkNoPublicAccess(compilePolicy(text), type).result === 'FAIL';
}

function isRestricted(settings: BucketSettings, block: PublicAccessBlock, caller: Caller): boolean {
  if (!block.RestrictPublicBuckets || settings.policyIsPublic !== true) return false;
  return caller.type !== 'Service' && caller.account !== settings.account;
}

const texts = new WeakMap<BucketSettings, Map<string, string | undefined>>();

/** Policy and list of the bucket as one document; made once for each version of its settings. */
function bucketText(settings: BucketSettings, denyOnly: boolean, block: PublicAccessBlock): string | undefined {
  const variant = `${denyOnly} ${block.IgnorePublicAcls}`;
  let variants = texts.get(settings);
  if (!variants) texts.set(settings, (variants = new Map()));
  if (!variants.has(variant)) {
    const acl = foreignGrants(effectiveAcl(settings, block, settings.acl), settings.account);
    const policy = denyOnly ? deniesOf(settings.policy) : settings.policy;
    variants.set(variant, acl.length === 0 ? policy : withStatements(policy, acl, 'bucket'));
  }
  return variants.get(variant);
}

/** What an owner has goes without saying: its account's own policies decide. */
const foreignGrants = (acl: Acl, owner: string): Acl => acl.filter(({ grantee }) => grantee !== ownerId(owner));

interface Document {
  readonly Version?: string;
  readonly Statement: object | readonly object[];
}

const EMPTY: Document = { Version: '2012-10-17', Statement: [] };

const statementsOf = (document: Document): readonly object[] =>
  Array.isArray(document.Statement) ? document.Statement : [document.Statement];

function deniesOf(policy: string | undefined): string | undefined {
  if (policy === undefined) return undefined;
  const document = JSON.parse(policy) as Document;
  const denies = statementsOf(document).filter((statement) => (statement as { Effect?: string }).Effect === 'Deny');
  return denies.length === 0 ? undefined : JSON.stringify({ ...document, Statement: denies });
}

const objectTexts = new WeakMap<Acl, Map<string, string | undefined>>();

/** The bucket's document with an object's list; made once for each version of the list. */
function objectText(
  settings: BucketSettings,
  block: PublicAccessBlock,
  acl: Acl,
  owner: string,
  base: string | undefined,
): string | undefined {
  const variant = `${block.IgnorePublicAcls} ${owner} ${base ?? ''}`;
  let variants = objectTexts.get(acl);
  if (!variants) objectTexts.set(acl, (variants = new Map()));
  if (!variants.has(variant)) {
    const grants = foreignGrants(effectiveAcl(settings, block, acl), owner);
    variants.set(variant, grants.length === 0 ? base : withStatements(base, grants, 'object'));
  }
  return variants.get(variant);
}

function withStatements(policy: string | undefined, acl: Acl, on: 'bucket' | 'object'): string {
  const document = policy === undefined ? EMPTY : (JSON.parse(policy) as Document);
  return JSON.stringify({ ...document, Statement: [...statementsOf(document), ...aclStatements(acl, on)] });
}
