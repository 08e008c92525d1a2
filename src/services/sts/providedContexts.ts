/** AssumeRole with an assertion of IAM Identity Center: the session then says on whose behalf it acts. */
import { type AssumeRoleRequest, ExpiredTokenException } from '@aws-sdk/client-sts';
import type { Context, SessionIdentity } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { directoryUsers } from '../../identity/directory.ts';
import { CONTEXT_PROVIDER, contextConditions, openContext } from '../../identity/identityContexts.ts';
import { peopleOf } from '../../identity/instanceKeys.ts';

/** Whoever may assume the role could use an assertion again: records do not tell it. */
export function hideContexts({ audit }: Context, { ProvidedContexts: provided }: Present<AssumeRoleRequest>): void {
  if (!provided?.length) return;
  const contextAssertion = 'HIDDEN_DUE_TO_SECURITY_REASONS';
  const providedContexts = provided.map(({ ProviderArn: providerArn }) => ({ providerArn, contextAssertion }));
  audit.requestParameters = { ...audit.requestParameters, providedContexts };
}

/**
 * Undefined where none was provided. Throws on one that we did not make, that is too old, whose user is gone, or whose
 * directory lies under a key that lets nobody at it.
 */
export async function providedContext(
  ctx: Context,
  { ProvidedContexts: provided = [] }: Present<AssumeRoleRequest>,
): Promise<SessionIdentity | undefined> {
  const [given, ...more] = provided;
  if (!given) return undefined;
  if (more.length > 0) throw new ValidationFailure('Only one provided context is supported.');
  if (given.ProviderArn !== CONTEXT_PROVIDER) {
    throw new ValidationFailure(`The context provider ${given.ProviderArn} is not supported.`);
  }
  const assertion = openContext(ctx.secrets, given.ContextAssertion ?? '');
  if (!assertion) throw new ValidationFailure('The context assertion is invalid.');
  const { identityStore, expires, ...identity } = assertion;
  if (expires <= ctx.now.getTime()) fail(ExpiredTokenException, 'The context assertion has expired.');
  await peopleOf(ctx, identityStore);
  const user = await ctx.store.get(directoryUsers, [identityStore, identity.userId]);
  if (user?.status !== 'ENABLED') throw new ValidationFailure('The user of the context assertion may not sign in.');
  return identity;
}

/** Keys of the request that sets the context: trust policies look at them. */
export const setContextConditions = (identity: SessionIdentity): Readonly<Record<string, string | string[]>> => ({
  ...Object.fromEntries(
    Object.entries(contextConditions(identity)).map(([key, value]) => [`sts:RequestContext/${key}`, value]),
  ),
  'sts:RequestContextProviders': [CONTEXT_PROVIDER],
});
