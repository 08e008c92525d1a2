/**
 * What can go wrong with an external key store proxy, a row each: what a client is told, under which name it is told by
 * each kind of operation, and the error code of a connection. The sentences are AWS's.
 *
 * https://docs.aws.amazon.com/kms/latest/developerguide/xks-troubleshooting.html; the proxy API's specification, "Error
 * codes".
 */
import {
  ConnectionErrorCodeType,
  CustomKeyStoreInvalidStateException,
  KMSInvalidStateException,
  UnsupportedOperationException,
  XksKeyInvalidConfigurationException,
  XksKeyNotFoundException,
  XksProxyIncorrectAuthenticationCredentialException,
  XksProxyInvalidConfigurationException,
  XksProxyInvalidResponseException,
  XksProxyUriUnreachableException,
} from '@aws-sdk/client-kms';
import { awsError } from '../../core/errors.ts';

// biome-ignore lint/suspicious/noExplicitAny: each SDK error class has options of its own
type ErrorClass = new (options: any) => Error;

interface Failure {
  readonly message: string;
  /** HTTP status under which a proxy may say so; absent for what we see ourselves. */
  readonly status?: number;
  /** What CreateCustomKeyStore and UpdateCustomKeyStore make of it. */
  readonly managing: ErrorClass;
  /** What CreateKey makes of it, where it is not the state of the key store. */
  readonly creating?: ErrorClass;
  readonly connection: ConnectionErrorCodeType;
}

const Code = ConnectionErrorCodeType;

export const XKS_FAILURES = {
  ValidationException: {
    message:
      'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, report it to your external key store proxy administrator.',
    status: 400,
    managing: XksProxyInvalidResponseException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
  InvalidStateException: {
    message:
      'The external key store proxy rejected the request because the external key is not enabled in the external key manager.',
    status: 400,
    managing: XksProxyInvalidConfigurationException,
    creating: XksKeyInvalidConfigurationException,
    connection: Code.XKS_PROXY_INVALID_CONFIGURATION,
  },
  InvalidCiphertextException: {
    message:
      'The external key store proxy rejected the request because the specified ciphertext or additional authenticated data is corrupted, missing, or otherwise invalid.',
    status: 400,
    managing: XksProxyInvalidResponseException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
  InvalidKeyUsageException: {
    message:
      'The external key store proxy rejected the request because the external key does not support the requested operation.',
    status: 400,
    managing: XksProxyInvalidResponseException,
    creating: XksKeyInvalidConfigurationException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
  AuthenticationFailedException: {
    message:
      'The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the credentials for your external key store and update if necessary.',
    status: 401,
    managing: XksProxyIncorrectAuthenticationCredentialException,
    connection: Code.INVALID_CREDENTIALS,
  },
  AccessDeniedException: {
    message:
      'The external key store proxy denied access to the operation. Verify that the user and the external key are both authorized for this operation, and try the request again.',
    status: 403,
    managing: XksProxyInvalidConfigurationException,
    connection: Code.XKS_PROXY_ACCESS_DENIED,
  },
  KeyNotFoundException: {
    message: 'The external key store proxy rejected the request because it could not find the external key.',
    status: 404,
    managing: XksProxyInvalidResponseException,
    creating: XksKeyNotFoundException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
  InvalidUriPathException: {
    message:
      'The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for your external key store and update if necessary.',
    status: 404,
    managing: XksProxyInvalidConfigurationException,
    connection: Code.XKS_PROXY_INVALID_CONFIGURATION,
  },
  ThrottlingException: {
    message:
      'The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of your calls using KMS keys in this external key store.',
    status: 429,
    managing: XksProxyUriUnreachableException,
    connection: Code.XKS_PROXY_NOT_REACHABLE,
  },
  UnsupportedOperationException: {
    message:
      'The external key store proxy rejected the request because it does not support the requested cryptographic operation.',
    status: 501,
    managing: XksProxyInvalidResponseException,
    creating: UnsupportedOperationException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
  DependencyTimeoutException: {
    message:
      'The external key store proxy did not respond to the request in the time allotted. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
    status: 503,
    managing: XksProxyUriUnreachableException,
    connection: Code.XKS_PROXY_TIMED_OUT,
  },
  InternalException: {
    message:
      'The external key store proxy rejected the request because it cannot communicate with the external key manager. Verify that the external key store proxy configuration is correct and that the external key manager is available.',
    status: 500,
    managing: XksProxyInvalidResponseException,
    connection: Code.XKS_PROXY_NOT_REACHABLE,
  },
  malformed: {
    message:
      'AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, report it to your external key store proxy administrator.',
    managing: XksProxyInvalidResponseException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
  unreachable: {
    message:
      'AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you see this error repeatedly, verify that your external key store proxy is active and is connected to the network, and that its endpoint URI is correct in your external key store.',
    managing: XksProxyUriUnreachableException,
    connection: Code.XKS_PROXY_NOT_REACHABLE,
  },
  insecure: {
    message:
      'AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, including its certificate.',
    managing: XksProxyInvalidConfigurationException,
    connection: Code.XKS_PROXY_INVALID_TLS_CONFIGURATION,
  },
  stalled: {
    message:
      'AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. If you see this error repeatedly, report it to your external key store proxy administrator.',
    managing: XksProxyUriUnreachableException,
    connection: Code.XKS_PROXY_TIMED_OUT,
  },
  unhealthy: {
    message:
      'The external key store proxy is in an unhealthy state. If you see this message repeatedly, notify your external key store proxy administrator.',
    managing: XksProxyUriUnreachableException,
    connection: Code.XKS_PROXY_NOT_REACHABLE,
  },
  altered: {
    message:
      'The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is corrupted, missing, or otherwise invalid.',
    managing: XksProxyInvalidResponseException,
    connection: Code.XKS_PROXY_INVALID_RESPONSE,
  },
} as const satisfies Readonly<Record<string, Failure>>;

export type XksFailure = keyof typeof XKS_FAILURES;

/** A proxy that did not do what it was asked. */
export class XksError extends Error {
  readonly failure: XksFailure;
  constructor(failure: XksFailure) {
    super(XKS_FAILURES[failure].message);
    this.failure = failure;
  }
}

type Asking = 'managing' | 'creating' | 'using';

/** AWS's error for a failure, by what was being done; what is no failure of a proxy is thrown on. */
export function told(error: unknown, asking: Asking): never {
  if (!(error instanceof XksError)) throw error;
  const { managing, creating, message }: Failure = XKS_FAILURES[error.failure];
  if (asking === 'managing') throw awsError(managing, message);
  if (asking === 'creating') throw awsError(creating ?? CustomKeyStoreInvalidStateException, message);
  throw awsError(KMSInvalidStateException, message);
}
