/**
 * Attribute mappings of a profile: what of a certificate becomes session tags.
 * https://docs.aws.amazon.com/rolesanywhere/latest/userguide/attribute-mapping.html
 */
import { refuse } from './errors.ts';
import type { CertificateField, Mappings } from './rows.ts';
import type * as t from './types.ts';

export const DEFAULT_MAPPINGS: Mappings = {
  x509Issuer: ['*'],
  x509SAN: ['DNS', 'URI', 'Name/*'],
  x509Subject: ['*'],
};

const FIELDS = ['x509Issuer', 'x509SAN', 'x509Subject'] as const;

/** As profiles show them; fields that are mapped to nothing are left out. */
export const mappingsView = (mappings: Mappings): t.AttributeMapping[] =>
  FIELDS.filter((field) => mappings[field].length > 0).map((field) => ({
    mappingRules: mappings[field].map((specifier) => ({ specifier })),
    certificateField: field,
  }));

/** The specifier as it is kept. Throws where the field has no such attribute. */
export function specifierOf(field: CertificateField, text: string): string {
  const specifier = field === 'x509SAN' && /^Name\/?$/.test(text) ? 'Name/*' : text;
  const allowed = field === 'x509SAN' ? /^(DNS|URI|Name\/(\*|[A-Za-z]+|\d+(\.\d+)+))$/ : /^(\*|[A-Za-z]+|\d+(\.\d+)+)$/;
  if (!allowed.test(specifier)) refuse(`Invalid specifier ${text} for certificate field ${field}.`);
  return specifier;
}
