/** What the bodies of HTTP ingestion hold: a row for each path. */

import { otlpEvents } from './otlp.ts';
import { eventsInProtobuf } from './otlpProtobuf.ts';

export interface Ingested {
  /** Milliseconds; undefined: now. */
  readonly time: number | undefined;
  readonly message: string;
}

interface Found {
  readonly events: readonly Ingested[];
  /** What is no event, and passed over. */
  readonly skipped: number;
}

interface Format {
  readonly types: readonly string[];
  /** Whether group and stream may be named in the query. */
  readonly inQuery: boolean;
  /** Whether the answer tells of events that were rejected. */
  readonly isTold: boolean;
  /** @throws SyntaxError for a body that cannot be read */
  readonly read: (body: Uint8Array, type: string) => Found;
}

const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/x-protobuf';
export const OTLP_PATH = '/v1/logs';

export const FORMATS: Readonly<Record<string, Format>> = {
  '/services/collector/event': { types: [JSON_TYPE], inQuery: true, isTold: false, read: collectorEvents },
  '/ingest/bulk': { types: [JSON_TYPE, 'application/x-ndjson'], inQuery: true, isTold: true, read: lineEvents },
  '/ingest/json': { types: [JSON_TYPE], inQuery: true, isTold: true, read: objectEvents },
  [OTLP_PATH]: {
    types: [JSON_TYPE, PROTOBUF],
    inQuery: false,
    isTold: true,
    read(body, type) {
      const request = type === PROTOBUF ? eventsInProtobuf(body) : JSON.parse(textOf(body));
      return { events: otlpEvents(request), skipped: 0 };
    },
  },
};

const textOf = (body: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new SyntaxError('The body is not UTF-8.');
  }
};

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Objects with an `event`, one after the other or in an array. */
function collectorEvents(body: Uint8Array): Found {
  const values = valuesIn(textOf(body)).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
  const events = values
    .filter((value) => isObject(value) && value.event !== undefined)
    .map((value) => ({ time: secondsIn((value as Json).time), message: JSON.stringify(value) }));
  return { events, skipped: values.length - events.length };
}

/** Seconds since 1970, also as text. */
function secondsIn(time: unknown): number | undefined {
  const seconds = typeof time === 'string' && time.trim() !== '' ? Number(time) : time;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0
    ? Math.round(seconds * 1000)
    : undefined;
}

/** A JSON value a line; of an array each element is an event. */
function lineEvents(body: Uint8Array): Found {
  const events: Ingested[] = [];
  let skipped = 0;
  for (const line of textOf(body).split('\n')) {
    const text = line.trim();
    if (text === '') continue;
    try {
      const value: unknown = JSON.parse(text);
      if (Array.isArray(value)) for (const each of value) events.push(eventOf(each, textIn(each)));
      else events.push(eventOf(value, typeof value === 'string' ? value : text));
    } catch {
      skipped++;
    }
  }
  return { events, skipped };
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function eventOf(value: unknown, message: string): Ingested {
  const { timestamp } = isObject(value) ? value : { timestamp: undefined };
  const isTime = typeof timestamp === 'number' && Number.isFinite(timestamp) && timestamp >= 0;
  return { time: isTime ? Math.round(timestamp) : undefined, message };
}

/** An object, or an array of some. */
function objectEvents(body: Uint8Array): Found {
  const [first] = valuesIn(textOf(body), 1);
  const values = Array.isArray(first) ? (first as unknown[]) : [first];
  const events = values.filter(isObject).map((value) => eventOf(value, JSON.stringify(value)));
  return { events, skipped: values.length - events.length };
}

/** JSON values one after the other, at most so many. */
function valuesIn(text: string, most = Number.POSITIVE_INFINITY): unknown[] {
  const values: unknown[] = [];
  for (const part of partsIn(text)) {
    values.push(JSON.parse(part));
    if (values.length >= most) break;
  }
  return values;
}

/** Where one value ends and the next begins: by its brackets, or, outside of any, at white space. */
function* partsIn(text: string): Generator<string> {
  let depth = 0;
  let start = -1;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
      continue;
    }
    const blank = char === ' ' || char === '\n' || char === '\r' || char === '\t';
    if (depth === 0 && start >= 0 && (blank || char === '{' || char === '[')) {
      yield text.slice(start, at);
      start = -1;
    }
    if (blank) continue;
    if (start < 0) start = at;
    if (char === '"') quoted = true;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth <= 0) {
      yield text.slice(start, at + 1);
      [depth, start] = [0, -1];
    }
  }
  if (start >= 0) yield text.slice(start);
}
