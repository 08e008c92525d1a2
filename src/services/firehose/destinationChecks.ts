/** What may be asked of a destination: the rest is refused before the stream is made. */
import type { CloudWatchLoggingOptions, ProcessingConfiguration } from '@aws-sdk/client-firehose';
import { notImplemented } from '../../core/errors.ts';
import { packingOf } from './compression.ts';
import { isZone } from './dateFormats.ts';
import { refuse } from './errors.ts';
import { prefixFault } from './prefixes.ts';
import type { Destination, ExtendedS3Settings, S3Settings } from './streamRows.ts';

/** @throws InvalidArgumentException, and NotImplemented of what this plane does not do */
export function requireSound(destination: Destination): void {
  if (destination.kind === 's3') requireSoundS3(destination.settings, destination.backup);
  else {
    const { settings, backup } = destination;
    requireHints(settings.BufferingHints);
    requireLogging(settings.CloudWatchLoggingOptions);
    requireProcessing(settings.ProcessingConfiguration);
    if (settings.SecretsManagerConfiguration?.Enabled) notImplemented('A secret of AWS Secrets Manager');
    requireUrl(settings.EndpointConfiguration?.Url ?? '');
    requireBucket(backup);
  }
}

function requireSoundS3(settings: ExtendedS3Settings, backup: S3Settings | undefined): void {
  requireProcessing(settings.ProcessingConfiguration);
  if (settings.DataFormatConversionConfiguration?.Enabled) notImplemented('Conversion of the record format');
  if (settings.DynamicPartitioningConfiguration?.Enabled) notImplemented('Dynamic partitioning');
  requireBucket(settings);
  const { CustomTimeZone, S3BackupMode } = settings;
  if (CustomTimeZone && !isZone(CustomTimeZone)) refuse(`CustomTimeZone ${CustomTimeZone} is not supported.`);
  if (S3BackupMode === 'Enabled' && !backup) {
    refuse('S3BackupConfiguration must be specified when S3BackupMode is Enabled.');
  }
  if (backup) requireBucket(backup);
}

function requireBucket(settings: S3Settings): void {
  requireHints(settings.BufferingHints);
  requireLogging(settings.CloudWatchLoggingOptions);
  packingOf(settings.CompressionFormat);
  const fault = prefixFault(settings.Prefix, settings.ErrorOutputPrefix, undefined);
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

function requireProcessing(configuration: ProcessingConfiguration | undefined): void {
  if (!configuration?.Enabled) return;
  for (const { Type } of configuration.Processors ?? []) notImplemented(`The processor ${Type}`);
}

function requireUrl(text: string): void {
  if (!URL.canParse(text)) refuse(`The URL ${text} of the HTTP endpoint is not valid.`);
}
