import { type Cloud, testCloud } from '../../../testing/cloud.ts';

export const POLICY = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: ['logs:CallWithBearerToken', 'logs:PutLogEvents'], Resource: '*' },
};

export interface Sent {
  readonly path?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly query?: string;
}

/** A group that lets tokens in, and a user who has one. */
export async function listening(policy: object = POLICY) {
  const cloud = await testCloud();
  const { iam, logs } = cloud.root;
  await cloud.user('sender', policy);
  const made = { UserName: 'sender', ServiceName: 'logs.amazonaws.com', CredentialAgeDays: 30 };
  const { ServiceSpecificCredential: credential } = await iam.createServiceSpecificCredential(made);
  const token = credential!.ServiceCredentialSecret!;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const enabled = (bearerTokenAuthenticationEnabled: boolean) =>
    logs.putBearerTokenAuthentication({ logGroupIdentifier: 'app', bearerTokenAuthenticationEnabled });
  await enabled(true);
  const send = async ({ path = '/services/collector/event', body = '', headers = {}, query }: Sent) => {
    const answer = await cloud.send({
      path,
      query: query ?? 'logGroup=app&logStream=s',
      headers: {
        host: 'logs.us-east-1.amazonaws.com',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        ...headers,
      },
      body: Buffer.from(body as string),
    });
    const text = Buffer.from(answer.body as string).toString();
    return { status: answer.status, body: text, bytes: Buffer.from(answer.body as Uint8Array) };
  };
  return { cloud, logs, iam, send, token, id: credential!.ServiceSpecificCredentialId!, enabled };
}

export async function events(cloud: Cloud) {
  const found = await cloud.root.logs.filterLogEvents({ logGroupName: 'app' });
  return found.events!.map(({ timestamp, message }) => [timestamp! - cloud.now().getTime(), message] as const);
}

export const texts = async (cloud: Cloud) => (await events(cloud)).map(([, message]) => message);

export const EVENT = '{"event":"x"}';
