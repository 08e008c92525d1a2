/**
 * Connections under a key of KMS. In AWS their secrets lie in Secrets Manager, which asks KMS on behalf of EventBridge's
 * service-linked role, with the secret's ARN in the encryption context; so it is asked here, though the secret lies in
 * the connection's row. The role may use keys with the tag `EventBridgeApiDestinations`. A data key that was opened
 * serves for five minutes. What KMS refuses deauthorizes the connection.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-connections.html
 */
import type { Context } from '../../core/context.ts';
import { servicePrincipal } from '../../core/context.ts';
import { decryptDataKey, decryptUnder, encryptUnder, generateDataKey, kmsKeyArn } from '../../core/dataKeys.ts';
import { uuid } from '../../core/ids.ts';
import type { Secrets } from '../../core/secrets.ts';
import { putOff, type TaskHandler } from '../../core/tasks.ts';
import { assumedByService } from '../../identity/serviceRoles.ts';
import { type Transaction, table } from '../../store/store.ts';
import { type Authorization, type Connection, connections, opened, sealed, secretArn } from './connectionRows.ts';
import { REFUSED } from './encryption.ts';

export const SERVICE = 'apidestinations.events.amazonaws.com';
export const ROLE = 'AWSServiceRoleForAmazonEventBridgeApiDestinations';
const KEPT_MS = 300_000;
const PURPOSE = 'events-connection-key';

interface OpenKey {
  /** ARN of the secret. */
  readonly secret: string;
  readonly version: string;
  /** The data key, sealed under the plane's root key. */
  readonly sealed: string;
  readonly until: number;
}

const openKeys = table<OpenKey>('events_connection_key', { key: ({ secret }) => [secret] });

type Named = Pick<Connection, 'account' | 'region' | 'name' | 'id'>;

async function useOf(ctx: Context, connection: Named, version: string) {
  const role = `arn:aws:iam::${connection.account}:role/aws-service-role/${SERVICE}/${ROLE}`;
  const session = await assumedByService(ctx, role, servicePrincipal(SERVICE), 'EventBridgeApiDestinations');
  return {
    encryptionContext: { SecretARN: secretArn(connection), SecretVersionId: version },
    as: { ...session, via: 'secretsmanager.amazonaws.com' },
    region: connection.region,
  };
}

type Sealed = Pick<Connection, 'sealed' | 'dataKey'>;

/** Under the connection's key, or the plane's. What KMS refuses is told with its reason. */
export async function sealedFor(
  ctx: Context,
  connection: Named & Pick<Connection, 'kmsKey'>,
  authorization: Authorization,
): Promise<Sealed | { readonly refused: string }> {
  if (connection.kmsKey === undefined) return { sealed: sealed(ctx.secrets, authorization, ctx.random(12)) };
  const version = uuid(ctx);
  return unlessRefused(async () => {
    const use = await useOf(ctx, connection, version);
    const { plain, blob } = await generateDataKey(ctx, kmsKeyArn(connection.kmsKey!, connection), use);
    await keepOpen(ctx, connection, version, plain);
    const text = encryptUnder(plain, JSON.stringify(authorization), ctx.random(12));
    return { sealed: text, dataKey: { version, blob } };
  });
}

async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | { readonly refused: string }> {
  try {
    return await ask();
  } catch (error) {
    const { name, message } = error as Error;
    if (!REFUSED.test(name)) throw error;
    return { refused: message };
  }
}

function keepOpen(ctx: Context, connection: Named, version: string, plain: Uint8Array): Promise<unknown> {
  const until = ctx.now.getTime() + KEPT_MS;
  const kept = ctx.secrets.seal(PURPOSE, plain, ctx.random(12));
  return ctx.store.replace(openKeys, { secret: secretArn(connection), version, sealed: kept, until });
}

/** The connection's key is no longer at hand: KMS has to be asked, which is done inside a write set. */
class KeyWanted extends Error {
  override readonly name = 'KeyWanted';
  readonly connection: Connection;
  constructor(connection: Connection) {
    super(`The key of connection ${connection.name} is to be opened.`);
    this.connection = connection;
  }
}

interface Reader {
  readonly store: Pick<Transaction, 'get'>;
  readonly secrets: Secrets;
  readonly now: Date;
}

/** Undefined of a connection that was deauthorized. @throws KeyWanted, for the handlers of `withKeys` */
export async function openedConnection(around: Reader, connection: Connection): Promise<Authorization | undefined> {
  const { dataKey, sealed: text } = connection;
  if (dataKey === undefined || text === undefined) return opened(around.secrets, connection);
  const kept = await around.store.get(openKeys, [secretArn(connection)]);
  const current = kept?.version === dataKey.version && kept.until > around.now.getTime();
  const plain = current ? around.secrets.open(PURPOSE, kept.sealed) : undefined;
  if (!plain) throw new KeyWanted(connection);
  return JSON.parse(decryptUnder(plain, text)) as Authorization;
}

/** Inside a request: KMS is asked where it has to be. Undefined also where it refuses. */
export async function openedByKms(ctx: Context, connection: Connection): Promise<Authorization | undefined> {
  const { dataKey } = connection;
  if (dataKey === undefined) return opened(ctx.secrets, connection);
  const refused = await unlessRefused(() => openKey(ctx, connection, dataKey));
  return refused ? undefined : openedConnection(ctx, connection);
}

async function openKey(ctx: Context, connection: Connection, dataKey: NonNullable<Connection['dataKey']>) {
  const use = await useOf(ctx, connection, dataKey.version);
  await keepOpen(ctx, connection, dataKey.version, await decryptDataKey(ctx, dataKey.blob, use));
}

/** A handler that reaches outside with a connection: keys that it lacks are opened, and it begins again. */
export const withKeys = <Body, Seen>(handler: TaskHandler<Body, Seen>): TaskHandler<Body, Seen> => ({
  ...handler,
  async failed(task, ctx, error) {
    if (!(error instanceof KeyWanted)) {
      if (handler.failed) return handler.failed(task, ctx, error);
      throw error;
    }
    await openOrDeauthorize(ctx, error.connection);
    return putOff(ctx.store, task, ctx.now.getTime());
  },
});

async function openOrDeauthorize(ctx: Context, { account, region, name }: Connection): Promise<void> {
  const connection = await ctx.store.get(connections, [account, region, name]);
  const { dataKey } = connection ?? {};
  if (!connection || !dataKey) return;
  const refused = await unlessRefused(() => openKey(ctx, connection, dataKey));
  if (refused) await deauthorize(ctx, connection, refused.refused);
}

/** All that it knew is forgotten. */
export async function deauthorize(ctx: Context, before: Connection, reason?: string): Promise<Connection> {
  const { sealed: _, dataKey: __, shown: ___, reason: ____, ...kept } = before;
  const modified = ctx.now.toISOString();
  const connection: Connection = { ...kept, state: 'DEAUTHORIZED', ...(reason !== undefined && { reason }), modified };
  await ctx.store.replace(connections, connection);
  await forgetOpenKey(ctx.store, connection);
  return connection;
}

export const forgetOpenKey = (store: Transaction, connection: Named) => store.remove(openKeys, [secretArn(connection)]);
