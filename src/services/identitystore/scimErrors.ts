/**
 * What SCIM answers when it cannot: the schema of RFC 7644, section 3.12, with the codes that AWS documents.
 * https://docs.aws.amazon.com/singlesignon/latest/developerguide/createuser.html
 */
import { AccessDeniedException, ValidationException } from '@aws-sdk/client-identitystore';
import type { Context } from '../../core/context.ts';
import { CommonError, fail, ValidationFailure } from '../../core/errors.ts';
import type { WireResponse } from '../../core/wire.ts';
import { worded } from '../../identity/instanceKeys.ts';
import { keyRefusal } from './errors.ts';

const STATUSES: Readonly<Record<string, number>> = {
  ValidationException: 400,
  UnauthorizedException: 401,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ServiceQuotaExceededException: 400,
  ThrottlingException: 429,
};

export const failInvalid = (message: string): never => fail(ValidationException, message);
export const unauthorized = () => new CommonError('UnauthorizedException', 'UnauthorizedException', 401);
export const denied = (message: string) => new AccessDeniedException({ message, $metadata: {} });

export interface ToldError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

const asWorded = worded(keyRefusal);

/** Undefined: not the client's fault. */
export function toldError(error: unknown): ToldError | undefined {
  if (error instanceof ValidationFailure) return { code: 'ValidationException', message: error.message, status: 400 };
  const { name, message } = asWorded(error) as Error;
  const status = STATUSES[name];
  return status === undefined ? undefined : { code: name, message, status };
}

export function errorResponse(ctx: Pick<Context, 'requestId' | 'now'>, error: ToldError): WireResponse {
  return json(ctx, error.status, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    detail: error.message,
    status: String(error.status),
    ...(error.code === 'ConflictException' && { scimType: 'uniqueness' }),
    exceptionRequestId: ctx.requestId,
    timeStamp: ctx.now.toISOString().slice(0, 23).replace('T', ' '),
  });
}

export const json = ({ requestId }: Pick<Context, 'requestId'>, status: number, body?: object): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-amzn-requestid': requestId },
  body: body === undefined ? '' : JSON.stringify(body),
});
