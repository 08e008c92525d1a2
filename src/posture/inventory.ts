/**
 * Every resource of the plane that carries a policy or is shared with others, whatever service holds it.
 *
 * A service that has such resources writes one `ResourceSource` beside its tables, and services/index.ts registers it:
 * who looks at all resources (IAM Access Analyzer, later Config and the detectors) asks here and imports no service.
 * Sources read rows only; they must not load an SDK client.
 */
import type { Tag } from '../core/operation.ts';
import type { Transaction } from '../store/store.ts';

export interface Resource {
  readonly arn: string;
  /** As CloudFormation names it: `AWS::IAM::Role`. */
  readonly type: string;
  /** Account that owns it. */
  readonly account: string;
  /** Absent: the resource is in every Region (a role). */
  readonly region?: string | undefined;
  /** ISO 8601, where the service knows them. */
  readonly created?: string | undefined;
  readonly updated?: string | undefined;
  readonly tags?: readonly Tag[] | undefined;
  /** Text of the policy attached to the resource itself (a role's trust policy, a bucket policy). */
  readonly policy?: string | undefined;
  /** What is granted beside the policy: KMS grants, ACLs, accounts a snapshot is shared with. */
  readonly grants?: readonly AccessGrant[] | undefined;
  /** The resource ignores what its policy grants to everybody (S3 Block Public Access, RestrictPublicBuckets). */
  readonly blocksPublicAccess?: boolean | undefined;
}

export interface AccessGrant {
  /** Account id, ARN, `*`, or a canonical user id. */
  readonly principal: string;
  /** With prefix: `kms:Decrypt`. */
  readonly actions: readonly string[];
  /** Condition keys that must have this value. */
  readonly conditions?: Readonly<Record<string, string>> | undefined;
  /** Where the grant stands, when that is not the resource's policy: `BUCKET_ACL`. */
  readonly source?: string | undefined;
}

export interface ResourceSource {
  /** The types that `list` yields. */
  readonly types: readonly string[];
  /** All of an account's resources, of every Region or of one (global resources are in each). */
  readonly list: (tx: Transaction, account: string, region?: string) => AsyncIterable<Resource>;
  /** Undefined when there is none of that ARN in this source. */
  readonly find: (tx: Transaction, arn: string) => Promise<Resource | undefined>;
}

const sources: ResourceSource[] = [];

/** Adds a service's resources. Once each, while the plane is wired. */
export function registerResources(...added: readonly ResourceSource[]): void {
  for (const source of added) if (!sources.includes(source)) sources.push(source);
}

/** Takes a source out again: for tests that add one of their own. */
export function forgetResources(removed: ResourceSource): void {
  const index = sources.indexOf(removed);
  if (index >= 0) sources.splice(index, 1);
}

/** All resources of an account in a Region, source by source. */
export async function* resourcesOf(tx: Transaction, account: string, region: string): AsyncGenerator<Resource> {
  for (const source of sources) yield* source.list(tx, account, region);
}

/** The resource of an ARN, whoever owns it. */
export async function findResource(tx: Transaction, arn: string): Promise<Resource | undefined> {
  for (const source of sources) {
    const found = await source.find(tx, arn);
    if (found) return found;
  }
  return undefined;
}
