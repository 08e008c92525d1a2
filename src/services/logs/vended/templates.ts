/** What deliveries of each kind of source can be set to. */
import type {
  ConfigurationTemplate,
  DescribeConfigurationTemplatesRequest,
  DescribeConfigurationTemplatesResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { LOG_SOURCE_KINDS, type LogSourceKind } from '../../../core/vendedLogs.ts';
import { onAccount } from '../access.ts';
import { itemsPage } from '../pages.ts';
import { DEFAULT_SUFFIX, SUFFIX_FIELDS } from './paths.ts';

const DESTINATIONS = ['CWL', 'S3', 'FH'] as const;

export const DescribeConfigurationTemplates = onAccount<
  DescribeConfigurationTemplatesRequest,
  DescribeConfigurationTemplatesResponse
>(async (input) => {
  const wanted = (list: readonly string[] | undefined, value: string | undefined) =>
    !list || list.length === 0 || list.includes(value ?? '');
  const all = LOG_SOURCE_KINDS.flatMap(templatesOf).filter(
    (template) =>
      (input.service ?? template.service) === template.service &&
      wanted(input.logTypes, template.logType) &&
      wanted(input.resourceTypes, template.resourceType) &&
      wanted(input.deliveryDestinationTypes, template.deliveryDestinationType),
  );
  const { items, page } = itemsPage(all, input);
  return { configurationTemplates: [...items], ...page };
});

const templatesOf = (kind: LogSourceKind): ConfigurationTemplate[] =>
  kind.logTypes.flatMap((logType) =>
    DESTINATIONS.map((deliveryDestinationType) => ({
      service: kind.service,
      logType,
      resourceType: kind.resourceType,
      deliveryDestinationType,
      defaultDeliveryConfigValues: {
        recordFields: [...kind.fields],
        ...(deliveryDestinationType === 'S3' && {
          s3DeliveryConfiguration: { suffixPath: DEFAULT_SUFFIX, enableHiveCompatiblePath: false },
        }),
      },
      allowedFields: kind.fields.map((name) => ({ name, mandatory: false })),
      allowedOutputFormats: ['json' as const],
      allowedActionForAllowVendedLogsDeliveryForResource: kind.action,
      ...(deliveryDestinationType === 'S3' && { allowedSuffixPathFields: [...SUFFIX_FIELDS] }),
    })),
  );
