/**
 * Raising AWS errors.
 *
 * Modelled errors are the SDK's own classes, so that a test catches the very class a client would catch. `CommonError`
 * is for the few that no model lists.
 */
// biome-ignore lint/suspicious/noExplicitAny: each SDK error class has options of its own
type ErrorClass<E extends Error> = new (options: any) => E;

export function awsError<E extends Error>(type: ErrorClass<E>, message: string, fields: Partial<E> = {}): E {
  return new type({ message, ...fields, $metadata: {} });
}

export function fail<E extends Error>(type: ErrorClass<E>, message: string, fields: Partial<E> = {}): never {
  throw awsError(type, message, fields);
}

/** An error that no service model lists. `code` goes over the wire as it is. */
export class CommonError extends Error {
  override readonly name: string;
  /** HTTP status. */
  readonly status: number;
  /** Further members of the answer (`BucketName`), where the protocol has room for them: S3's errors do. */
  readonly details: Readonly<Record<string, string>> | undefined;
  /** Headers that the answer carries, names in lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  constructor(
    code: string,
    message: string,
    status = 400,
    more: Pick<Partial<CommonError>, 'details' | 'headers'> = {},
  ) {
    super(message);
    this.name = code;
    this.status = status;
    this.details = more.details;
    this.headers = more.headers;
  }
}

/** The root key is not there: nothing that is kept can be opened, nobody recognized. */
export class Sealed extends Error {
  override readonly name = 'Sealed';
}

/** The caller may not. The code differs by protocol (AccessDenied, AccessDeniedException, UnauthorizedOperation). */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/** What is wrong with a request's credentials or signature, by the code of AWS's query services. */
export type AuthenticationCode =
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'InvalidClientTokenId'
  | 'SignatureDoesNotMatch'
  | 'ExpiredToken'
  | 'RequestExpired';

/** Nobody AWS knows signed this request. The code differs by protocol (ExpiredToken, ExpiredTokenException). */
export class AuthenticationFailure extends Error {
  override readonly name: AuthenticationCode;
  constructor(code: AuthenticationCode, message: string) {
    super(message);
    this.name = code;
  }
}

/** A limit of the API model is broken; the code differs by protocol (ValidationError, ValidationException). */
export class ValidationFailure extends Error {
  override readonly name = 'ValidationFailure';
}

/** A path of an operation that we do not have. */
export function notImplemented(what: string): never {
  throw new CommonError('NotImplemented', `${what} is not implemented.`, 501);
}
