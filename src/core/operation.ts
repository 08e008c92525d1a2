/**
 * The unit of work in this house: one AWS operation.
 *
 * The gateway calls the three functions in order, inside one write set: `load` finds what the request is about,
 * `access` says on what the caller needs permission, `run` does the work. `run` is never reached without it.
 */
import type { Transaction } from '../store/store.ts';
import type { Caller, Context } from './context.ts';
import type { Afterwards, Front, Told } from './front.ts';
import type { WireRequest } from './wire.ts';

export interface Operation<In, Out, Target = void> {
  /** The IAM action, where it is not simply `prefix:Operation`. */
  readonly action?: string;
  /**
   * CloudTrail's `readOnly`, where the operation's name does not tell (Get, List, Describe, Lookup, … are read-only).
   */
  readonly readOnly?: boolean;
  /**
   * What CloudTrail makes of the call, where it is no management event: a `data` event is recorded where a trail asks
   * for it; `never` is for calls that CloudTrail does not know.
   */
  readonly recorded?: 'data' | 'never';
  /** CloudTrail's `eventName`, where it is not the operation's name. */
  readonly eventName?: string;
  /** `eventSource` in the record, where it is not the service's. */
  readonly eventSource?: string;
  /** Callers need not sign (AssumeRoleWithWebIdentity): the caller is then anonymous. */
  readonly unsigned?: true;
  /** Where more than a mebibyte of body is taken, though not as a stream: as it is sent, with what encoding adds. */
  readonly bodyBytesMax?: number;
  readonly load?: (input: In, ctx: Context) => Promise<Target | Missing>;
  /** Pure. A list asks for all of them, in order. */
  readonly access: (input: In, ctx: Context, target: Target) => Access | readonly Access[] | Open;
  /**
   * Work with effects outside the store that `run` needs done: bytes put into a blob. Asked after permission is given;
   * what it returns is carried out outside the write set, before `run`, and yields the input that `run` gets. Undefined
   * where the input needs none: so it is of an input that was prepared.
   */
  readonly prepare?: (input: In, ctx: Context, target: Target) => Promise<Preparation | undefined>;
  /** Bodies of so many bytes and more are prepared; smaller ones `run` handles at once. */
  readonly preparesFrom?: number;
  readonly run: (input: In, ctx: Context, target: Target) => Promise<Out>;
}

export interface Preparation {
  /** Yields the operation's input. */
  readonly carryOut: () => Promise<unknown>;
  /** Takes back what was carried out, when `run` failed. */
  readonly undo?: () => Promise<void>;
}

/**
 * What `load` returns when there is no such thing. The gateway raises `error` only to a caller who would have been
 * allowed: to all others the answer is AccessDenied, so that nobody learns what exists by asking.
 */
export class Missing {
  readonly resource: string;
  readonly error: Error;
  constructor(resource: string, error: Error) {
    this.resource = resource;
    this.error = error;
  }
}

/** An operation for which AWS requires no permission. The reason is shown wherever exceptions are listed. */
export class Open {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export interface Access {
  /** The IAM action, where it differs from the operation's own (`iam:PassRole`). */
  readonly action?: string;
  /** ARN, or `*` where the action has no resource types. */
  readonly resource: string;
  /** Account that owns the resource; else the ARN's, else the caller's. */
  readonly resourceAccount?: string | undefined;
  /** Text of the policy attached to the resource itself, where the service has one. */
  readonly resourcePolicy?: string | undefined;
  /** `aws:ResourceTag/…` of the resource. */
  readonly resourceTags?: readonly Tag[] | undefined;
  /** Grants of a KMS key that may name the caller: they permit, beside the key policy. */
  readonly grants?: readonly KeyGrant[] | undefined;
  /** The resource is a KMS key that AWS manages. */
  readonly awsManaged?: boolean | undefined;
  /** What the request came through (an access point), on which it needs the same permission. */
  readonly through?: Access | undefined;
  /** Who asks, where the request's own content proves it and no signature does: a web identity token, an assertion. */
  readonly caller?: Caller | undefined;
  /** Request-specific condition keys, beyond the `aws:` ones the gateway adds (they win over the gateway's). */
  readonly conditions?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
}

/** A KMS grant, as far as decisions go. Operations are those that CreateGrant names: `Decrypt`, `ReEncryptFrom`. */
export interface KeyGrant {
  readonly grantId?: string | undefined;
  readonly granteePrincipal?: string | undefined;
  readonly granteeServicePrincipal?: string | undefined;
  readonly retiringPrincipal?: string | undefined;
  readonly operations: readonly string[];
  readonly constraints?:
    | {
        readonly encryptionContextEquals?: Readonly<Record<string, string>> | undefined;
        readonly encryptionContextSubset?: Readonly<Record<string, string>> | undefined;
        readonly sourceArn?: string | undefined;
      }
    | undefined;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/**
 * The SDK types members that AWS requires as `T | undefined`. By the time a handler runs, the gateway has proved them
 * present; this says so in types.
 */
export type Present<T> = { [K in keyof T]: Record<never, never> extends Pick<T, K> ? T[K] : NonNullable<T[K]> };

type Commands<Sdk> = { [K in keyof Sdk]: K extends `${infer Name}Command` ? Name : never }[keyof Sdk];
type In<Sdk, Name extends string> = `${Name}Command` extends keyof Sdk
  ? Sdk[`${Name}Command`] extends new (
      input: infer I extends object,
    ) => unknown
    ? Present<I>
    : never
  : never;
type Out<Sdk, Name extends string> = `${Name}Command` extends keyof Sdk
  ? Sdk[`${Name}Command`] extends new (
      ...args: never[]
    ) => { resolveMiddleware(...a: never[]): (...b: never[]) => Promise<{ output: infer O }> }
    ? Omit<O, '$metadata'>
    : never
  : never;

export type ProtocolName =
  | 'awsQuery'
  | 'ec2Query'
  | 'awsJson1_0'
  | 'awsJson1_1'
  | 'awsCbor1_1'
  | 'restJson'
  | 'restXml'
  | 'rpcV2Cbor';

/** How a service speaks. The shapes come from the SDK's schemas; this is what the schemas do not say. */
export interface Wire {
  /** Every protocol that some client chooses for this service; the first is the model's own. */
  readonly protocols: readonly ProtocolName[];
  /** `X-Amz-Target` prefix, for awsJson. */
  readonly target?: string;
  readonly xmlNamespace?: string;
  /** The status of an answer where it is not that of the model. */
  readonly statusOf?: (output: object) => number | undefined;
  /** What `content-encoding` names is part of what is kept: bodies are not unpacked. */
  readonly keepsEncoding?: true;
  /** A member of the input that a query may give by its path instead: SQS's `QueueUrl`. */
  readonly pathMember?: string;
  /** API version, as in `Version=` of awsQuery and CloudTrail's `apiVersion`. */
  readonly version?: string;
}

export interface Service<Sdk = unknown> {
  /** The name in the SigV4 credential scope. */
  readonly name: string;
  /** IAM action prefix, where it is not `name`. */
  readonly prefix: string;
  /** `eventSource` in CloudTrail records. */
  readonly eventSource: string;
  /** One endpoint for the whole partition: its events are recorded in us-east-1, `aws:RequestedRegion` is us-east-1. */
  readonly global: boolean;
  /** Unsigned requests, which have no credential scope, are for the Region that their host names. */
  readonly regionByHost?: true;
  /** The service keeps time to the second: so does the `now` of its requests, and every time it answers with. */
  readonly wholeSeconds?: true;
  /** Any operation may be asked for without a signature: policies decide about anonymous callers too. */
  readonly anonymous?: true;
  /** A request in the form of the model: with the path that a host name says, and headers that came in the query. */
  readonly understood?: (sent: Address) => Pick<Address, 'path' | 'headers'>;
  /**
   * After an answer about something of which the service made a note (`ctx.audit.about`): what browsers are told, what is
   * kept. Undefined where there is nothing of either.
   */
  readonly afterwards?: (ctx: Context, told: Told) => Afterwards | undefined;
  /** What policies are told of every request to the service, beside what they are told of any request. */
  readonly keys?: (ctx: Context, access: Access) => NonNullable<Access['conditions']>;
  /** Throws where a body that is at hand is not what its headers say of it. */
  readonly bodyProved?: (operation: string, sent: Pick<WireRequest, 'headers' | 'body'>) => Promise<void>;
  /** An error as this service words it, where it has words of its own for what the gateway or identity/ refuses. */
  readonly refusalOf?: (error: unknown, request: RefusedRequest) => unknown;
  /** The SDK module: its runtime schemas are the wire format. */
  readonly sdk: Sdk;
  readonly wire: Wire;
  /** Documented limits of each operation's input; see constraints.ts. */
  readonly limits: Limits;
  // biome-ignore lint/suspicious/noExplicitAny: schemas meet types here; defineService checks each operation
  readonly operations: Readonly<Record<string, Operation<any, any, any>>>;
  /** What only the plane itself asks for, by `ctx.call`: actions that policies permit and no API has. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly inner?: Readonly<Record<string, Operation<any, any, any>>>;
}

/** Where a request was sent. */
export interface Address {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How clients reach the plane: `http://127.0.0.1:4566`. */
  readonly endpoint: string;
}

/** A request that was refused, as far as an error may tell of it. */
export interface RefusedRequest {
  readonly method: string;
  readonly path: string;
  readonly accessKeyId: string | undefined;
  /** Of a presigned URL: `20300101T000000Z`, and seconds. */
  readonly timestamp: string | undefined;
  readonly expires: number | undefined;
  readonly now: Date;
}

/** Operation → member path (`Tags[].Key`, `Context{key}`) → its limits. Reduced from AWS's published models. */
export type Limits = Readonly<Record<string, Readonly<Record<string, Limit>>>>;
export interface Limit {
  readonly required?: boolean;
  readonly length?: readonly [min: number | null, max: number | null];
  readonly range?: readonly [min: number | null, max: number | null];
  /** AWS's spelling, a Java regular expression that the whole value must match. */
  readonly pattern?: string;
  /** JavaScript's spelling (flag `u`), where it is not simply `^(?:pattern)$`. */
  readonly regex?: string;
  readonly enum?: readonly string[];
}

type Defined<Sdk> = Omit<Service<Sdk>, 'operations' | 'prefix' | 'global' | 'limits'> &
  Partial<Pick<Service, 'prefix' | 'global' | 'limits'>> & {
    readonly operations: {
      // biome-ignore lint/suspicious/noExplicitAny: the target type is the operation's own affair
      readonly [N in Commands<Sdk> & string]?: Operation<In<Sdk, N>, Out<Sdk, N>, any>;
    };
  };

/** Checks each operation against the SDK's command of the same name: a misspelt one does not compile. */
export function defineService<Sdk>(service: Defined<Sdk>): Service<Sdk> {
  return { prefix: service.name, global: false, limits: {}, ...service } as Service<Sdk>;
}

/** A line of services/index.ts: enough to route a request; the rest loads on the first use. */
export interface ServiceEntry {
  readonly name: string;
  /** Other names that clients sign with, or hosts they call. */
  readonly aliases?: readonly string[];
  /** `X-Amz-Target` prefix, and awsQuery `Version`s, by which an unsigned request finds its service. */
  readonly target?: string;
  readonly version?: string;
  /** How its paths begin, where clients sign with the name of another service; requests name an account beside. */
  readonly path?: string;
  readonly front?: Front;
  /** Unsigned requests that name no service at all are for this one, whose paths are whatever its users call things. */
  readonly unnamed?: true;
  /** Whether an unsigned request that names no service is for this one, by its line and headers. */
  readonly shown?: (request: UnsignedRequest) => boolean;
  /** What anybody may fetch, by GET of a path with this beginning. */
  readonly documents?: PublicDocuments;
  readonly load: () => Promise<Service>;
}

export interface UnsignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PublicDocuments {
  readonly prefix: string;
  /** Undefined where there is none at that path. */
  readonly at: (tx: Transaction, path: string) => Promise<{ readonly type: string; readonly body: string } | undefined>;
}
