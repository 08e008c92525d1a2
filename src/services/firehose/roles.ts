/** The roles that a stream works in: assumed for the account that the stream is in, on the stream's behalf. */
import { type Caller, type Context, servicePrincipal } from '../../core/context.ts';
import { AccessDenied } from '../../core/errors.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { refuse } from './errors.ts';
import { SERVICE, type StreamName, streamArn } from './streamRows.ts';

export const inOwnName = (stream: StreamName): Caller =>
  servicePrincipal(SERVICE, { arn: streamArn(stream), account: stream.account });

/** @throws AccessDenied */
export const roleOf = (ctx: Context, stream: StreamName, arn: string): Promise<Caller> =>
  assumedByService(ctx, arn, inOwnName(stream), undefined, stream.account);

/** @throws InvalidArgumentException of a role that does not trust Firehose */
export async function requireRoles(ctx: Context, stream: StreamName, roles: readonly string[]): Promise<void> {
  for (const role of roles) {
    try {
      await roleOf(ctx, stream, role);
    } catch (error) {
      if (!(error instanceof AccessDenied)) throw error;
      refuse(`Firehose is unable to assume role ${role}. Please check the role provided.`);
    }
  }
}
