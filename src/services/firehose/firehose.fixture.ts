/** A bucket, a role that Firehose may take, and streams that deliver there. */
import type { CreateDeliveryStreamInput, ExtendedS3DestinationConfiguration } from '@aws-sdk/client-firehose';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

export const BUCKET = 'delivered';
export const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};
const ALLOWED = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['s3:PutObject', 'logs:PutLogEvents', 'kms:*'], Resource: '*' }],
};

export async function roleFor(cloud: Cloud, name: string, policy: object = ALLOWED, trust: object = TRUST) {
  const { iam } = cloud.root;
  const { Role } = await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) });
  await iam.putRolePolicy({ RoleName: name, PolicyName: 'deliver', PolicyDocument: JSON.stringify(policy) });
  return Role!.Arn!;
}

export type Deliveries = Awaited<ReturnType<typeof deliveries>>;

export async function deliveries(options?: Parameters<typeof testCloud>[0]) {
  const cloud = await testCloud(options);
  const { firehose, s3 } = cloud.root;
  await s3.createBucket({ Bucket: BUCKET });
  const role = await roleFor(cloud, 'deliverer');
  const s3Config = (more: Partial<ExtendedS3DestinationConfiguration> = {}) => ({
    RoleARN: role,
    BucketARN: `arn:aws:s3:::${BUCKET}`,
    ...more,
  });
  const create = async (name: string, more: Partial<CreateDeliveryStreamInput> = {}) => {
    await firehose.createDeliveryStream({ DeliveryStreamName: name, ...more });
    cloud.advance('PT10S');
  };
  return {
    cloud,
    firehose,
    s3,
    role,
    s3Config,
    create,
    /** A stream that delivers to the bucket. */
    stream: (name: string, more: Partial<ExtendedS3DestinationConfiguration> = {}) =>
      create(name, { ExtendedS3DestinationConfiguration: s3Config(more) }),
    put: (name: string, ...texts: string[]) =>
      firehose.putRecordBatch({
        DeliveryStreamName: name,
        Records: texts.map((text) => ({ Data: Buffer.from(text) })),
      }),
    /** Key and bytes of each object, in the order of their keys. */
    async objects(bucket = BUCKET) {
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: bucket });
      return Promise.all(
        Contents.map(async ({ Key }) => {
          const { Body } = await s3.getObject({ Bucket: bucket, Key });
          return { key: Key!, bytes: Buffer.from(await Body!.transformToByteArray()) };
        }),
      );
    },
    async after(duration: string) {
      cloud.advance(duration);
      await cloud.settle();
    },
  };
}
