/**
 * AWS's managed policies: every one, with the documents of its versions.
 *
 * The packed files (src/data/managed-policies.*, made by scripts/packManagedPolicies.ts) are read on first use. Default
 * versions are at hand then, as slices of one text; a policy's history is unpacked when somebody asks for an older
 * version, and not kept.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';

export interface AwsManagedPolicy {
  readonly name: string;
  /** `arn:aws:iam::aws:policy/job-function/Billing` */
  readonly arn: string;
  /** `/`, `/job-function/`, `/service-role/`, `/aws-service-role/`, `/root-task/` */
  readonly path: string;
  /** `ANPA…`, 21 characters. Ours, not AWS's, which are not published. */
  readonly id: string;
  /** ISO 8601: `2015-02-06T18:39:46.000Z`. */
  readonly created: string;
  readonly updated: string;
  /** The default version: `v3`. */
  readonly version: string;
  /** JSON text of the default version: members in AWS's order, indented by four spaces. */
  readonly document: string;
  /** Oldest first, with gaps where a number was never in use. */
  readonly versions: readonly AwsManagedPolicyVersion[];
}

export interface AwsManagedPolicyVersion {
  readonly id: string;
  /** Undefined where nobody recorded it. */
  readonly created: string | undefined;
}

/** By ARN, in any partition; undefined when AWS has no such policy. */
export function managedPolicy(arn: string): AwsManagedPolicy | undefined {
  return entryOf(arn)?.policy;
}

/** All of them, by name. */
export function managedPolicies(): readonly AwsManagedPolicy[] {
  return library().all;
}

/** JSON text of one version's document; undefined when AWS has no such policy or version. About 5 ms if not default. */
export function managedPolicyDocument(arn: string, versionId: string): string | undefined {
  const entry = entryOf(arn);
  return entry && (versionId === entry.policy.version ? entry.policy.document : olderDocument(entry, versionId));
}

/** A policy in the packed file. Versions: number and date, which is empty where it is not known. */
export interface PackedPolicy {
  arn: string;
  created: string;
  updated: string;
  default: number;
  versions: readonly (readonly [number: number, created: string])[];
  /** Characters of its document. */
  document: number;
  /** Bytes of its part of the history file. */
  history: number;
}

interface Entry {
  readonly policy: AwsManagedPolicy;
  readonly historyStart: number;
  readonly historyEnd: number;
}

interface Library {
  readonly all: readonly AwsManagedPolicy[];
  readonly byArn: ReadonlyMap<string, Entry>;
}

let loaded: Library | undefined;

function library(): Library {
  loaded ??= load();
  return loaded;
}

function load(): Library {
  const text = zstdDecompressSync(read('managed-policies.zst')).toString('latin1');
  let at = text.indexOf('\n') + 1;
  let historyStart = 0;
  const byArn = new Map<string, Entry>();
  for (const packed of JSON.parse(text.slice(0, at)) as PackedPolicy[]) {
    const policy = unpack(packed, text.slice(at, at + packed.document));
    const historyEnd = historyStart + packed.history;
    byArn.set(packed.arn, { policy, historyStart, historyEnd });
    at += packed.document;
    historyStart = historyEnd;
  }
  return { byArn, all: [...byArn.values()].map(({ policy }) => policy) };
}

function read(file: string): Buffer {
  return readFileSync(new URL(`../data/${file}`, import.meta.url));
}

/** What few ask for is made when they do. */
function unpack(packed: PackedPolicy, document: string): AwsManagedPolicy {
  const { arn, created, updated } = packed;
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const path = arn.slice(arn.indexOf('/'), arn.length - name.length);
  return {
    ...{ name, arn, path, created, updated, version: `v${packed.default}`, document },
    get id() {
      return idOf(arn);
    },
    get versions() {
      return packed.versions.map(([number, date]) => ({ id: `v${number}`, created: date || undefined }));
    },
  };
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Made from the ARN, so that it is the same at every start and in every plane. */
function idOf(arn: string): string {
  const digest = createHash('sha256').update(arn).digest();
  return `ANPA${Array.from(digest.subarray(0, 17), (byte) => BASE32[byte % 32]).join('')}`;
}

/** `arn:aws-cn:iam::aws:policy/…` names the same policy. */
function entryOf(arn: string): Entry | undefined {
  return library().byArn.get(arn.replace(/^arn:aws-[a-z-]+:iam::aws:/, 'arn:aws:iam::aws:'));
}

function olderDocument({ policy, historyStart, historyEnd }: Entry, versionId: string): string | undefined {
  const index = policy.versions.findIndex(({ id }) => id === versionId);
  if (index < 0) return undefined;
  const frame = read('managed-policies.history').subarray(historyStart, historyEnd);
  const compact = zstdDecompressSync(frame).toString('utf8').split('\n')[index];
  return compact && JSON.stringify(JSON.parse(compact), null, 4);
}
