/**
 * Buckets as web sites: what is set. How requests are answered is in websitePages.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html
 */
import type {
  DeleteBucketWebsiteRequest,
  GetBucketWebsiteOutput,
  GetBucketWebsiteRequest,
  PutBucketWebsiteRequest,
  RoutingRule,
  WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import { CommonError } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { s3Error } from './errors.ts';
import { onBucket } from './onBucket.ts';
import { changeSettings } from './settings.ts';

export const noSuchWebsite = (BucketName: string) =>
  new CommonError('NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration', 404, {
    details: { BucketName },
  });

export const GetBucketWebsite = onBucket<Present<GetBucketWebsiteRequest>, GetBucketWebsiteOutput>({
  action: 's3:GetBucketWebsite',
  async run(_input, _ctx, { settings: { bucket, website } }) {
    if (!website) throw noSuchWebsite(bucket);
    return website;
  },
});

export const PutBucketWebsite = onBucket<Present<PutBucketWebsiteRequest>, object>({
  action: 's3:PutBucketWebsite',
  async run(input, ctx, { bucket }) {
    requireWebsite(input.WebsiteConfiguration);
    await changeSettings(ctx, bucket.name, { website: input.WebsiteConfiguration });
    return {};
  },
});

export const DeleteBucketWebsite = onBucket<Present<DeleteBucketWebsiteRequest>, object>({
  action: 's3:DeleteBucketWebsite',
  async run(_input, ctx, { bucket }) {
    await changeSettings(ctx, bucket.name, { website: undefined });
    return {};
  },
});

const RULES_MAX = 50;

const invalid = (message: string) => s3Error('InvalidArgument', { message });

function requireWebsite(website: WebsiteConfiguration): void {
  const { RedirectAllRequestsTo: elsewhere, IndexDocument: index, ErrorDocument: error, RoutingRules: rules } = website;
  if (elsewhere) {
    if (index || error || rules) {
      throw s3Error('InvalidRequest', {
        message: 'RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.',
      });
    }
    if (!elsewhere.HostName) throw s3Error('MalformedXML');
    requireProtocol(elsewhere.Protocol);
    return;
  }
  const suffix = index?.Suffix;
  if (suffix === undefined) {
    throw invalid('A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty');
  }
  if (suffix === '' || suffix.includes('/')) throw invalid('The IndexDocument Suffix is not well formed');
  if (error && !error.Key) throw s3Error('MalformedXML');
  if ((rules?.length ?? 0) > RULES_MAX) {
    const message = `The number of website routing rules must not exceed the allowed limit of ${RULES_MAX}`;
    throw s3Error('InvalidRequest', { message });
  }
  for (const rule of rules ?? []) requireRule(rule);
}

function requireProtocol(protocol: string | undefined): void {
  if (protocol === undefined || protocol === 'http' || protocol === 'https') return;
  const choice = 'protocol can be http or https. If not defined the protocol will be selected automatically.';
  throw s3Error('InvalidRequest', { message: `Invalid protocol, ${choice}` });
}

function requireRule({ Redirect: to, Condition: when }: RoutingRule): void {
  if (!to || Object.values(to).every((value) => value === undefined)) throw s3Error('MalformedXML');
  requireProtocol(to.Protocol);
  if (to.ReplaceKeyWith !== undefined && to.ReplaceKeyPrefixWith !== undefined) {
    throw s3Error('InvalidRequest', { message: 'You can only define ReplaceKeyPrefix or ReplaceKey but not both.' });
  }
  const code = to.HttpRedirectCode;
  if (code !== undefined && !/^3(?!00)\d\d$/.test(code)) {
    const message = `The provided HTTP redirect code (${code}) is not valid. Valid codes are 3XX except 300.`;
    throw s3Error('InvalidRequest', { message });
  }
  const error = when?.HttpErrorCodeReturnedEquals;
  if (error !== undefined && !/^[45]\d\d$/.test(error)) {
    const message = `The provided HTTP error code (${error}) is not valid. Valid codes are 4XX or 5XX.`;
    throw s3Error('InvalidRequest', { message });
  }
  if (when && when.KeyPrefixEquals === undefined && error === undefined) {
    throw s3Error('InvalidRequest', {
      message:
        "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.",
    });
  }
}
