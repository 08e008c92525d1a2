/** An OAuth connection shows that it can get a token before it counts as authorized. */
import type { TaskHandler } from '../../core/tasks.ts';
import { openedConnection } from './connectionKeys.ts';
import { type Connection, connections } from './connectionRows.ts';

export const AUTHORIZE = 'events.authorize';

type Named = Pick<Connection, 'account' | 'region' | 'name' | 'id'>;
type Outcome = Pick<Connection, 'state' | 'reason' | 'modified'>;

export const authorizeConnection: TaskHandler<Named, Outcome | undefined> = {
  kind: AUTHORIZE,
  principal: 'events.amazonaws.com',
  async reach({ body }, around) {
    const connection = await around.store.transaction((tx) =>
      tx.get(connections, [body.account, body.region, body.name]),
    );
    const known =
      connection && (await around.store.transaction((store) => openedConnection({ ...around, store }, connection)));
    const { oauth } = known ?? {};
    if (!connection || !oauth) return undefined;
    const { modified } = connection;
    try {
      await (await import('./httpTarget.ts')).fetchedToken(oauth, around);
      return { state: 'AUTHORIZED', modified };
    } catch (error) {
      return { state: 'DEAUTHORIZED', reason: (error as Error).message, modified };
    }
  },
  async settle({ body }, ctx, outcome) {
    const row = await ctx.store.get(connections, [body.account, body.region, body.name]);
    if (!row || !outcome || row.id !== body.id || row.modified !== outcome.modified) return undefined;
    const authorized = outcome.state === 'AUTHORIZED' && { authorized: ctx.now.toISOString() };
    await ctx.store.replace(connections, { ...row, ...outcome, ...authorized });
    return undefined;
  },
};
