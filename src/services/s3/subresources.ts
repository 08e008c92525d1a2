/**
 * Parts of buckets and objects that a query names, and what may be done to them: `?acl` cannot be deleted. A request to
 * do it is not meant for the whole, which the model alone would take it for.
 */
import { s3Error } from './errors.ts';

const PUT = ['PUT'];
const POST = ['POST'];
const SET = ['PUT', 'DELETE'];
const MADE = ['POST', 'DELETE'];
const READ: readonly string[] = [];

type Methods = Readonly<Record<string, readonly string[]>>;

/** With what changes them, if anything does. */
const OF_BUCKETS: Methods = {
  abac: PUT,
  accelerate: PUT,
  acl: PUT,
  analytics: SET,
  cors: SET,
  delete: POST,
  encryption: SET,
  'intelligent-tiering': SET,
  inventory: SET,
  lifecycle: SET,
  location: READ,
  logging: PUT,
  metadataAnnotationTable: PUT,
  metadataConfiguration: MADE,
  metadataInventoryTable: PUT,
  metadataJournalTable: PUT,
  metadataTable: MADE,
  metrics: SET,
  notification: PUT,
  'object-lock': PUT,
  ownershipControls: SET,
  policy: SET,
  policyStatus: READ,
  publicAccessBlock: SET,
  replication: SET,
  requestPayment: PUT,
  session: READ,
  tagging: SET,
  uploads: READ,
  versioning: PUT,
  versions: READ,
  website: SET,
};

const OF_OBJECTS: Methods = {
  acl: PUT,
  annotation: SET,
  attributes: READ,
  encryption: PUT,
  'legal-hold': PUT,
  renameObject: PUT,
  restore: POST,
  retention: PUT,
  select: POST,
  tagging: SET,
  torrent: READ,
  uploads: POST,
};

const CHANGING: ReadonlySet<string> = new Set(['PUT', 'POST', 'DELETE']);

/** `path`: with the bucket in it. Throws MethodNotAllowed. */
export function requireMethod(Method: string, path: string, query: string): void {
  if (query === '' || !CHANGING.has(Method)) return;
  const parts = /^\/[^/]+\/./.test(path) ? OF_OBJECTS : OF_BUCKETS;
  for (const pair of query.split('&', 1000)) {
    const [name = ''] = pair.split('=', 1);
    if (Object.hasOwn(parts, name) && !parts[name]!.includes(Method)) {
      throw s3Error('MethodNotAllowed', { details: { Method } });
    }
  }
}
