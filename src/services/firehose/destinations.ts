/** What a stream delivers to: as it is asked for, with what Firehose adds, as it changes, and as it is shown. */
import type {
  CreateDeliveryStreamInput,
  DestinationDescription,
  ExtendedS3DestinationConfiguration,
  ExtendedS3DestinationUpdate,
  HttpEndpointDestinationConfiguration,
  HttpEndpointDestinationUpdate,
  S3DestinationConfiguration,
  S3DestinationDescription,
  S3DestinationUpdate,
  UpdateDestinationInput,
} from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import { notImplemented } from '../../core/errors.ts';
import { requireSound } from './destinationChecks.ts';
import { refuse } from './errors.ts';
import type { Destination, ExtendedS3Settings, HttpSettings, S3Settings } from './streamRows.ts';

type Asked = Partial<CreateDeliveryStreamInput> & Partial<UpdateDestinationInput>;

/** Destinations that are not on this plane, as members of the input begin. */
const ABSENT: readonly (readonly [member: string, name: string])[] = [
  ['Redshift', 'Amazon Redshift'],
  ['Elasticsearch', 'Amazon Elasticsearch Service'],
  ['Amazonopensearchservice', 'Amazon OpenSearch Service'],
  ['AmazonOpenSearchServerless', 'Amazon OpenSearch Serverless'],
  ['Splunk', 'Splunk'],
  ['Snowflake', 'Snowflake'],
  ['Iceberg', 'Apache Iceberg Tables'],
];

/** The one kind of destination that is asked for, with its configuration. @throws InvalidArgumentException */
function askedFor(input: Asked, ending: 'Configuration' | 'Update') {
  const members = Object.entries(input).filter(
    ([name, value]) => name.endsWith(`Destination${ending}`) && value !== undefined,
  );
  const [only] = members;
  if (!only) return refuse('No destination is specified.');
  const [name, config] = only;
  const absent = ABSENT.find(([member]) => name === `${member}Destination${ending}`);
  if (absent) notImplemented(`${absent[1]} as a destination`);
  const kinds = new Set(members.map(([member]) => (member.startsWith('HttpEndpoint') ? 'http' : 's3')));
  if (kinds.size > 1 || members.length > 1)
    refuse('Exactly one destination configuration is supported for a Firehose.');
  return { kind: name.startsWith('HttpEndpoint') ? ('http' as const) : ('s3' as const), config: config as object };
}

const HINTS = { SizeInMBs: 5, IntervalInSeconds: 300 };

/** Leaves out what nobody said. */
function said<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;
}

const STANDARDS = {
  BufferingHints: HINTS,
  CompressionFormat: 'UNCOMPRESSED' as const,
  EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' as const },
  CloudWatchLoggingOptions: { Enabled: false },
};

/** What a bucket has to be told by; the same of a backup. */
function s3Settings(config: S3DestinationConfiguration | S3DestinationUpdate, before?: S3Settings): S3Settings {
  const { RoleARN = before?.RoleARN, BucketARN = before?.BucketARN } = config;
  if (RoleARN === undefined) refuse('RoleARN of the S3 destination must be specified.');
  if (BucketARN === undefined) refuse('BucketARN of the S3 destination must be specified.');
  return { ...STANDARDS, ...before, ...said(config) } as S3Settings;
}

type ExtendedConfig = ExtendedS3DestinationConfiguration | ExtendedS3DestinationUpdate;

function s3Destination(config: ExtendedConfig, before?: Destination): Destination {
  const old = before?.kind === 's3' ? before : undefined;
  const { S3BackupConfiguration, S3BackupUpdate, ...own } = config as ExtendedS3DestinationConfiguration &
    ExtendedS3DestinationUpdate;
  const asked = S3BackupConfiguration ?? S3BackupUpdate;
  const backup = asked ? s3Settings(asked, old?.backup) : old?.backup;
  const settings = {
    S3BackupMode: 'Disabled',
    ...s3Settings(own, old?.settings),
  } as ExtendedS3Settings;
  return { kind: 's3', settings, ...(backup && { backup }) };
}

type HttpConfig = HttpEndpointDestinationConfiguration | HttpEndpointDestinationUpdate;
const ACCESS_KEY = 'firehose-access-key';

function httpDestination(ctx: Context, config: HttpConfig, before?: Destination): Destination {
  const old = before?.kind === 'http' ? before : undefined;
  const { S3Configuration, S3Update, EndpointConfiguration, ...own } = config as HttpEndpointDestinationConfiguration &
    HttpEndpointDestinationUpdate;
  const { AccessKey, ...endpoint } = EndpointConfiguration ?? { Url: undefined };
  const s3 = S3Configuration ?? S3Update;
  if (!s3 && !old) refuse('S3Configuration of the HTTP endpoint destination must be specified.');
  if (!EndpointConfiguration && !old) refuse('EndpointConfiguration must be specified.');
  const settings = said({
    BufferingHints: HINTS,
    CloudWatchLoggingOptions: { Enabled: false },
    RequestConfiguration: { ContentEncoding: 'NONE' as const, CommonAttributes: [] },
    RetryOptions: { DurationInSeconds: 300 },
    S3BackupMode: 'FailedDataOnly' as const,
    ...old?.settings,
    ...said(own),
    EndpointConfiguration: EndpointConfiguration ? endpoint : old?.settings.EndpointConfiguration,
  }) as HttpSettings;
  const isElsewhere = EndpointConfiguration && endpoint.Url !== old?.settings.EndpointConfiguration?.Url;
  // The key of one endpoint is not told to another.
  const kept = isElsewhere ? undefined : old?.accessKey;
  const sealed = AccessKey === undefined ? kept : ctx.secrets.seal(ACCESS_KEY, AccessKey, ctx.random(12));
  const backup = s3 ? s3Settings(s3, old?.backup) : old!.backup;
  return { kind: 'http', settings, backup, ...(sealed !== undefined && { accessKey: sealed }) };
}

/** @throws InvalidArgumentException, and NotImplemented of what this plane does not have */
export function newDestination(ctx: Context, input: Asked): Destination {
  const { kind, config } = askedFor(input, 'Configuration');
  const made = kind === 's3' ? s3Destination(config) : httpDestination(ctx, config);
  requireSound(made);
  return made;
}

/** What is not said stays, where the destination is of the same kind. */
export function changedDestination(ctx: Context, input: Asked, before: Destination): Destination {
  const { kind, config } = askedFor(input, 'Update');
  const made = kind === 's3' ? s3Destination(config, before) : httpDestination(ctx, config, before);
  requireSound(made);
  if (isPartitioning(made) !== isPartitioning(before)) {
    refuse('Dynamic partitioning cannot be enabled or disabled for an existing Firehose.');
  }
  return made;
}

const isPartitioning = (destination: Destination) =>
  destination.kind === 's3' && destination.settings.DynamicPartitioningConfiguration?.Enabled === true;

export const accessKeyOf = (ctx: Pick<Context, 'secrets'>, sealed: string | undefined): string | undefined =>
  sealed === undefined ? undefined : ctx.secrets.open(ACCESS_KEY, sealed)?.toString('utf8');

const BASIC = [
  ...['RoleARN', 'BucketARN', 'Prefix', 'ErrorOutputPrefix', 'BufferingHints', 'CompressionFormat'],
  ...['EncryptionConfiguration', 'CloudWatchLoggingOptions'],
];

const basic = (settings: ExtendedS3Settings): S3DestinationDescription =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => BASIC.includes(name))) as unknown as S3Settings;

export function destinationView(destination: Destination): DestinationDescription {
  const DestinationId = DESTINATION_ID;
  if (destination.kind === 'http') {
    const HttpEndpointDestinationDescription = {
      ...destination.settings,
      S3DestinationDescription: destination.backup,
    };
    return { DestinationId, HttpEndpointDestinationDescription };
  }
  const { settings, backup } = destination;
  return {
    DestinationId,
    S3DestinationDescription: basic(settings),
    ExtendedS3DestinationDescription: { ...settings, ...(backup && { S3BackupDescription: backup }) },
  };
}

/** A stream has one. */
export const DESTINATION_ID = 'destinationId-000000000001';

/** Roles that the stream is given: whoever gives them must be allowed to. */
export function rolesIn(input: Asked): readonly string[] {
  const roles = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, each] of Object.entries(value)) {
      if (name === 'RoleARN' && typeof each === 'string') roles.add(each);
      else look(each);
    }
  };
  look(input);
  return [...roles];
}
