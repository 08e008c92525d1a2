/**
 * How a broken limit is told. Almost every AWS service uses one framework's sentence; the few that answer otherwise
 * have a row in `wordings`, each from answers that the service was seen to give.
 */
import { awsError, CommonError, ValidationFailure } from './errors.ts';
import type { Limit, Service } from './operation.ts';

export type BreachKind =
  | 'required'
  | 'pattern'
  | 'longer'
  | 'shorter'
  | 'above'
  | 'below'
  | 'enum'
  | 'items'
  | 'keys'
  | 'values';

/** A member of an operation's input. */
export interface Member {
  /** The SDK's name. */
  readonly key: string;
  /** The name in AWS's messages: its first letter is small. */
  readonly name: string;
  /** As in `Limits`. */
  readonly path: string;
}

export interface Breach {
  readonly kind: BreachKind;
  readonly member: Member;
  /** The broken limit; of the parts, when the kind is items, keys or values. */
  readonly limit: Limit;
  readonly value: unknown;
  /** `tags.1.member.key` */
  readonly at: string;
  readonly sensitive: boolean;
}

interface Wording {
  /** Values are never repeated, nor the values that an enumeration has. */
  readonly discreet?: boolean;
  /** A sentence of the service's own, said when nothing else is wrong. */
  readonly sentence?: (breach: Breach) => string | undefined;
  /** Name of the service's own error that carries the common sentence. */
  readonly exception?: string;
  /** An error of the service's own. */
  readonly error?: (service: Service, breach: Breach) => Error | undefined;
}

const wordings: Readonly<Record<string, Wording>> = {
  iam: { discreet: true, sentence: invalidName },
  organizations: { error: invalidInput },
  sqs: { error: missingParameter },
  s3: { error: malformedXml },
  logs: { exception: 'InvalidParameterException', sentence: longLogName },
};

/** The error for one or more broken limits, in the words of the service. */
export function failure(service: Service, breaches: readonly Breach[]): Error {
  const wording = wordings[service.name] ?? {};
  const first = breaches[0];
  const own = first && wording.error?.(service, first);
  if (own !== undefined) return own;
  const plain = breaches.filter((breach) => wording.sentence?.(breach) === undefined);
  const sentence = plain.length === 0 && first ? wording.sentence?.(first) : undefined;
  const said = sentence ?? detected(plain, wording);
  const Own = (service.sdk as Readonly<Record<string, ErrorClass>> | undefined)?.[wording.exception ?? ''];
  return Own ? awsError(Own, said) : new ValidationFailure(said);
}

// biome-ignore lint/suspicious/noExplicitAny: each SDK error class has options of its own
type ErrorClass = new (options: any) => Error;

function detected(breaches: readonly Breach[], wording: Wording): string {
  const count = `${breaches.length} validation error${breaches.length === 1 ? '' : 's'} detected`;
  return `${count}: ${breaches.map((breach) => told(breach, wording)).join('; ')}`;
}

function told(breach: Breach, { discreet = false }: Wording): string {
  const { kind, limit, value, at } = breach;
  const shown = value === undefined || value === null ? 'null' : `'${text(value)}'`;
  const subject = discreet || breach.sensitive ? 'Value' : `Value ${shown}`;
  return `${subject} at '${at}' failed to satisfy constraint: ${CONSTRAINTS[kind](limit, discreet)}`;
}

const CONSTRAINTS: Readonly<Record<BreachKind, (limit: Limit, discreet: boolean) => string>> = {
  required: () => 'Member must not be null',
  pattern: ({ pattern }) => `Member must satisfy regular expression pattern: ${pattern}`,
  longer: ({ length }) => `Member must have length less than or equal to ${length?.[1]}`,
  shorter: ({ length }) => `Member must have length greater than or equal to ${length?.[0]}`,
  above: ({ range }) => `Member must have value less than or equal to ${range?.[1]}`,
  below: ({ range }) => `Member must have value greater than or equal to ${range?.[0]}`,
  enum: (limit, discreet) =>
    `Member must satisfy enum value set${discreet ? '' : `: [${(limit.enum ?? []).join(', ')}]`}`,
  items: (limit, discreet) => `Member must satisfy constraint: [${all(limit, discreet)}]`,
  keys: (limit, discreet) => `Map keys must satisfy constraint: [${all(limit, discreet)}]`,
  values: (limit, discreet) => `Map value must satisfy constraint: [${all(limit, discreet)}]`,
};

/** Every limit of a part, whichever is broken. */
function all(limit: Limit, discreet: boolean): string {
  const { length, range, pattern } = limit;
  const set: readonly (readonly [kind: BreachKind, limit: unknown])[] = [
    ['longer', length?.[1]],
    ['shorter', length?.[0]],
    ['above', range?.[1]],
    ['below', range?.[0]],
    ['pattern', pattern],
    ['enum', limit.enum],
  ];
  const kinds = set.filter(([, each]) => each !== undefined && each !== null);
  return kinds.map(([kind]) => CONSTRAINTS[kind](limit, discreet)).join(', ');
}

/** As Java prints it, but structures, which AWS prints member by member, are not gone into: they may hold secrets. */
function text(value: unknown): string {
  if (value instanceof Uint8Array) {
    return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  }
  if (Array.isArray(value)) return `[${value.some(isStructure) ? '…' : value.map(String).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${key}=${part(each)}`)
    .join(', ')}}`;
}

const isStructure = (value: unknown) => typeof value === 'object' && value !== null;

const part = (value: unknown) => (isStructure(value) ? '…' : String(value));

/** IAM checks names itself, after all else, and for all of them with one sentence. */
function invalidName({ kind, limit, at }: Breach): string | undefined {
  if (kind !== 'pattern' || limit.pattern !== '[\\w+=,.@-]+') return undefined;
  const allowed = 'It must contain only alphanumeric characters and/or the following: +=,.@_-';
  return `The specified value for ${at} is invalid. ${allowed}`;
}

/** CloudWatch Logs has one sentence for both. */
function longLogName({ kind, member }: Breach): string | undefined {
  if (kind !== 'longer' || (member.key !== 'logGroupName' && member.key !== 'logStreamName')) return undefined;
  return 'Invalid LogGroup or LogStream, both must have length less than or equal to 512.';
}

/** Organizations' reasons and sentences: InvalidInputException in its API reference. */
const REASONS: Readonly<Record<BreachKind, readonly [reason: string, sentence: string]>> = {
  required: ['INPUT_REQUIRED', 'You must include a value for all required parameters.'],
  pattern: ['INVALID_PATTERN', 'You provided a value that does not match the required pattern.'],
  longer: ['MAX_LENGTH_EXCEEDED', 'You provided a string parameter that is longer than allowed.'],
  shorter: ['MIN_LENGTH_EXCEEDED', 'You provided a string parameter that is shorter than allowed.'],
  above: ['MAX_VALUE_EXCEEDED', 'You provided a numeric parameter that has a larger value than allowed.'],
  below: ['MIN_VALUE_EXCEEDED', 'You provided a numeric parameter that has a smaller value than allowed.'],
  enum: ['INVALID_ENUM', 'You specified an invalid value.'],
  items: ['INVALID_LIST_MEMBER', 'You provided a list to a parameter that contains at least one invalid value.'],
  keys: ['INVALID_LIST_MEMBER', 'You provided a list to a parameter that contains at least one invalid value.'],
  values: ['INVALID_LIST_MEMBER', 'You provided a list to a parameter that contains at least one invalid value.'],
};

// biome-ignore lint/suspicious/noExplicitAny: each SDK error class has options of its own
type WithInvalidInput = { readonly InvalidInputException?: new (options: any) => Error };

function invalidInput({ sdk }: Service, { kind }: Breach): Error | undefined {
  const type = (sdk as WithInvalidInput | undefined)?.InvalidInputException;
  const [Reason, sentence] = REASONS[kind];
  return type && awsError(type, sentence, { Reason } as Partial<Error>);
}

function missingParameter(_service: Service, { kind, member }: Breach): Error | undefined {
  if (kind !== 'required') return undefined;
  return new CommonError('MissingParameter', `The request must contain the parameter ${member.key}.`);
}

/** S3 holds what it is sent against a schema; tags and sources of copies have sentences of their own. */
function malformedXml(_service: Service, { member: { path } }: Breach): Error {
  if (path.endsWith('TagSet[].Key')) return new CommonError('InvalidTag', 'The TagKey you have provided is invalid');
  if (path === 'CopySource') {
    const sentence = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
    return new CommonError('InvalidArgument', sentence);
  }
  return new CommonError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}
