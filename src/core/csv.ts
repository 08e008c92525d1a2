/** Comma-separated values as they are written (RFC 4180). */

const NEEDS_QUOTES = /[",\r\n]/;

/** A line without its end. */
export const csvLine = (fields: readonly string[]): string =>
  fields.map((field) => (NEEDS_QUOTES.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
