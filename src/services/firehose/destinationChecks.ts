/** What may be asked of a destination: the rest is refused before the stream is made. */
import type { CloudWatchLoggingOptions } from '@aws-sdk/client-firehose';
import { notImplemented } from '../../core/errors.ts';
import { isLoopback } from '../../core/outbound.ts';
import { isTimeZone } from '../../core/zones.ts';
import { packingOf } from './compression.ts';
import { refuse } from './errors.ts';
import { prefixFault } from './prefixes.ts';
import { processingOf } from './processors.ts';
import type { Destination, ExtendedS3Settings, S3Settings } from './streamRows.ts';

/** @throws InvalidArgumentException, and NotImplemented of what this plane does not do */
export function requireSound(destination: Destination): void {
  if (destination.kind === 's3') requireSoundS3(destination.settings, destination.backup);
  else {
    const { settings, backup } = destination;
    requireHints(settings.BufferingHints);
    requireLogging(settings.CloudWatchLoggingOptions);
    if (processingOf(settings.ProcessingConfiguration).keys) refuse('Partition keys need an S3 destination.');
    if (settings.SecretsManagerConfiguration?.Enabled) notImplemented('A secret of AWS Secrets Manager');
    requireUrl(settings.EndpointConfiguration?.Url ?? '');
    requireBucket(backup);
  }
}

function requireSoundS3(settings: ExtendedS3Settings, backup: S3Settings | undefined): void {
  const { keys } = processingOf(settings.ProcessingConfiguration);
  requirePartitioning(settings, keys !== undefined);
  if (settings.DataFormatConversionConfiguration?.Enabled) notImplemented('Conversion of the record format');
  requireBucket(settings, keys && new Set(keys.keys()));
  const { CustomTimeZone, S3BackupMode } = settings;
  if (CustomTimeZone && !isTimeZone(CustomTimeZone)) refuse(`CustomTimeZone ${CustomTimeZone} is not supported.`);
  if (S3BackupMode === 'Enabled' && !backup) {
    refuse('S3BackupConfiguration must be specified when S3BackupMode is Enabled.');
  }
  if (backup) requireBucket(backup);
}

/** Seconds: as AWS has it where nothing is said. */
const RETRIED_STANDARD = 300;

/** Partitions are buffered each for itself: that takes room and time. */
function requirePartitioning(settings: ExtendedS3Settings, hasKeys: boolean): void {
  const { Enabled: isEnabled = false, RetryOptions } = settings.DynamicPartitioningConfiguration ?? {};
  if (hasKeys && !isEnabled) refuse('Partition keys need dynamic partitioning to be enabled.');
  if (!isEnabled) return;
  if ((RetryOptions?.DurationInSeconds ?? RETRIED_STANDARD) !== RETRIED_STANDARD) {
    notImplemented(`RetryOptions of dynamic partitioning other than ${RETRIED_STANDARD} seconds`);
  }
  if (!hasKeys) refuse('Dynamic partitioning needs the processor MetadataExtraction.');
  const { SizeInMBs = 0, IntervalInSeconds = 0 } = settings.BufferingHints ?? {};
  if (SizeInMBs < 64) refuse('BufferingHints.SizeInMBs must be at least 64 when dynamic partitioning is enabled.');
  if (IntervalInSeconds < 60) {
    refuse('BufferingHints.IntervalInSeconds must be at least 60 when dynamic partitioning is enabled.');
  }
}

function requireBucket(settings: S3Settings, keys?: ReadonlySet<string>): void {
  requireHints(settings.BufferingHints);
  requireLogging(settings.CloudWatchLoggingOptions);
  packingOf(settings.CompressionFormat);
  const fault = prefixFault(settings.Prefix, settings.ErrorOutputPrefix, keys);
  if (fault) refuse(fault);
  const { NoEncryptionConfig, KMSEncryptionConfig } = settings.EncryptionConfiguration ?? {};
  if (NoEncryptionConfig && KMSEncryptionConfig) {
    refuse('NoEncryptionConfig and KMSEncryptionConfig cannot be specified together.');
  }
}

type Hints = { readonly SizeInMBs?: number | undefined; readonly IntervalInSeconds?: number | undefined } | undefined;

function requireHints(hints: Hints): void {
  if ((hints?.SizeInMBs === undefined) === (hints?.IntervalInSeconds === undefined)) return;
  refuse('BufferingHints must specify both SizeInMBs and IntervalInSeconds.');
}

function requireLogging(options: CloudWatchLoggingOptions | undefined): void {
  if (!options?.Enabled || (options.LogGroupName && options.LogStreamName)) return;
  refuse('LogGroupName and LogStreamName must be specified when CloudWatch logging is enabled.');
}

function requireUrl(text: string): void {
  const url = URL.parse(text);
  if (!url) refuse(`The URL ${text} of the HTTP endpoint is not valid.`);
  else if (url.port !== '' && !isLoopback(url)) refuse('Only port 443 is supported for HTTP endpoints.');
}
