/** Certificate revocation lists (RFC 5280, section 5): which certificates their issuer takes back. */
import type { KeyObject } from 'node:crypto';
import { childrenOf, type Der, integerOf, MalformedDer, oidOf, parseDer, sequenceOf, TAGS, timeOf } from './der.ts';
import { isSignedBy, isStrong, type Signed, signedOf } from './signatures.ts';

export interface RevocationList {
  readonly signed: Signed;
  readonly issuerDer: Buffer;
  /** Milliseconds; undefined: the list does not say. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly serials: ReadonlySet<bigint>;
}

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/;
/** Of an entry: its certificate is on hold no longer. */
const REASON = '2.5.29.21';
const REMOVED = 8;

/** DER or PEM. Throws MalformedDer. */
export function parseRevocationList(data: Uint8Array): RevocationList {
  const text = data[0] === TAGS.sequence ? undefined : PEM.exec(Buffer.from(data).toString('latin1'))?.[1];
  const { body, ...signed } = signedOf(parseDer(text === undefined ? data : Buffer.from(text, 'base64')));
  const fields = sequenceOf(body);
  const [algorithm, issuer, thisUpdate, ...rest] = fields[0]?.tag === TAGS.integer ? fields.slice(1) : fields;
  if (!algorithm?.whole.equals(signed.algorithm.whole) || !issuer) throw new MalformedDer('algorithms differ');
  sequenceOf(issuer);
  const next = isTime(rest[0]) ? rest[0] : undefined;
  const entries = rest.find(({ tag }) => tag === TAGS.sequence);
  return {
    signed,
    issuerDer: issuer.whole,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next && timeOf(next),
    serials: new Set(entries ? childrenOf(entries).flatMap(revokedSerial) : []),
  };
}

const isTime = (value: Der | undefined) => value?.tag === TAGS.utcTime || value?.tag === TAGS.generalizedTime;

function revokedSerial(entry: Der): bigint[] {
  const [serial, , extensions] = sequenceOf(entry);
  const reason = extensions && sequenceOf(extensions).find((each) => oidOf(sequenceOf(each)[0]) === REASON);
  const removed = reason && sequenceOf(reason).at(-1)?.content.at(-1) === REMOVED;
  return removed ? [] : [integerOf(serial)];
}

export const isIssuedBy = (list: RevocationList, issuer: { readonly subjectDer: Buffer; readonly key: KeyObject }) =>
  list.issuerDer.equals(issuer.subjectDer) && isStrong(list.signed) && isSignedBy(list.signed, issuer.key);
