/** Whether the account's principals may ask STS for web identity tokens to show elsewhere. */
import {
  type EnableOutboundWebIdentityFederationResponse,
  FeatureDisabledException,
  FeatureEnabledException,
  type GetOutboundWebIdentityFederationInfoResponse,
} from '@aws-sdk/client-iam';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation } from '../../core/operation.ts';
import { type OutboundFederation, outboundFederations, outboundIssuer } from '../../identity/providers.ts';

const onAccount = { access: () => ({ resource: '*' }) };
const disabled = (): never =>
  fail(FeatureDisabledException, 'Outbound web identity federation is disabled for this account.');

export const EnableOutboundWebIdentityFederation: Operation<object, EnableOutboundWebIdentityFederationResponse> = {
  ...onAccount,
  async run(_input, ctx) {
    const known = await ctx.store.get(outboundFederations, [ctx.account]);
    if (known?.enabled) {
      fail(FeatureEnabledException, 'Outbound web identity federation is already enabled for this account.');
    }
    const federation = known ? { ...known, enabled: true } : newFederation(ctx);
    await ctx.store.replace(outboundFederations, federation);
    return { IssuerIdentifier: outboundIssuer(federation, ctx.settings) };
  },
};

const newFederation = (ctx: Context): OutboundFederation => ({
  account: ctx.account,
  issuerId: uuid(ctx),
  enabled: true,
  created: ctx.now.toISOString(),
});

export const DisableOutboundWebIdentityFederation: Operation<object, object> = {
  ...onAccount,
  async run(_input, ctx) {
    const federation = await ctx.store.get(outboundFederations, [ctx.account]);
    if (!federation?.enabled) return disabled();
    await ctx.store.replace(outboundFederations, { ...federation, enabled: false });
    return {};
  },
};

type GetInfo = Operation<object, GetOutboundWebIdentityFederationInfoResponse>;
export const GetOutboundWebIdentityFederationInfo: GetInfo = {
  ...onAccount,
  async run(_input, ctx) {
    const federation = await ctx.store.get(outboundFederations, [ctx.account]);
    if (!federation?.enabled) return disabled();
    return { IssuerIdentifier: outboundIssuer(federation, ctx.settings), JwtVendingEnabled: true };
  },
};
