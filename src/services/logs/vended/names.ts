/** ARNs of delivery sources, deliveries and destinations, and how it is said that there is none. */
export const SOURCE = 'delivery-source';
export const DELIVERY = 'delivery';
export const DESTINATION = 'delivery-destination';

export const arnOf = ({ account, region }: { account: string; region: string }, kind: string, name: string) =>
  `arn:aws:logs:${region}:${account}:${kind}:${name}`;

export const absent = (what: string) => `Requested ${what} does not exist in this account.`;
