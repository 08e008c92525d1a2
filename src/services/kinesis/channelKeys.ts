/**
 * What the objects of a channel are called.
 * https://docs.aws.amazon.com/streams/latest/dev/data-delivery-s3-key-template.html
 */
import type { Channel, Storage } from './channelRows.ts';
import { refuse } from './errors.ts';

const STANDARD =
  'kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}';

type Of = Pick<Channel, 'name' | 'id' | 'stream'>;

/** Time as `2026-07-20T14:30`. */
const VARIABLES: Readonly<Record<string, (of: Of, time: string) => string>> = {
  'channel-name': ({ name }) => name,
  'channel-id': ({ id }) => id,
  'stream-name': ({ stream }) => stream.name,
  yyyy: (_of, time) => time.slice(0, 4),
  yy: (_of, time) => time.slice(2, 4),
  MM: (_of, time) => time.slice(5, 7),
  dd: (_of, time) => time.slice(8, 10),
  HH: (_of, time) => time.slice(11, 13),
  mm: (_of, time) => time.slice(14, 16),
};

const EXTENSIONS: Readonly<Record<Storage['compression'], string>> = { NONE: '', GZIP: '.gz', ZSTD: '.zst' };
const EXTENSION = /!\{extension(?::(\.[a-z.]+))?\}$/;
const VARIABLE = /!\{([^{}]*)\}/g;
const EXPANDED_MAX = 986;

/** The name of an object; `suffix` makes it the only one of that name. */
export function objectKey(of: Of, { template = STANDARD, compression }: Storage, now: Date, suffix: string): string {
  const stem = expanded(template.replace(EXTENSION, ''), of, now);
  const extension = EXTENSION.exec(template);
  const literal = extension ? (extension[1] ?? EXTENSIONS[compression]) : '';
  return `${stem}-${suffix}${literal}`;
}

const expanded = (template: string, of: Of, now: Date) =>
  template.replace(VARIABLE, (_all, name: string) => VARIABLES[name]!(of, now.toISOString()));

/** @throws InvalidArgumentException */
export function requireTemplate(of: Of, { template, compression }: Storage, now: Date): void {
  if (template === undefined) return;
  const invalid = (why: string) => refuse(`OutputKeyTemplate is not valid: ${why}.`);
  const stem = template.replace(EXTENSION, '');
  const literal = stem.replace(VARIABLE, '');
  if (template.startsWith('/')) invalid('it must not start with a forward slash');
  if (template.includes('//')) invalid('it must not contain consecutive slashes');
  if (template.includes('..') || /(^|\/)\.(\/|$)/.test(template)) invalid('it must not contain path traversal');
  for (const [, name] of stem.matchAll(VARIABLE)) {
    if (name!.startsWith('extension')) invalid('the extension placeholder must appear once, at the end');
    if (!Object.hasOwn(VARIABLES, name!)) invalid(`!{${name}} is not a supported variable`);
  }
  if (literal.includes('!{')) invalid('a variable placeholder is not closed');
  if (!/^[\w!\-'.*()/=]*$/.test(literal)) invalid('it contains characters that are not allowed');
  if (compression !== 'NONE' && !EXTENSION.test(template)) {
    invalid('it must include an extension placeholder when compression is enabled');
  }
  if (expanded(stem, of, now).length > EXPANDED_MAX)
    invalid(`it must not expand to more than ${EXPANDED_MAX} characters`);
}
