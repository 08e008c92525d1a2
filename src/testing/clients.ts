/** Real SDK clients whose requests go through the gateway in process, without a socket. */
import { Readable } from 'node:stream';
import { AccessAnalyzer } from '@aws-sdk/client-accessanalyzer';
import { Account } from '@aws-sdk/client-account';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { CostExplorer } from '@aws-sdk/client-cost-explorer';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Firehose } from '@aws-sdk/client-firehose';
import { IAM } from '@aws-sdk/client-iam';
import { Identitystore } from '@aws-sdk/client-identitystore';
import { Kinesis } from '@aws-sdk/client-kinesis';
import { KMS } from '@aws-sdk/client-kms';
import { Organizations } from '@aws-sdk/client-organizations';
import { S3 } from '@aws-sdk/client-s3';
import { S3Control } from '@aws-sdk/client-s3-control';
import { Scheduler } from '@aws-sdk/client-scheduler';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { SSO } from '@aws-sdk/client-sso';
import { SSOAdmin } from '@aws-sdk/client-sso-admin';
import { SSOOIDC } from '@aws-sdk/client-sso-oidc';
import { STS } from '@aws-sdk/client-sts';
import { type HttpRequest, HttpResponse } from '@smithy/core/protocols';
import type { Source } from '../core/context.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import type { Deps } from '../gateway/invocation.ts';
import { handle } from '../gateway/pipeline.ts';
import { cloudtrailDataClient } from './cloudtrailData.ts';
import { rolesAnywhereClient } from './rolesAnywhere.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type Clients = ReturnType<typeof clientsWith>;

/** Clients of every service. Without an access key id they do not sign. */
export function clientsWith(deps: Deps, credentials: Credentials, region: string) {
  const unsigned = credentials.accessKeyId === '';
  const config = {
    region,
    endpoint: 'http://cloud.test',
    maxAttempts: 1,
    credentials,
    ...(unsigned && { signer: { sign: async (request: never) => request } }),
    requestHandler: { handle: (request: HttpRequest) => fromSdk(deps, request), destroy: () => undefined },
  };
  return lazily({
    iam: () => new IAM(config as object),
    sso: () => new SSO(config as object),
    ssoOidc: () => new SSOOIDC(config as object),
    ssoAdmin: () => new SSOAdmin(config as object),
    identitystore: () => new Identitystore(config as object),
    rolesanywhere: () => rolesAnywhereClient(config),
    sts: () => new STS(config as object),
    organizations: () => new Organizations(config as object),
    accessAnalyzer: () => new AccessAnalyzer(config as object),
    account: () => new Account(config as object),
    cloudtrail: () => new CloudTrail(config as object),
    cloudtrailData: () => cloudtrailDataClient(config),
    costExplorer: () => new CostExplorer(config as object),
    cloudwatch: () => new CloudWatch(config as object),
    s3control: () => new S3Control(config as object),
    s3: () => new S3({ ...config, forcePathStyle: true } as object),
    sns: () => new SNS(config as object),
    sqs: () => new SQS(config as object),
    kms: () => new KMS(config as object),
    kinesis: () => new Kinesis(config as object),
    logs: () => new CloudWatchLogs(config as object),
    events: () => new EventBridge(config as object),
    scheduler: () => new Scheduler(config as object),
    firehose: () => new Firehose(config as object),
  });
}

/** An object whose members are made at the first look. */
function lazily<T extends Record<string, () => unknown>>(makers: T): { readonly [K in keyof T]: ReturnType<T[K]> } {
  const made = {} as { readonly [K in keyof T]: ReturnType<T[K]> };
  for (const [name, make] of Object.entries(makers)) {
    let value: unknown;
    Object.defineProperty(made, name, { enumerable: true, get: () => (value ??= make()) });
  }
  return made;
}

async function fromSdk(deps: Deps, request: HttpRequest) {
  const pairs = Object.entries(request.query ?? {}).flatMap(([key, value]) =>
    [value].flat().map((v) => [key, v ?? '']),
  );
  const wire = await inProcess(deps, {
    method: request.method,
    path: request.path,
    query: pairs.map(([k, v]) => `${encodeURIComponent(k!)}=${encodeURIComponent(v!)}`).join('&'),
    headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k.toLowerCase(), v])),
    body: typeof request.body === 'string' ? Buffer.from(request.body) : new Uint8Array(request.body ?? []),
  });
  const response = new HttpResponse({
    statusCode: wire.status,
    headers: { ...wire.headers },
    body: bodyFor(wire.body, wire.headers['x-amz-id-2'] !== undefined),
  });
  return { response };
}

/** S3's clients want a stream, as a socket is one. */
function bodyFor(body: WireResponse['body'], stream: boolean) {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return Readable.from(body, { objectMode: false });
  return stream ? Readable.from([Buffer.from(body as string)]) : Buffer.from(body as string);
}

/** A request as it comes from the socket. */
export function inProcess(
  deps: Deps,
  request: Partial<WireRequest>,
  from: Partial<Source> = {},
): Promise<WireResponse> {
  const whole = { method: 'POST', path: '/', query: '', headers: {}, body: Buffer.alloc(0), ...request };
  const source = { ip: '127.0.0.1', userAgent: whole.headers['user-agent'] ?? '', host: whole.headers.host ?? '' };
  return handle(whole, { ...source, ...from }, deps);
}
