/** Delivery destinations: where services' logs may be sent. */
import type { DeliveryDestinationType, OutputFormat } from '@aws-sdk/client-cloudwatch-logs';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface DeliveryDestination {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly type: DeliveryDestinationType;
  readonly resource?: string | undefined;
  readonly format?: OutputFormat | undefined;
  readonly role?: string | undefined;
  readonly policy?: string | undefined;
  readonly tags: readonly Tag[];
}

export const deliveryDestinations = table<DeliveryDestination>('logs_delivery_destination', {
  key: (destination) => [destination.account, destination.region, destination.name],
});
