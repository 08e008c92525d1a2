/** Amazon Resource Names: `arn:partition:service:region:account:resource`. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** All that follows the fifth colon. */
  readonly resource: string;
}

/** Undefined if the text is not an ARN. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition, service, region, account, ...rest] = text.split(':');
  if (arn !== 'arn' || !partition || !service || region === undefined || account === undefined) return undefined;
  const resource = rest.join(':');
  return resource === '' ? undefined : { partition, service, region, account, resource };
}

/** The account of an ARN, or undefined where it has none (`arn:aws:s3:::bucket`, `*`). */
export function accountOf(arn: string): string | undefined {
  let colon = -1;
  for (let i = 0; i < 4; i++) {
    colon = arn.indexOf(':', colon + 1);
    if (colon < 0) return undefined;
  }
  const account = arn.slice(colon + 1, colon + 13);
  return /^\d{12}$/.test(account) && arn[colon + 13] === ':' ? account : undefined;
}
