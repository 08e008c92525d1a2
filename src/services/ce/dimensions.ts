/**
 * Dimensions: what a metered row has, and which of them each operation takes. AWS knows more dimensions than API calls
 * have (AZ, INSTANCE_TYPE, …): a row is without a value there, as a call to IAM is without one in AWS's own bill.
 */
import { Dimension } from '@aws-sdk/client-cost-explorer';
import { ValidationFailure } from '../../core/errors.ts';
import type { MeteredRow } from './usage.ts';

const VALUES: Readonly<Record<string, (row: MeteredRow) => string>> = {
  LINKED_ACCOUNT: (row) => row.account,
  OPERATION: (row) => row.operation,
  PAYER_ACCOUNT: (row) => row.payer,
  RECORD_TYPE: () => 'Usage',
  REGION: (row) => row.region,
  SERVICE: (row) => row.service,
  USAGE_TYPE: (row) => row.usageType,
};

/** Undefined where a row has no value. */
export const dimensionOf = (name: string, row: MeteredRow): string | undefined => VALUES[name]?.(row);

/** For cost category rules, resources and anomalies: not for what Cost Explorer's reports are asked. */
const NOT_FOR_REPORTS: ReadonlySet<string> = new Set([
  'AGREEMENT_END_DATE_TIME_AFTER',
  'AGREEMENT_END_DATE_TIME_BEFORE',
  'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
  'ANOMALY_TOTAL_IMPACT_PERCENTAGE',
  'LINKED_ACCOUNT_NAME',
  'RESOURCE_ID',
  'RIGHTSIZING_TYPE',
  'SERVICE_CODE',
]);

const REPORTED = Object.values(Dimension).filter((name) => !NOT_FOR_REPORTS.has(name));

/** The name, if a report may be filtered and grouped by it. */
export function reportedDimension(name: string | undefined): string {
  if (name !== undefined && NOT_FOR_REPORTS.has(name)) throw new ValidationFailure(`Dimension ${name} is not allowed.`);
  if (name === undefined || !(REPORTED as readonly string[]).includes(name)) {
    throw new ValidationFailure(`Dimension not valid. Valid values are ${REPORTED.join(', ')}`);
  }
  return name;
}

/** The group of rows without a value: `NoInstanceType`. */
export function absentGroup(dimension: string): string {
  const words = dimension.split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return dimension === 'AZ' ? 'NoAZ' : `No${words.join('')}`;
}
