/** Answers what comes in over plain HTTP: events become PutLogEvents, in the name of whoever sends them. */
import type { PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { FrontAnswer, FrontAround } from '../../../core/front.ts';
import { regionOfHost } from '../../../core/regionalHosts.ts';
import type { WireRequest, WireResponse } from '../../../core/wire.ts';
import {
  answered,
  isRefusal,
  NOTHING_REJECTED,
  Refusal,
  type Rejected,
  refused,
  rejectedIn,
  together,
} from './answers.ts';
import { type Asked, askedOf, batchesOf, type Put } from './asked.ts';
import { putWithToken } from './bearers.ts';

export const answerFront: FrontAnswer = async (request, around) => {
  try {
    const asked = askedOf(request);
    const rejected = await putAll(request, around, asked);
    return answered(asked, rejected);
  } catch (error) {
    if (isRefusal(error)) return refused(error);
    throw error;
  }
};

async function putAll(request: WireRequest, around: FrontAround, asked: Asked): Promise<Rejected> {
  const { authorization = '', host = '' } = request.headers;
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  const now = await around.within(async (ctx) => ctx.now.getTime());
  const region = regionOfHost(host) ?? around.settings.region;
  const put: Put =
    token === undefined
      ? async (input) => outputIn(await around.ask(putRequest(request, input), request))
      : (input) => around.within((ctx) => putWithToken(ctx, token, region, input));
  let rejected = NOTHING_REJECTED;
  for (const batch of batchesOf(asked, now)) rejected = together(rejected, rejectedIn(await put(batch), batch));
  return rejected;
}

/** PutLogEvents as clients ask for it. What it was made of is what is signed. */
function putRequest({ headers }: WireRequest, input: object): WireRequest {
  const { host = '', 'user-agent': agent = '' } = headers;
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: {
      host,
      'user-agent': agent,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.PutLogEvents',
    },
    body: Buffer.from(JSON.stringify(input)),
  };
}

type Answer = Pick<PutLogEventsResponse, 'rejectedLogEventsInfo'>;

/** @throws Refusal */
function outputIn({ status, body }: WireResponse): Answer {
  const text = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body as string).toString() : '{}';
  const found = JSON.parse(text || '{}') as Answer & { readonly __type?: string; readonly message?: string };
  if (status < 300) return found;
  throw Refusal.named(found.__type ?? 'InternalFailure', found.message ?? '');
}
