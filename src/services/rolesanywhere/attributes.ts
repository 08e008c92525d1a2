/** Session tags and source identity: what of a certificate policies may ask for. */
import type { Tag } from '../../core/operation.ts';
import { type Certificate, serialHex } from './certificates.ts';
import { commonName, type Name } from './names.ts';
import type { Mappings } from './rows.ts';

const VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;
const KEY_CHARACTERS_MAX = 128;

export interface Mapped {
  readonly tags: readonly Tag[];
  /** Keys of what no session tag may hold. */
  readonly failed: readonly string[];
}

export function mapped({ subject, issuer, alternatives }: Certificate, mappings: Mappings): Mapped {
  const { dns, uri, directory } = alternatives;
  const values = new Map<string, string>([
    ...mappings.x509Subject.flatMap((specifier) => attributesOf('x509Subject', subject, specifier)),
    ...mappings.x509Issuer.flatMap((specifier) => attributesOf('x509Issuer', issuer, specifier)),
    ...mappings.x509SAN.flatMap((specifier) => {
      if (specifier === 'DNS') return dns.slice(0, 1).map((text) => ['x509SAN/DNS', text] as const);
      if (specifier === 'URI') return uri.slice(0, 1).map((text) => ['x509SAN/URI', text] as const);
      return attributesOf('x509SAN/Name', directory[0] ?? [], specifier.slice('Name/'.length));
    }),
  ]);
  const fits = ([key, value]: readonly [string, string]) => VALUE.test(value) && key.length <= KEY_CHARACTERS_MAX;
  const all = [...values];
  return {
    tags: all.filter(fits).map(([Key, Value]) => ({ Key, Value })),
    failed: all.filter((each) => !fits(each)).map(([key]) => key),
  };
}

/** Several values of one type become one, in the order of the certificate, with slashes between. */
function attributesOf(prefix: string, name: Name, specifier: string): (readonly [key: string, value: string])[] {
  const wanted = name.filter(({ type, oid }) => specifier === '*' || specifier === type || specifier === oid);
  const types = [...new Set(wanted.map(({ type }) => type))];
  return types.map((type) => {
    const key = specifier === '*' ? type : specifier;
    const values = wanted.filter((each) => each.type === type).map(({ value }) => value);
    return [`${prefix}/${key}`, values.join('/')];
  });
}

const PREFIXED_CHARACTERS_MAX = 61;

/** https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html#source-identity-rules */
export function sourceIdentity(certificate: Certificate): string {
  const name = commonName(certificate.subject);
  if (!name) return `ID=${serialHex(certificate)}`;
  return name.length <= PREFIXED_CHARACTERS_MAX ? `CN=${name}` : name;
}
