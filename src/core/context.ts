/** Everything a handler may know about the request besides its input. */
import type { Blobs } from '../store/blobs.ts';
import type { Journal, JournalEntry, Transaction } from '../store/store.ts';
import type { EventContext } from './eventContexts.ts';
import type { KeyStoreBackings } from './keyStores.ts';
import type { Look } from './ongoing.ts';
import type { Access, Tag } from './operation.ts';
import type { Secrets } from './secrets.ts';

export interface Context {
  readonly caller: Caller;
  /** The caller's account: where account-scoped operations act. */
  readonly account: string;
  readonly partition: string;
  /** From the credential scope. */
  readonly region: string;
  /** One instant for the whole request; handlers never read the clock. */
  readonly now: Date;
  /** Cryptographic in production, seeded in tests. */
  readonly random: (bytes: number) => Uint8Array;
  /** The request's write set. It commits after `run`, or not at all. */
  readonly store: Transaction;
  readonly journal: Journal;
  readonly requestId: string;
  readonly source: Source;
  /** Event sources of the services that the caller's request came through, the first one first. */
  readonly calledVia?: readonly string[] | undefined;
  /** Seals what must not lie in the store in clear. */
  readonly secrets: Secrets;
  readonly settings: Settings;
  /** Bytes that are too many for rows. */
  readonly blobs: Blobs;
  /** Another operation in the same write set, authorized and recorded like any other. */
  readonly call: <Out = unknown>(
    service: string,
    operation: string,
    input: object,
    /** A service in its own name (`servicePrincipal`); the caller, through this service, when absent. */
    as?: Caller,
    /** Another Region than the request's. */
    region?: string,
  ) => Promise<Out>;
  /**
   * Asks the policies about something that is no operation of ours (`events:InvokeApiDestination`), in the caller's name
   * or in another's. Throws AccessDenied.
   */
  readonly permit: (action: string, access: Access, as?: Caller) => Promise<void>;
  /**
   * What somebody outside answers who may be slow. Nothing waits inside the write set for it: the operation runs again
   * with the answer, or with what `ask` threw. `name` tells this question from others that this place might ask; all
   * that must fit the answer (what was encrypted) is part of the answer, since dice fall anew in each run.
   */
  readonly reach: <T>(name: string, ask: () => Promise<T>) => Promise<T>;
  /** A write set of its own that is durable before the operation runs on, and stays whatever becomes of it. Once. */
  readonly beforehand: <T>(name: string, work: (store: Transaction) => Promise<T>) => Promise<T>;
  /** What the audit record says beyond input and output. */
  readonly audit: AuditNotes;
  /** Events that are still to come, for an answer that is a stream of them: see core/ongoing.ts. */
  readonly ongoing: <State, Event>(first: State, look: Look<State, Event>) => AsyncIterable<Event>;
  /** The client waits for an answer and can wait for longer: see core/wait.ts. */
  readonly mayWait?: boolean;
}

/** What every request has in common, chosen once at the start. */
export interface Settings {
  /** The account made at the first start. */
  readonly managementAccount: string;
  readonly region: string;
  /** `http://127.0.0.1:4566`: how clients reach us. */
  readonly endpoint: string;
  /** Quotas that the operator raised or lowered, by AWS's quota name (`UsersQuota`). */
  readonly quotas: Readonly<Record<string, number>>;
  readonly prices: Prices;
  /** `smtp://user:password@host:25`: the server that mail goes out through. */
  readonly smtp?: string | undefined;
  /** How much work a guess of a password is, by the name of a row in identity/passwords.ts; `standard` when absent. */
  readonly passwordCost?: 'standard' | 'strong' | 'light' | undefined;
  /** How long a password that was right is proved without that work; see identity/passwordMemory.ts. */
  readonly passwordMemorySeconds?: number | undefined;
  /** PEM: what the plane shows under TLS, if it does. Its names are the plane's. */
  readonly tlsCert?: string | undefined;
  /** Hosts beside the machine itself that the plane may call for its users; see outbound.ts. */
  readonly outbound?: readonly string[] | undefined;
  /** How often trails deliver; every 300 seconds when absent. */
  readonly trailIntervalSeconds?: number;
  /** What custom key stores of KMS may reach. */
  readonly keyStores?: KeyStoreBackings | undefined;
}

/** What usage costs: service, as Cost Explorer names it → usage type → US dollars a unit. What is not there is free. */
export type Prices = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Where a request came from. */
export interface Source {
  readonly ip: string;
  readonly userAgent: string;
  readonly host: string;
  /** Present when the connection is TLS. */
  readonly tls?: { readonly version: string; readonly cipher: string } | undefined;
  readonly referer?: string | undefined;
  /** How the request was signed, if it was. */
  readonly signature?: Signature | undefined;
  /** What a front found out of a request that is signed with the key of a certificate. */
  readonly certificate?: CertificateSignature | undefined;
}

export interface CertificateSignature {
  /** DER, as sent: believed by nobody yet. */
  readonly certificate: Uint8Array;
  readonly chain: readonly Uint8Array[];
  /** Why the signature is none of that certificate's key; undefined: it is. */
  readonly fault: string | undefined;
  /** As CloudTrail tells of it. */
  readonly details: Record<string, unknown>;
}

/** As S3's condition keys tell it. */
export interface Signature {
  /** `AWS4-HMAC-SHA256`, or SigV4a's, which is for several Regions. */
  readonly algorithm: 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256';
  readonly kind: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST';
  /** Milliseconds since it was made. */
  readonly ageMs: number;
  /** `x-amz-content-sha256` as sent. */
  readonly content?: string | undefined;
}

/** What a record is about; by the beginning of its ARN where a call is about all that there is of a kind. */
export interface RecordedResource {
  readonly ARN?: string;
  readonly ARNPrefix?: string;
  readonly accountId?: string;
  readonly type: string;
}

export interface RecordedPart {
  readonly eventName: string;
  readonly requestParameters: Record<string, unknown>;
  readonly resources: readonly RecordedResource[];
}

export interface AuditNotes {
  /** Replaces the caller as `userIdentity`: of a federated user who was anonymous until the token was believed. */
  userIdentity?: object;
  /** CloudTrail `resources`. */
  resources?: readonly RecordedResource[];
  /** Members of `requestParameters` that are not in the input; undefined takes one out that is. */
  requestParameters?: Record<string, unknown>;
  /** Replaces the output as `responseElements`; null where AWS records none. */
  responseElements?: object | null;
  additionalEventData?: Record<string, unknown>;
  /** Journal entries that are kept though the call fails: what was measured outside. */
  kept?: JournalEntry[];
  /** What an event data store may want to know of the call's permissions. */
  context?: EventContext;
  /** What the request was about, for the service's own afterwards. */
  about?: unknown;
  /** Account that owns what was acted on, when it is not the caller's: it gets a record of its own. */
  recipientAccountId?: string;
  /** Data events of the things that the one call was about: each object that DeleteObjects deletes. */
  parts?: RecordedPart[];
  /** Records beyond the call's own: service events, sign-in events. */
  serviceEvents?: { readonly account: string; readonly eventName: string; readonly details: Record<string, unknown> }[];
}

export type CallerType =
  | 'Root'
  | 'User'
  | 'AssumedRole'
  | 'FederatedUser'
  | 'Service'
  | 'WebIdentity'
  | 'SAML'
  | 'Anonymous';

export interface Caller {
  readonly type: CallerType;
  /** Empty for a service or an anonymous caller. */
  readonly account: string;
  readonly arn: string;
  /** `AIDA…`, `AROA…:session`, `account:name` of a federated user, the account id of root. */
  readonly userId: string;
  readonly userName?: string;
  /** Of the account, when root calls: its name in records. */
  readonly accountAlias?: string;
  readonly accessKeyId?: string;
  /** Host name of a service principal. */
  readonly service?: string;
  /** On whose behalf a service acts: `aws:SourceArn` and `aws:SourceAccount`. */
  readonly source?: { readonly arn?: string | undefined; readonly account?: string | undefined };
  /** Tags that a service vouches for, of whom it acts for: `aws:PrincipalTag`. */
  readonly tags?: readonly Tag[];
  /** Present for temporary credentials. */
  readonly session?: Session;
  /** The service that asks in its name, where that is none of this plane: `secretsmanager.amazonaws.com`. */
  readonly via?: string;
}

/**
 * Temporary credentials, all that is known of them. Sealed, this is the session token itself: no look-up is needed to
 * believe it. Times are milliseconds.
 */
export interface Session {
  readonly kind: 'AssumedRole' | 'FederatedUser' | 'SessionToken' | 'AssumedRoot';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly account: string;
  readonly issued: number;
  readonly expires: number;
  /** Session name of a role, name of a federated user, name of the user behind GetSessionToken; empty for root. */
  readonly name: string;
  /** Unique id of the role or user the session stands on; account id for root. */
  readonly principalId: string;
  /** Role name (AssumedRole) or user name, by which its policies are found. Absent for root. */
  readonly principalName?: string;
  /** ARN of that role or user, with its path, when the session began. */
  readonly principalArn: string;
  readonly mfa?: boolean;
  readonly mfaTime?: number;
  readonly sourceIdentity?: string;
  readonly tags?: readonly Tag[];
  readonly transitiveTagKeys?: readonly string[];
  /** Session policies: documents, and ARNs of managed policies. */
  readonly policies?: readonly string[];
  readonly policyArns?: readonly string[];
  /** Role chaining: this session was made from another one. */
  readonly chained?: boolean;
  /** Provider ARN (SAML) or issuer host (OIDC), and the claims that become condition keys (`saml:sub`, `host:aud`). */
  readonly federation?: {
    readonly provider: string;
    readonly type: 'WebIdentity' | 'SAML';
    readonly claims: Readonly<Record<string, string | readonly string[]>>;
  };
  /** On whose behalf it acts, where the role was asked for with an assertion of IAM Identity Center. */
  readonly onBehalfOf?: SessionIdentity;
  /** It is of somebody in a browser, who has signed in to the console. */
  readonly console?: true;
  /** `aws login`: the sign-in that the credentials are of, the same for all that it renews. */
  readonly signInSessionArn?: string;
  /** Credentials of S3 Access Grants: ARN of the instance that gave them. */
  readonly accessGrants?: string;
  /** AssumeRoot: the one task policy that bounds the session. */
  readonly taskPolicyArn?: string;
}

/** Somebody of a directory, as IAM Identity Center asserts it to an application. */
export interface SessionIdentity {
  /** `identity`: services may decide by it; `audit`: it is recorded only. */
  readonly kind: 'identity' | 'audit';
  readonly userId: string;
  readonly identityStoreArn: string;
  readonly applicationArn: string;
  readonly instanceArn: string;
  readonly credentialId: string;
}

/** A service acting in its own name, on behalf of a resource: who a bucket's or topic's policy must let in. */
export function servicePrincipal(service: string, source?: Caller['source']): Caller {
  return { type: 'Service', account: '', arn: service, userId: service, service, ...(source && { source }) };
}
