/**
 * Partner event sources: what one account (the partner) offers another. In AWS a partner registers its name with
 * Amazon; here a name is the account's that first makes a source under it.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html
 */
import type { EventSourceState } from '@aws-sdk/client-eventbridge';
import type { Transaction } from '../../store/store.ts';
import { table } from '../../store/store.ts';

export interface PartnerSource {
  readonly region: string;
  /** `aws.partner/example.com/orders/eu` */
  readonly name: string;
  /** The account that it is offered to. */
  readonly account: string;
  /** The partner's account. */
  readonly partner: string;
  readonly state: EventSourceState;
  readonly created: string;
  /** Milliseconds: until when it must be taken up. */
  readonly expires?: number;
}

/** Index `customer`: [account, region]; `partner`: [partner, region]. */
export const partnerSources = table<PartnerSource>('events_partner_source', {
  key: ({ region, name, account }) => [region, name, account],
  indexes: {
    customer: ({ account, region, name }) => [[account, region, name]],
    partner: ({ partner, region, name }) => [[partner, region, name]],
  },
});

/** Whose a partner's name is. */
export const partnerNames = table<{ readonly name: string; readonly account: string }>('events_partner', {
  key: ({ name }) => [name],
});

/** `example.com` */
export const partnerNameIn = (source: string) => source.split('/')[1] ?? '';

export const sourceArn = (region: string, name: string) => `arn:aws:events:${region}::event-source/${name}`;

export const findSource = (tx: Pick<Transaction, 'get'>, region: string, name: string, account: string) =>
  tx.get(partnerSources, [region, name, account]);

const OFFERED_MS = 14 * 86_400_000;

/** Until when a source that is offered now can be taken up. */
export const offeredUntil = (now: Date) => now.getTime() + OFFERED_MS;

/** As it is now: an offer that nobody took up in time is gone. */
export const isThere = ({ state, expires }: PartnerSource, now: Date) =>
  state !== 'PENDING' || expires === undefined || expires > now.getTime();
