/** After a session that was refused: what CloudWatch learns, and what is remembered of whom. */
import type { Context } from '../../core/context.ts';
import type { Afterwards, Told } from '../../core/front.ts';
import { metrics } from '../../core/metrics.ts';
import type { Attempt } from './entrants.ts';
import { sighted } from './sightings.ts';

export function afterwards({ audit }: Context, { error }: Told): Afterwards | undefined {
  if (error === undefined) return undefined;
  const { anchor, certificate, instance } = audit.about as Attempt;
  const keep = async (ctx: Context) => {
    metrics(ctx, {
      namespace: 'AWS/RolesAnywhere',
      account: anchor.account,
      region: anchor.region,
      dimensions: { Operation: 'CreateSession', ErrorType: error },
      points: [{ name: 'Failure', value: 1, unit: 'Count' }],
    });
    if (certificate) await sighted(ctx, { anchor, certificate }, instance, true);
  };
  return { headers: {}, keep };
}
