/** Host names of web sites: `bucket.s3-website-us-east-1.amazonaws.com`, or with a point, or before the plane's own. */
const AWS = /^(.+)\.s3-website[.-][a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com$/;
const OWN = /^(.+)\.s3-website(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.(.+)$/;

/** The bucket whose site a host name is of. */
export function siteOf(host: string, endpoint: string): string | undefined {
  if (!host.includes('.s3-website')) return undefined;
  const name = host.toLowerCase().replace(/:\d+$/, '');
  const aws = AWS.exec(name);
  if (aws) return aws[1];
  const [, bucket, base] = OWN.exec(name) ?? [];
  return base === 'localhost' || base === new URL(endpoint).hostname ? bucket : undefined;
}
