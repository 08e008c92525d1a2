/** What IAM users and root users do about themselves on the page of their security credentials. */
import type { Caller, Context } from '../core/context.ts';
import { callerIn, enter } from './consoleSessions.ts';
import { passkeyHolder } from './consoleUsers.ts';
import { sentTo } from './html.ts';
import type { Visit } from './visit.ts';

export const HOME = '/signin/security';

type Ask = <Out>(operation: string, input: object) => Promise<Out>;

interface Self {
  readonly caller: Caller;
  /** An IAM operation as oneself. */
  readonly ask: Ask;
  /** A user's name; the account id for root, by which operations know it that demand a name. */
  readonly name: string;
  readonly handle: string;
}

/** Undefined: nobody is signed in who could have devices. */
async function selfIn(ctx: Context, token: string): Promise<Self | undefined> {
  const session = await enter(ctx, token, 'in');
  if (!session || session.holder.role) return undefined;
  const { holder } = session;
  const caller = callerIn(session);
  const ask: Ask = (operation, input) => ctx.call('iam', operation, input, caller);
  return { caller, ask, name: holder.name ?? holder.account, handle: passkeyHolder(holder) };
}

/** Does something as oneself; a text is why it was refused. Nobody signed in: undefined. */
export async function asSelf<T>(
  { around, token }: Visit,
  deed: (self: Self, ctx: Context) => Promise<T>,
): Promise<{ readonly done: T } | { readonly problem: string } | undefined> {
  try {
    return await around.within(async (ctx) => {
      const self = await selfIn(ctx, token);
      return self && { done: await deed(self, ctx) };
    });
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.name)) return { problem: error.message };
    throw error;
  }
}

const REFUSALS = new Set([
  ...['AccessDenied', 'ValidationError', 'ValidationFailure', 'InvalidAuthenticationCodeException'],
  ...['LimitExceededException', 'EntityAlreadyExistsException', 'NoSuchEntityException', 'InvalidInputException'],
  ...['AccessDeniedException', 'ValidationException', 'ConflictException', 'TooManyRequestsException'],
  ...['ResourceNotFoundException'],
]);

export const OUT = sentTo('/signin');

export const textOf = ({ form }: Visit, name: string) => (form.get(name) ?? '').trim().slice(0, 256);
