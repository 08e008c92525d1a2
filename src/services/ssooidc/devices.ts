/** A device asks; somebody confirms in a browser. */
import type { StartDeviceAuthorizationRequest, StartDeviceAuthorizationResponse } from '@aws-sdk/client-sso-oidc';
import type { Context } from '../../core/context.ts';
import { forgetExpired } from '../../core/expiring.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { pagesAt } from '../../core/pagesAddress.ts';
import { entitled } from '../../identity/applications.ts';
import {
  answersHere,
  type DeviceAuthorization,
  deviceAuthorizations,
  digestOf,
  instanceOfUrl,
  newToken,
  regionAsked,
} from '../../identity/portalSessions.ts';
import { DEVICE_CODE, requireClient, UNSIGNED } from './clients.ts';
import { refuse } from './errors.ts';

const SECONDS = 600;
/** Seconds between two questions of a client. */
const INTERVAL = 1;
/** Clocks and timers of clients are a little off. */
const INTERVAL_MS_MIN = INTERVAL * 1000 - 100;
/** Letters that are not taken for one another. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';

/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_StartDeviceAuthorization.html */
export const StartDeviceAuthorization: Operation<
  Present<StartDeviceAuthorizationRequest>,
  StartDeviceAuthorizationResponse
> = {
  unsigned: true,
  readOnly: false,
  access: () => UNSIGNED,
  async run({ clientId, clientSecret, startUrl }, ctx) {
    const client = (await entitled(ctx.store, requireClient(ctx, clientId, clientSecret)))?.client;
    if (!client?.grantTypes.includes(DEVICE_CODE))
      return refuse('unauthorized_client', 'The client may not use devices.');
    const instance = await instanceOfUrl(ctx.store, startUrl, ctx.settings);
    if (!instance || !answersHere(instance, ctx)) {
      return refuse('invalid_request', `Invalid start URL ${startUrl.slice(0, 200)}`);
    }
    await forgetExpired(ctx, deviceAuthorizations);
    const deviceCode = newToken(ctx);
    const userCode = await freeCode(ctx);
    await ctx.store.insert(deviceAuthorizations, {
      device: digestOf(deviceCode),
      userCode,
      client: client.id,
      clientName: client.name,
      scopes: client.scopes,
      identityStore: instance.identityStore,
      region: regionAsked(ctx),
      expires: ctx.now.getTime() + SECONDS * 1000,
      decision: 'PENDING',
    });
    const verificationUri = `${pagesAt(ctx.settings)}/start/device`;
    return {
      deviceCode,
      userCode,
      verificationUri,
      verificationUriComplete: `${verificationUri}?user_code=${userCode}`,
      expiresIn: SECONDS,
      interval: INTERVAL,
    };
  },
};

interface Question {
  readonly at: number;
  readonly requestId: string;
}

/** The last question about each request, which is another row as soon as somebody decides. */
const asked = new WeakMap<DeviceAuthorization, Question>();

/** Nobody has decided yet. Who asks again too soon hears that, and is to wait longer (RFC 8628, section 3.5). */
export function pending({ now, requestId }: Context, row: DeviceAuthorization): never {
  const last = asked.get(row);
  const at = now.getTime();
  asked.set(row, { at, requestId });
  const isHasty = last && last.requestId !== requestId && at - last.at < INTERVAL_MS_MIN;
  return isHasty
    ? refuse('slow_down', 'The client asks too often.')
    : refuse('authorization_pending', 'Authorization pending');
}

async function freeCode(ctx: Context): Promise<string> {
  for (;;) {
    const letters = Array.from(ctx.random(8), (byte) => LETTERS[byte % LETTERS.length]);
    const code = `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
    const { rows } = await ctx.store.list(deviceAuthorizations, [code], { limit: 1, index: 'userCode' });
    if (rows.length === 0) return code;
  }
}
