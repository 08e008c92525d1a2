/** Answers what comes in over plain HTTP: events become PutLogEvents, in the name of whoever sends them. */
import type { PutLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { FrontAnswer, FrontAround } from '../../../core/front.ts';
import { regionOfHost } from '../../../core/regionalHosts.ts';
import type { WireRequest, WireResponse } from '../../../core/wire.ts';
import { answered, isRefusal, NOTHING_REJECTED, Refusal, refused, rejectedIn, together } from './answers.ts';
import { type Asked, askedOf, batchesOf, type Put } from './asked.ts';
import { putAs, senderOf } from './bearers.ts';

export const answerFront: FrontAnswer = async (request, around) => {
  try {
    const asked = askedOf(around.unpacked(request));
    const put = await putterOf(request, around, asked);
    const now = await around.within(async (ctx) => ctx.now.getTime());
    let rejected = NOTHING_REJECTED;
    for (const batch of batchesOf(asked, now)) rejected = together(rejected, rejectedIn(await put(batch), batch));
    return answered(asked, rejected);
  } catch (error) {
    if (isRefusal(error)) return refused(error, request.path);
    throw error;
  }
};

/** As whoever signed the request, which is proved with each batch, or whose token it has. */
async function putterOf(request: WireRequest, around: FrontAround, asked: Asked): Promise<Put> {
  const { authorization = '', host = '' } = request.headers;
  const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined) return async (input) => outputIn(await around.ask(putRequest(request, input), request));
  const region = regionOfHost(host) ?? around.settings.region;
  const sender = await around.within((ctx) => senderOf(ctx, token, region, asked));
  return (input) => around.within((ctx) => putAs(ctx, sender, region, input));
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
