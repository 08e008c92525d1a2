/**
 * What CloudTrail writes of a request and of its answer: lower camel case at every level, secrets hidden, blobs left
 * out. Each shape becomes a closure, made once.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
import type { Service } from '../core/operation.ts';
import { isEventStream } from './eventStream.ts';
import { inputOf, isSensitive, type Member, outputOf, type Shape } from './schema.ts';

type Record_ = (value: unknown) => unknown;

/** `spoken` dates (`Jan 1, 2030, 12:00:00 AM`) are what AWS's query services write; secrets of answers vanish. */
interface Recording {
  readonly dates: 'spoken' | 'iso';
  readonly secrets: 'hidden' | 'omitted';
}

const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** `requestParameters` of a call; null when there is nothing to write. */
export function recordInput(service: Service, operation: string, input: unknown): object | null {
  return record(inputOf(service, operation), { dates: datesOf(service), secrets: 'hidden' }, input);
}

/** `responseElements` of a call; null when there is nothing to write. */
export function recordOutput(service: Service, operation: string, output: unknown): object | null {
  return record(outputOf(service, operation), { dates: datesOf(service), secrets: 'omitted' }, output);
}

const datesOf = (service: Service) => (service.wire.protocols[0] === 'awsQuery' ? 'spoken' : 'iso');

function record(shape: Shape | undefined, how: Recording, value: unknown): object | null {
  if (!shape || value === undefined || value === null) return null;
  const made = recordingOf(shape, how)(value) as object;
  for (const _ in made) return made;
  return null;
}

const recorders = new Map<string, WeakMap<Shape, Record_>>();

/** A JSON-ready copy of a value of the shape. Members that the shape does not know are left out. */
function recordingOf(shape: Shape, how: Recording): Record_ {
  const style = how.dates + how.secrets;
  let cache = recorders.get(style);
  if (!cache) recorders.set(style, (cache = new WeakMap()));
  const known = cache.get(shape);
  if (known) return known;
  let ready: Record_ | undefined;
  cache.set(shape, (value) => (ready as Record_)(value));
  ready = recorder(shape, how);
  cache.set(shape, ready);
  return ready;
}

function recorder(shape: Shape, how: Recording): Record_ {
  switch (shape.kind) {
    case 'structure':
    case 'union':
    case 'unit':
      return structRecorder(shape, how);
    case 'list': {
      if (!shape.element || dropped(shape.element, how)) return () => undefined;
      const item = isSensitive(shape.element) ? () => HIDDEN : recordingOf(shape.element.shape, how);
      return (value) => Array.from(value as Iterable<unknown>, (v) => (v === null || v === undefined ? null : item(v)));
    }
    case 'map':
      return mapRecorder(shape, how);
    case 'timestamp':
      return how.dates === 'spoken' ? (value) => spoken(value as Date) : (value) => iso(value as Date);
    case 'bigInteger':
    case 'bigDecimal':
      return String;
    default:
      return (value) => value;
  }
}

/** Bytes and events to come are never written; secrets of an answer neither. */
function dropped(member: Member, how: Recording): boolean {
  return member.shape.kind === 'blob' || isEventStream(member) || (how.secrets === 'omitted' && isSensitive(member));
}

function structRecorder(shape: Shape, how: Recording): Record_ {
  const members = shape.members
    .filter((m) => !dropped(m, how))
    .map((m) => ({
      name: m.name,
      key: m.name.charAt(0).toLowerCase() + m.name.slice(1),
      write: isSensitive(m) ? () => HIDDEN : recordingOf(m.shape, how),
    }));
  return (value) => {
    const out: Record<string, unknown> = {};
    for (const { name, key, write } of members) {
      const v = (value as Record<string, unknown>)[name];
      if (v !== undefined && v !== null) out[key] = write(v);
    }
    return out;
  };
}

function mapRecorder(shape: Shape, how: Recording): Record_ {
  if (!shape.value || dropped(shape.value, how)) return () => undefined;
  const write = isSensitive(shape.value) ? () => HIDDEN : recordingOf(shape.value.shape, how);
  return (value) =>
    Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, v === undefined ? v : write(v)]));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function spoken(date: Date): string {
  const hour = date.getUTCHours();
  const clock = [hour % 12 || 12, two(date.getUTCMinutes()), two(date.getUTCSeconds())].join(':');
  const day = `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}, ${date.getUTCFullYear()}`;
  return `${day}, ${clock} ${hour < 12 ? 'AM' : 'PM'}`;
}

const two = (n: number) => String(n).padStart(2, '0');

function iso(date: Date): string {
  const text = date.toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}
