/** AWS's own host names, as clients use them that reach the plane through a proxy or a name server of theirs. */

const AWS = /\.(?:amazonaws\.com|aws\.amazon\.com|signin\.aws|app\.aws|api\.aws)(?::\d+)?$/i;
/** The name of a Region of whatever partition: eu-west-1, us-gov-east-1, eusc-de-east-1. */
export const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/;

/** `oidc.eu-west-1.amazonaws.com` is of eu-west-1. Undefined: the name says nothing of a Region. */
export const regionOfHost = (host: string): string | undefined =>
  AWS.test(host)
    ? host
        .toLowerCase()
        .split('.')
        .findLast((label) => REGION.test(label))
    : undefined;
