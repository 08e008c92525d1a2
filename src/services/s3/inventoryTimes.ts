/** When inventory reports are due: daily at midnight UTC, weekly on Sundays. */
import type { InventoryConfiguration } from '@aws-sdk/client-s3';

const DAY_MS = 86_400_000;
/** 1 January 1970 was a Thursday. */
const FIRST_SUNDAY_DAY = 3;

/** Milliseconds of the first report after a time. */
export function nextReport({ Schedule }: InventoryConfiguration, after: Date): number {
  const day = Math.floor(after.getTime() / DAY_MS) + 1;
  if (Schedule?.Frequency !== 'Weekly') return day * DAY_MS;
  return (day + ((((FIRST_SUNDAY_DAY - day) % 7) + 7) % 7)) * DAY_MS;
}
