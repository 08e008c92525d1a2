/**
 * What S3 says of requests that are signed wrongly, in its own words.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { AuthenticationFailure, CommonError } from '../../core/errors.ts';
import type { RefusedRequest } from '../../core/operation.ts';
import { s3Error } from './errors.ts';

type Word = (error: AuthenticationFailure, request: RefusedRequest) => Error;

const SKEW_MS = 900_000;

const WORDS: Readonly<Record<AuthenticationFailure['name'], Word>> = {
  MissingAuthenticationToken: () => s3Error('AccessDenied'),
  IncompleteSignature: ({ message }, { expires, timestamp }) =>
    expires === undefined && timestamp === undefined && message.startsWith('X-Amz-Expires')
      ? new CommonError('AuthorizationQueryParametersError', message)
      : new CommonError('AuthorizationHeaderMalformed', message),
  InvalidClientTokenId: (_error, { accessKeyId = '' }) =>
    new CommonError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403, {
      details: { AWSAccessKeyId: accessKeyId },
    }),
  SignatureDoesNotMatch: (_error, { accessKeyId = '' }) =>
    new CommonError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      403,
      { details: { AWSAccessKeyId: accessKeyId } },
    ),
  ExpiredToken: () => new CommonError('ExpiredToken', 'The provided token has expired.', 400),
  RequestExpired: (_error, request) => (request.expires === undefined ? skewed(request) : expired(request)),
};

function skewed({ timestamp = '', now }: RefusedRequest): Error {
  const details = {
    RequestTime: timestamp,
    ServerTime: `${now.toISOString().slice(0, 19)}Z`,
    MaxAllowedSkewMilliseconds: String(SKEW_MS),
  };
  const message = 'The difference between the request time and the current time is too large.';
  return new CommonError('RequestTimeTooSkewed', message, 403, { details });
}

function expired({ timestamp = '', expires = 0, now }: RefusedRequest): Error {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  const signed = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (signed > now.getTime()) return s3Error('AccessDenied', { message: 'Request is not valid yet' });
  const details = {
    'X-Amz-Expires': String(expires),
    Expires: `${new Date(signed + expires * 1000).toISOString().slice(0, 19)}Z`,
    ServerTime: `${now.toISOString().slice(0, 19)}Z`,
  };
  return s3Error('AccessDenied', { message: 'Request has expired', details });
}

/** Codes that the gateway has for what S3 calls otherwise. */
const CODES: Readonly<Record<string, (request: RefusedRequest) => Error>> = {
  UnknownOperationException: ({ method }) => s3Error('MethodNotAllowed', { details: { Method: method } }),
  RequestEntityTooLargeException: () => new CommonError('MaxMessageLengthExceeded', 'Your request was too big.'),
};

export function refusalOf(error: unknown, request: RefusedRequest): unknown {
  if (error instanceof AuthenticationFailure) return WORDS[error.name](error, request);
  if (error instanceof CommonError && Object.hasOwn(CODES, error.name)) return CODES[error.name]!(request);
  return error;
}
