// Patterns with * and ?. A pattern is kept as a string in which the wildcards are noncharacters, so that `${*}` can
// put a real asterisk into it. Matching is two-pointer: no recursion, no RegExp, at most |text| x |pattern| steps.
//
// In an ARN a wildcard works within its segment, and a * that ends a segment may run past the colon (IAM User
// Guide, JSON policy elements: Resource). So a * in the middle of the first five segments is `anyInSegment`; every
// other * is `any`.

const any = 0xfffe;
const anyInSegment = 0xfffd;
const one = 0xffff;
const oneInSegment = 0xfffc;
const colon = 58;

/** What a pattern needs for matching; `mode` picks the cheapest way that is right. */
export interface Pattern {
  readonly source: string;
  readonly mode: 'all' | 'exact' | 'prefix' | 'glob';
  /** The literal for exact and prefix, the coded pattern for glob. */
  readonly code: string;
}

const anything: Pattern = { source: '*', mode: 'all', code: '' };

/** Compiles a pattern in which every * and ? is a wildcard. */
export function patternOf(source: string): Pattern {
  return source === '*' ? anything : classify(source, encode(source));
}

/** Compiles an ARN pattern, minding segments. With `complete`, missing fields of an incomplete ARN become *. */
export function arnPatternOf(source: string, complete: boolean): Pattern {
  return source === '*' ? anything : classify(source, encodeArn(source, complete));
}

/** True when `text` as a whole fits the pattern. Case-sensitive. */
export function matches(pattern: Pattern, text: string): boolean {
  switch (pattern.mode) {
    case 'all':
      return true;
    case 'exact':
      return pattern.code === text;
    case 'prefix':
      return text.startsWith(pattern.code);
    default:
      return matchesCode(pattern.code, text);
  }
}

/** One-off match of a pattern written with * and ?. */
export function matchesPattern(pattern: string, text: string): boolean {
  return matches(patternOf(pattern), text);
}

/** Codes literal text: what it holds is never a wildcard. */
export function literal(text: string): string {
  return /[\ufffc-\uffff]/.test(text) ? text.replace(/[\ufffc-\uffff]/g, '\ufffb') : text;
}

/** Codes text in which * and ? are wildcards. */
export function encode(text: string): string {
  const clean = literal(text);
  if (!clean.includes('*') && !clean.includes('?')) return clean;
  return clean.replaceAll('*', '\ufffe').replaceAll('?', '\uffff');
}

/** Codes an ARN pattern; see the top of the file. */
export function encodeArn(text: string, complete: boolean): string {
  if (!text.startsWith('arn:')) return encode(text);
  const fields = splitArn(text);
  while (complete && fields.length < 6) fields.push('*');
  return fields.map((field, index) => (index < 5 ? encodeSegment(field) : encode(field))).join(':');
}

/** Splits at the first five colons: six fields at most, the last may hold colons. */
export function splitArn(text: string): string[] {
  const fields: string[] = [];
  let from = 0;
  while (fields.length < 5) {
    const at = text.indexOf(':', from);
    if (at < 0) break;
    fields.push(text.slice(from, at));
    from = at + 1;
  }
  fields.push(text.slice(from));
  return fields;
}

function encodeSegment(field: string): string {
  const coded = encode(field).replaceAll('\uffff', '\ufffc');
  const last = coded.length - 1;
  if (coded.indexOf('\ufffe') < 0 || coded.indexOf('\ufffe') === last) return coded;
  return coded.slice(0, last).replaceAll('\ufffe', '\ufffd') + coded.slice(last);
}

function classify(source: string, code: string): Pattern {
  const wild = code.search(/[\ufffc-\uffff]/);
  if (wild < 0) return { source, mode: 'exact', code };
  if (wild === code.length - 1 && code.charCodeAt(wild) === any)
    return { source, mode: 'prefix', code: code.slice(0, -1) };
  return { source, mode: 'glob', code };
}

/**
 * Two-pointer match of a coded pattern. On a mismatch the latest star takes one character more; a star within a
 * segment that has met a colon gives up, and the latest free star before it takes over. That is complete: a later
 * free star can absorb whatever an earlier one could, and stars within one segment share their end.
 */
export function matchesCode(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let free = -1;
  let freeText = 0;
  let local = -1;
  let localText = 0;
  while (t < text.length || p < pattern.length) {
    const want = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (want === any) {
      free = p++;
      freeText = t;
      local = -1;
    } else if (want === anyInSegment) {
      local = p++;
      localText = t;
    } else if (t < text.length && takes(want, text.charCodeAt(t))) {
      p++;
      t++;
    } else if (local >= 0 && localText < text.length && text.charCodeAt(localText) !== colon) {
      t = ++localText;
      p = local + 1;
    } else if (free >= 0 && freeText < text.length) {
      local = -1;
      t = ++freeText;
      p = free + 1;
    } else {
      return false;
    }
  }
  return true;
}

function takes(want: number, code: number): boolean {
  return want === code || want === one || (want === oneInSegment && code !== colon);
}
