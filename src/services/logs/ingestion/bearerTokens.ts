/** Whether events may come into a group with a bearer token. */
import type { PutBearerTokenAuthenticationRequest } from '@aws-sdk/client-cloudwatch-logs';
import type { Present } from '../../../core/operation.ts';
import { onGroup } from '../access.ts';
import { logGroups } from '../groupRows.ts';

export const PutBearerTokenAuthentication = onGroup<Present<PutBearerTokenAuthenticationRequest>, object>({
  async run({ bearerTokenAuthenticationEnabled: enabled }, ctx, { bearerTokens: _, ...rest }) {
    await ctx.store.replace(logGroups, enabled ? { ...rest, bearerTokens: true } : rest);
    return {};
  },
});
