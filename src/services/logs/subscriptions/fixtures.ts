/** What the tests of subscriptions have in common. */
import { gunzipSync } from 'node:zlib';
import type { Clients, Cloud } from '../../../testing/cloud.ts';

/** Whatever a cloud or a member account is asked through. */
export interface Side {
  readonly clients: Clients;
  readonly account: string;
}

export const own = (cloud: Cloud): Side => ({ clients: cloud.root, account: cloud.managementAccount });

interface RoleWishes {
  readonly service?: string;
  readonly condition?: object;
}

/** A role that a service may assume, and what it may do. */
export async function roleFor({ clients }: Side, name: string, actions: string | string[], wishes: RoleWishes = {}) {
  const { service = 'logs.amazonaws.com', condition } = wishes;
  const Principal = { Service: service };
  const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(condition && { Condition: condition }) };
  const may = { Effect: 'Allow', Action: actions, Resource: '*' };
  const policyOf = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await clients.iam.createRole({ RoleName: name, AssumeRolePolicyDocument: policyOf(trust) });
  await clients.iam.putRolePolicy({ RoleName: name, PolicyName: 'may', PolicyDocument: policyOf(may) });
  return Role!.Arn!;
}

/** A delivery stream that is ready; its ARN. */
export async function deliveryStream(cloud: Cloud, side: Side, name: string): Promise<string> {
  const bucket = `${name}-${side.account}`;
  await side.clients.s3.createBucket({ Bucket: bucket });
  const RoleARN = await roleFor(side, `${name}-to-s3`, 's3:*', { service: 'firehose.amazonaws.com' });
  const { DeliveryStreamARN } = await side.clients.firehose.createDeliveryStream({
    DeliveryStreamName: name,
    ExtendedS3DestinationConfiguration: {
      RoleARN,
      BucketARN: `arn:aws:s3:::${bucket}`,
      BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 1 },
    },
  });
  await ready(cloud);
  return DeliveryStreamARN!;
}

export async function ready(cloud: Cloud): Promise<void> {
  await cloud.settle();
  cloud.advance('PT2M');
  await cloud.settle();
}

export interface Message {
  readonly messageType: string;
  readonly owner: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly subscriptionFilters: string[];
  readonly policyLevel?: string;
  readonly logEvents: { id: string; timestamp: number; message: string; extractedFields?: Record<string, string> }[];
}

/** All messages that a delivery stream put into its bucket by now, in order. */
export async function delivered(cloud: Cloud, side: Side, name: string): Promise<Message[]> {
  await ready(cloud);
  const Bucket = `${name}-${side.account}`;
  const { Contents = [] } = await side.clients.s3.listObjectsV2({ Bucket });
  const all: Message[] = [];
  for (const { Key } of Contents) {
    const { Body } = await side.clients.s3.getObject({ Bucket, Key });
    all.push(...messagesIn(await Body!.transformToByteArray()));
  }
  return all;
}

/** Messages one after the other: gzip says where each ends, JSON does not. */
function messagesIn(bytes: Uint8Array): Message[] {
  const text = gunzipSync(bytes).toString();
  return text.split(/(?<=\})(?=\{"messageType")/).map((part) => JSON.parse(part) as Message);
}

/** A group with a stream, and how events are put into it. */
export async function groupFor(cloud: Cloud, { clients: { logs } }: Side, logGroupName = 'app') {
  await logs.createLogGroup({ logGroupName });
  await logs.createLogStream({ logGroupName, logStreamName: 's' });
  return (...messages: string[]) => {
    const timestamp = cloud.now().getTime();
    const logEvents = messages.map((message) => ({ timestamp, message }));
    return logs.putLogEvents({ logGroupName, logStreamName: 's', logEvents });
  };
}

export const texts = (messages: readonly Message[]) =>
  messages
    .filter(({ messageType }) => messageType === 'DATA_MESSAGE')
    .flatMap(({ logEvents }) => logEvents.map(({ message }) => message));
