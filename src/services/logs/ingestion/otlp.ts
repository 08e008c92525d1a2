/**
 * Log records of OpenTelemetry (OTLP) as events: a JSON object each, with its resource and scope, attributes as plain
 * members.
 * https://opentelemetry.io/docs/specs/otlp/
 */
import type { Ingested } from './formats.ts';

type Json = Readonly<Record<string, unknown>>;

const objectsIn = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];

const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/** Of an ExportLogsServiceRequest in JSON. @throws SyntaxError for what is none */
export function otlpEvents(request: unknown): Ingested[] {
  const { resourceLogs } = asObject(request);
  if (!Array.isArray(resourceLogs)) throw new SyntaxError('resourceLogs is missing.');
  return objectsIn(resourceLogs).flatMap(({ resource, scopeLogs }) =>
    objectsIn(scopeLogs).flatMap(({ scope, logRecords }) =>
      objectsIn(logRecords).map((record) => eventOf(record, asObject(resource), asObject(scope))),
    ),
  );
}

const NANOSECONDS_A_MILLISECOND = 1_000_000n;

function eventOf(record: Json, resource: Json, scope: Json): Ingested {
  const { timeUnixNano, observedTimeUnixNano, body, attributes, ...rest } = record;
  const time = millisecondsIn(timeUnixNano) ?? millisecondsIn(observedTimeUnixNano);
  const event = {
    resource: { attributes: attributesIn(resource.attributes) },
    scope: withAttributes(scope),
    ...timesOf({ timeUnixNano, observedTimeUnixNano }),
    ...rest,
    ...(body !== undefined && { body: valueIn(body, 0) }),
    attributes: attributesIn(attributes),
  };
  return { time, message: JSON.stringify(event) };
}

function withAttributes(scope: Json): Json {
  const { attributes, ...rest } = scope;
  return attributes === undefined ? rest : { ...rest, attributes: attributesIn(attributes) };
}

/** Numbers, as far as there are some. */
const timesOf = (times: Json) =>
  Object.fromEntries(Object.entries(times).flatMap(([name, time]) => (isTime(time) ? [[name, Number(time)]] : [])));

/** Of 64 bits: text in JSON, though some write a number. */
const isTime = (time: unknown): time is string | number =>
  (typeof time === 'string' || typeof time === 'number') && /^\d{1,20}$/.test(String(time)) && String(time) !== '0';

const millisecondsIn = (time: unknown): number | undefined =>
  isTime(time) ? Number(BigInt(String(time)) / NANOSECONDS_A_MILLISECOND) : undefined;

const attributesIn = (list: unknown, depth = 0): Json =>
  Object.fromEntries(objectsIn(list).map(({ key, value }) => [textIn(key), valueIn(value, depth)]));

const textIn = (key: unknown): string => (typeof key === 'object' ? JSON.stringify(key) : String(key));

const DEPTH_MAX = 32;

/** The value within an AnyValue. */
function valueIn(value: unknown, depth: number): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = asObject(value);
  if (depth > DEPTH_MAX) return null;
  if (intValue !== undefined) return typeof intValue === 'object' ? null : Number(intValue);
  if (arrayValue !== undefined) return objectsIn(asObject(arrayValue).values).map((each) => valueIn(each, depth + 1));
  if (kvlistValue !== undefined) return attributesIn(asObject(kvlistValue).values, depth + 1);
  return stringValue ?? boolValue ?? doubleValue ?? bytesValue ?? null;
}
