/**
 * What custom key stores of KMS may reach, under the names that AWS knows it by. The operator lists it; what is not
 * listed is not reached for, whatever a request says.
 */

export interface KeyStoreBackings {
  /** External key store proxies by endpoint: `https://xks.example.com`. */
  readonly proxies: Readonly<Record<string, ProxyAddress>>;
  /** PKCS #11 tokens by CloudHSM cluster id: `cluster-1a23b4cdefg`. */
  readonly clusters: Readonly<Record<string, ClusterAddress>>;
  /** The real clock, in milliseconds, that requests to proxies are dated by. */
  readonly wallClock: () => number;
}

export interface ProxyAddress {
  /** `host:port`, where it is not port 443 of the endpoint's own name. */
  readonly connect?: string | undefined;
  /** PEM certificates of who may certify the proxy; the public authorities when absent. */
  readonly ca?: string | undefined;
  /** The VPC endpoint service that leads there, for stores of that connectivity. */
  readonly vpcEndpointService?: string | undefined;
  /** How long the proxy may take to answer; 250 in AWS, and when absent. */
  readonly timeoutMs?: number | undefined;
}

/** A token that a PKCS #11 module knows by its label. */
export interface TokenAddress {
  /** File of the module: `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly module: string;
  readonly token: string;
}

export interface ClusterAddress extends TokenAddress {
  /** Whose cluster it is; everybody's when absent. */
  readonly account?: string | undefined;
  /** PEM of the certificate that CloudHSM calls `customerCA.crt`. */
  readonly trustAnchor: string;
  /** `kept`: others use the token too, so that its PIN stays as it is. Else it is changed with each connection. */
  readonly pin?: 'kept' | 'rotated' | undefined;
}

export const NO_BACKINGS: KeyStoreBackings = { proxies: {}, clusters: {}, wallClock: () => 0 };
