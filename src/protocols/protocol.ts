import type { ProtocolName, Service } from '../core/operation.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';

/**
 * A wire protocol is four functions. Which service it is comes from the credential scope; which operation, from here.
 * All walk the SDK's schemas, compiled once per operation and kept.
 */
export interface Protocol {
  readonly name: ProtocolName;
  /** The operation this request names, or undefined if the request is not in this protocol. */
  match(request: WireRequest, service: Service): string | undefined;
  /** Throws CommonError (SerializationException, MalformedQueryString, …) on bytes that are not this protocol. */
  decode(request: WireRequest, service: Service, operation: string): unknown;
  encode(output: unknown, service: Service, operation: string, requestId: string): WireResponse;
  encodeError(error: WireError, service: Service | undefined, requestId: string): WireResponse;
}

/** An error as a client will see it. */
export interface WireError {
  /** The code of the JSON and CBOR protocols: the shape's name. */
  readonly code: string;
  /** The code of awsQuery and of `x-amzn-query-error`. */
  readonly queryCode: string;
  readonly status: number;
  readonly message: string;
  readonly senderFault: boolean;
  /** Further members of a modelled error, by member name. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
  /** Members and headers that no model lists; S3's errors have them. */
  readonly details?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The SDK's error shape, where there is one. */
  readonly shape?: unknown;
}
