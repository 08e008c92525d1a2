import type { Context } from './context.ts';

/** A quota in force: AWS's default, unless the operator set another for this plane (`--quota NAME=NUMBER`). */
export const quota = (ctx: Context, name: string, standard: number) => ctx.settings.quotas[name] ?? standard;
