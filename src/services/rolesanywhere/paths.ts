/**
 * Trust: is there a path from a certificate to one of a trust anchor's, of authorities that may sign, each valid now, none
 * revoked? (RFC 5280, section 6, with what AWS asks of end-entity certificates.)
 */
import type { Certificate } from './certificates.ts';
import { isEmpty } from './names.ts';
import { isIssuedBy, type RevocationList } from './revocation.ts';
import { isSignedBy, isStrong } from './signatures.ts';

export interface Trust {
  readonly anchors: readonly Certificate[];
  /** What came with the request: proves nothing by itself. */
  readonly intermediates: readonly Certificate[];
  readonly lists: readonly RevocationList[];
  readonly now: number;
}

const UNTRUSTED = 'Untrusted signing certificate';
const PATH_MAX = 5;

/** The certificate and what leads from it to an anchor, without the anchor; or why it is not trusted. */
export function trustedPath(certificate: Certificate, trust: Trust): readonly Certificate[] | string {
  const { version, authority, usage, signed, unknownCritical, subject } = certificate;
  if (version !== 3) return `${UNTRUSTED}. The certificate must be X.509v3.`;
  if (authority) return `${UNTRUSTED}. Basic constraints must not say CA.`;
  if (!usage?.digitalSignature) return `${UNTRUSTED}. Key usage must include digital signature.`;
  if (!isStrong(signed)) return `${UNTRUSTED}. The signature algorithm is not supported.`;
  if (unknownCritical.length > 0) return `${UNTRUSTED}. A critical extension is not supported.`;
  if (isEmpty(subject)) return `${UNTRUSTED}. The subject must not be empty.`;
  if (!isCurrent(certificate, trust.now)) return `${UNTRUSTED}. The certificate is not valid at this time.`;
  const path = pathFrom(certificate, trust, []);
  if (!path) return UNTRUSTED;
  if (isRevoked([certificate, ...path], trust.lists)) return 'Certificate revoked';
  return [certificate, ...path.slice(0, -1)];
}

const isCurrent = ({ notBefore, notAfter }: Certificate, now: number) => notBefore <= now && now <= notAfter;

/** Issuers up to an anchor; `below`: intermediates under this certificate. */
function pathFrom(certificate: Certificate, trust: Trust, below: readonly Certificate[]): Certificate[] | undefined {
  const anchor = trust.anchors.find((each) => hasIssued(each, certificate, below.length, trust.now));
  if (anchor) return [anchor];
  if (below.length >= PATH_MAX) return undefined;
  for (const each of trust.intermediates) {
    if (below.includes(each) || each === certificate || !hasIssued(each, certificate, below.length, trust.now))
      continue;
    const rest = pathFrom(each, trust, [...below, each]);
    if (rest) return [each, ...rest];
  }
  return undefined;
}

function hasIssued(issuer: Certificate, certificate: Certificate, below: number, now: number): boolean {
  return (
    issuer.subjectDer.equals(certificate.issuerDer) &&
    issuer.version === 3 &&
    issuer.authority === true &&
    issuer.usage?.certificateSign === true &&
    issuer.unknownCritical.length === 0 &&
    (issuer.pathLength === undefined || below <= issuer.pathLength) &&
    isCurrent(issuer, now) &&
    isStrong(issuer.signed) &&
    isStrong(certificate.signed) &&
    isSignedBy(certificate.signed, issuer.key)
  );
}

/** A list counts as far as its issuer is the one of the certificate; also an old one: what is revoked stays so. */
function isRevoked(path: readonly Certificate[], lists: readonly RevocationList[]): boolean {
  return path.slice(0, -1).some((each, i) => {
    const issuer = path[i + 1]!;
    return lists.some((list) => list.serials.has(each.serial) && isIssuedBy(list, issuer));
  });
}
