/**
 * Policies of forms: what whoever signed one allows whoever has it to upload.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import { CommonError } from '../../core/errors.ts';
import { s3Error } from './errors.ts';

/** How long the file may be. */
export interface LengthRange {
  readonly min: number;
  readonly max: number;
}

const denied = (why: string) => new CommonError('AccessDenied', `Invalid according to Policy: ${why}`, 403);
const invalid = (why: string) => new CommonError('InvalidPolicyDocument', `Invalid Policy: ${why}`, 400);

/** Fields that no condition need name. */
const FREE = new Set(['x-amz-signature', 'file', 'policy', 'awsaccesskeyid', 'signature']);

/** Throws AccessDenied where the form is not what its policy says. `now`: milliseconds. */
export function requireFormAllowed(
  policy: string,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  now: number,
): LengthRange | undefined {
  const { expiration, conditions } = documentIn(policy);
  const until = Date.parse(expiration);
  if (Number.isNaN(until)) throw invalid(`Invalid 'expiration' value: '${expiration}'`);
  if (until <= now) throw denied('Policy expired.');
  const named = new Set<string>();
  let range: LengthRange | undefined;
  for (const condition of conditions) {
    const [operator, subject, value] = partsOf(condition);
    if (operator.toLowerCase() === 'content-length-range') {
      range = rangeOf(condition as unknown[], subject, value);
      continue;
    }
    const field = subject.replace(/^\$/, '').toLowerCase();
    named.add(field);
    const given = field === 'bucket' ? bucket : fields.get(field);
    if (!holds(operator, given, value)) {
      throw denied(`Policy Condition failed: ["${operator}", "${subject}", "${value}"]`);
    }
  }
  const extra = [...fields.keys()].filter(
    (name) => !named.has(name) && !FREE.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return range;
}

function documentIn(policy: string): { expiration: string; conditions: readonly unknown[] } {
  let document: { expiration?: unknown; conditions?: unknown };
  try {
    document = JSON.parse(Buffer.from(policy, 'base64').toString('utf8')) as typeof document;
  } catch {
    throw invalid('Invalid JSON.');
  }
  if (typeof document?.expiration !== 'string') throw invalid('Policy missing expiration.');
  if (!Array.isArray(document.conditions)) throw invalid('Policy missing conditions.');
  return { expiration: document.expiration, conditions: document.conditions };
}

/** `["starts-with", "$key", "user/"]`, or `{"acl": "private"}`. */
function partsOf(condition: unknown): readonly [operator: string, subject: string, value: string] {
  if (Array.isArray(condition) && condition.length === 3) {
    return [String(condition[0]), String(condition[1]), String(condition[2])];
  }
  const entries = typeof condition === 'object' && condition !== null ? Object.entries(condition) : [];
  const [only] = entries;
  if (entries.length !== 1 || Array.isArray(condition) || !only) throw invalid('Invalid Simple-Condition.');
  return ['eq', `$${only[0]}`, String(only[1])];
}

function holds(operator: string, given: string | undefined, value: string): boolean {
  if (operator.toLowerCase() === 'eq') return given === value;
  if (operator.toLowerCase() === 'starts-with') return given !== undefined ? given.startsWith(value) : value === '';
  throw invalid(`Unknown operator: ${operator}`);
}

function rangeOf(condition: readonly unknown[], least: string, most: string): LengthRange {
  const [min, max] = [Number(least), Number(most)];
  if (Number.isInteger(min) && Number.isInteger(max) && min >= 0) return { min, max };
  throw denied(`Policy Condition failed: [${condition.map((part) => `"${part}"`).join(', ')}]`);
}

/** The file, as long as it is as long as it may be. Throws EntityTooLarge, EntityTooSmall. */
export async function* withinRange(
  file: AsyncIterable<Uint8Array>,
  range: LengthRange | undefined,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (range && size > range.max) {
      const details = { ProposedSize: String(size), MaxSizeAllowed: String(range.max) };
      throw s3Error('EntityTooLarge', { details });
    }
    yield chunk;
  }
  if (!range || size >= range.min) return;
  throw s3Error('EntityTooSmall', { details: { ProposedSize: String(size), MinSizeAllowed: String(range.min) } });
}
