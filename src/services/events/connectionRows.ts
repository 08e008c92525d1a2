/** Connections: how an API destination knows who calls. What is secret is sealed. */
import type { ConnectionAuthResponseParameters, ConnectionHttpParameters } from '@aws-sdk/client-eventbridge';
import type { Secrets } from '../../core/secrets.ts';
import { type Transaction, table } from '../../store/store.ts';

export type AuthorizationType = 'BASIC' | 'OAUTH_CLIENT_CREDENTIALS' | 'API_KEY';

/** All of it, as it is sealed. */
export interface Authorization {
  readonly basic?: { readonly Username: string; readonly Password: string };
  readonly apiKey?: { readonly ApiKeyName: string; readonly ApiKeyValue: string };
  readonly oauth?: {
    readonly ClientID: string;
    readonly ClientSecret: string;
    readonly endpoint: string;
    readonly method: string;
    readonly parameters?: ConnectionHttpParameters;
  };
  readonly invocation?: ConnectionHttpParameters;
}

export interface Connection {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** In the ARN. */
  readonly id: string;
  readonly description?: string;
  readonly type: AuthorizationType;
  readonly state: 'AUTHORIZED' | 'AUTHORIZING' | 'DEAUTHORIZED';
  readonly reason?: string;
  /** Key that its secret is encrypted under, as it was given. */
  readonly kmsKey?: string;
  /** An `Authorization`, sealed; absent of a connection that was deauthorized. */
  readonly sealed?: string;
  /** Where it has a key, that of what is sealed; see connectionKeys.ts. */
  readonly dataKey?: { readonly version: string; readonly blob: string };
  /** What of the authorization is no secret, where it has a key. */
  readonly shown?: ConnectionAuthResponseParameters;
  readonly created: string;
  readonly modified: string;
  readonly authorized?: string;
}

/** Index `place`: [account, region]. */
export const connections = table<Connection>('events_connection', {
  key: (connection) => [connection.account, connection.region, connection.name],
  indexes: { place: (connection) => [[connection.account, connection.region]] },
});

type Named = Pick<Connection, 'account' | 'region' | 'name' | 'id'>;

export const connectionArn = ({ account, region, name, id }: Named) =>
  `arn:aws:events:${region}:${account}:connection/${name}/${id}`;

/** Where AWS keeps what is secret; here the row itself does, sealed. */
export const secretArn = ({ account, region, name, id }: Named) =>
  `arn:aws:secretsmanager:${region}:${account}:secret:events!connection/${name}/${id}-${id.slice(0, 6)}`;

export async function connectionOf(tx: Pick<Transaction, 'get'>, arn: string): Promise<Connection | undefined> {
  const [, region, account, name, id] =
    /^arn:[\w-]+:events:([a-z0-9-]+):(\d{12}):connection\/([^/]+)\/([^/]+)$/.exec(arn) ?? [];
  if (region === undefined || account === undefined || name === undefined) return undefined;
  const row = await tx.get(connections, [account, region, name]);
  return row?.id === id ? row : undefined;
}

const PURPOSE = 'events-connection';

export const sealed = (secrets: Secrets, authorization: Authorization, nonce: Uint8Array): string =>
  secrets.seal(PURPOSE, JSON.stringify(authorization), nonce);

export function opened(secrets: Secrets, connection: Connection): Authorization | undefined {
  const plain = connection.sealed === undefined ? undefined : secrets.open(PURPOSE, connection.sealed);
  return plain && (JSON.parse(plain.toString('utf8')) as Authorization);
}
