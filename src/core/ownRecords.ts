/** Audit records of what is no operation of an SDK: SCIM's, and pages that change something. */
import type { Context } from './context.ts';
import { timeUuid } from './ids.ts';

export interface OwnRecord {
  /** Who is told of it. */
  readonly account: string;
  readonly region: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly readOnly: boolean;
  readonly userIdentity: object;
  readonly requestParameters: object | null;
  readonly responseElements: object | null;
  readonly error?: { readonly code: string; readonly message: string } | undefined;
}

const TEXT_LENGTH_MAX = 1024;
const OBJECT_LENGTH_MAX = 100 * 1024;

/** Puts it into the write set. What is longer than CloudTrail's limits is cut, or left out. */
export function record(ctx: Context, told: OwnRecord): void {
  const { account, region, error, requestParameters, responseElements, ...members } = told;
  appendRecord(ctx, account, region, {
    ...members,
    errorCode: error?.code,
    errorMessage: error?.message.slice(0, TEXT_LENGTH_MAX),
    requestParameters: shortEnough(requestParameters),
    responseElements: error ? null : shortEnough(responseElements),
    requestID: ctx.requestId,
    eventType: 'AwsApiCall',
  });
}

/** A record of any form: `members` beside what every one says. */
export function appendRecord(
  ctx: Context,
  account: string,
  region: string,
  members: Readonly<Record<string, unknown>>,
): void {
  const id = timeUuid(ctx.now, ctx);
  const { ip, userAgent, host, tls } = ctx.source;
  const body = {
    eventVersion: '1.11',
    eventTime: `${ctx.now.toISOString().slice(0, 19)}Z`,
    awsRegion: region,
    sourceIPAddress: ip,
    userAgent: userAgent.slice(0, TEXT_LENGTH_MAX),
    requestParameters: null,
    responseElements: null,
    readOnly: false,
    tlsDetails: tls && { tlsVersion: tls.version, cipherSuite: tls.cipher, clientProvidedHostHeader: host },
    ...members,
    eventID: id,
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
  ctx.store.append({ id, kind: 'api', account, region, time: ctx.now.getTime(), body: JSON.stringify(body) });
}

const shortEnough = (value: object | null) => (JSON.stringify(value).length > OBJECT_LENGTH_MAX ? null : value);
