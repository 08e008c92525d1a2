/** AWS's own host names, as clients use them that reach the plane through a proxy or a name server of theirs. */

const AWS = /\.(?:amazonaws\.com|aws\.amazon\.com|signin\.aws|app\.aws|api\.aws)(?::\d+)?$/i;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;

/** `oidc.eu-west-1.amazonaws.com` is of eu-west-1. Undefined: the name says nothing of a Region. */
export const regionOfHost = (host: string): string | undefined =>
  AWS.test(host)
    ? host
        .toLowerCase()
        .split('.')
        .findLast((label) => REGION.test(label))
    : undefined;
