/** The errors of the API, as the SDK's own modules have them. */
import { ServiceException } from '@smithy/core/client';
import { TypeRegistry } from '@smithy/core/schema';
import { N } from './schemas.ts';

const registry = TypeRegistry.for(N);
const CLIENT_FAULT = 'client';

type ErrorOptions = { readonly message?: string; readonly $metadata?: object };

const optionsOf = (name: string, options: ErrorOptions) =>
  ({ $metadata: {}, ...options, name, $fault: CLIENT_FAULT }) as never;

export class AccessDeniedException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('AccessDeniedException', options));
    Object.setPrototypeOf(this, AccessDeniedException.prototype);
  }
}
export const AccessDeniedException$ = [
  -3,
  N,
  'AccessDeniedException',
  { error: CLIENT_FAULT, httpError: 403 },
  ['message'],
  [0],
] as const;
registry.registerError(AccessDeniedException$ as never, AccessDeniedException as never);

export class ResourceNotFoundException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('ResourceNotFoundException', options));
    Object.setPrototypeOf(this, ResourceNotFoundException.prototype);
  }
}
export const ResourceNotFoundException$ = [
  -3,
  N,
  'ResourceNotFoundException',
  { error: CLIENT_FAULT, httpError: 404 },
  ['message'],
  [0],
] as const;
registry.registerError(ResourceNotFoundException$ as never, ResourceNotFoundException as never);

export class TooManyTagsException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('TooManyTagsException', options));
    Object.setPrototypeOf(this, TooManyTagsException.prototype);
  }
}
export const TooManyTagsException$ = [
  -3,
  N,
  'TooManyTagsException',
  { error: CLIENT_FAULT, httpError: 400 },
  ['message'],
  [0],
] as const;
registry.registerError(TooManyTagsException$ as never, TooManyTagsException as never);

export class ValidationException extends ServiceException {
  constructor(options: ErrorOptions) {
    super(optionsOf('ValidationException', options));
    Object.setPrototypeOf(this, ValidationException.prototype);
  }
}
export const ValidationException$ = [
  -3,
  N,
  'ValidationException',
  { error: CLIENT_FAULT, httpError: 400 },
  ['message'],
  [0],
] as const;
registry.registerError(ValidationException$ as never, ValidationException as never);

/** For clients: how answers become these errors. */
export const errorTypeRegistries = [registry];
