/** Distinguished names and alternative names of certificates, as text. */
import { childrenOf, type Der, oidOf, sequenceOf, stringOf } from './der.ts';

export interface Attribute {
  /** Its short name, else its object identifier. */
  readonly type: string;
  readonly oid: string;
  readonly value: string;
}

/** In the order of the certificate. */
export type Name = readonly Attribute[];

const TYPES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SURNAME',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.42': 'GIVENNAME',
  '2.5.4.43': 'INITIALS',
  '2.5.4.44': 'GENERATION',
  '2.5.4.46': 'DNQ',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'E',
};

export function nameOf(value: Der | undefined): Name {
  return sequenceOf(value).flatMap((rdn) =>
    childrenOf(rdn).map((pair) => {
      const [type, text] = sequenceOf(pair);
      const oid = oidOf(type);
      return { type: TYPES[oid] ?? oid, oid, value: (text && stringOf(text)) ?? '' };
    }),
  );
}

/** `CN=Alice,OU=Ops\, Europe`: RFC 4514's escapes, so that two names never read the same. */
export const nameText = (name: Name) =>
  name
    .map(({ type, value }) => `${type}=${value.replace(/[\\",+<>;=]|^[ #]| $/g, '\\$&').replaceAll('\0', '\\00')}`)
    .join(',');

export const commonName = (name: Name) => name.find(({ type }) => type === 'CN')?.value;

export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly directory: readonly Name[];
}

const [DNS, DIRECTORY, URI] = [0x82, 0xa4, 0x86];

/** GeneralNames (RFC 5280, section 4.2.1.6); kinds that are mapped to nothing are left out. */
export function alternativeNames(value: Der): AlternativeNames {
  const all = sequenceOf(value);
  const texts = (wanted: number) =>
    all.flatMap(({ tag, content }) => (tag === wanted ? content.toString('latin1') : []));
  return {
    dns: texts(DNS),
    uri: texts(URI),
    directory: all.flatMap((each) => (each.tag === DIRECTORY ? [nameOf(childrenOf(each)[0])] : [])),
  };
}

export const NO_NAMES: AlternativeNames = { dns: [], uri: [], directory: [] };
export const isEmpty = (name: Name) => name.every(({ value }) => value === '');
