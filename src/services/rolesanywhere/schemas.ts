/** Schemas in the SDK's form, made of the shapes of the API. */
import shapes from './shapes.json' with { type: 'json' };

/** The model's namespace. */
export const N = 'com.amazonaws.rolesanywhere';

/** Members by name: the type, `!` where it is required, then where it stands if not in the body. */
type Members = Readonly<Record<string, string>>;
type Text = Members | readonly string[] | string;

/** Smithy's codes. */
const SIMPLE: Readonly<Record<string, unknown>> = {
  string: 0,
  number: 1,
  boolean: 2,
  time: 5,
  bytes: 21,
  secret: [0, N, 'Secret', 8, 0],
};
const LOCATED: Readonly<Record<string, (name: string) => unknown>> = {
  label: () => 1,
  query: (name) => ({ httpQuery: name }),
};
const texts: Readonly<Record<string, Text>> = shapes;
const made = new Map<string, unknown>();

/** A structure, a union (`|` before its name), a list or a map of strings; always the same object for a name. */
function schemaOf(name: string): unknown {
  const known = made.get(name);
  if (known) return known;
  const text = texts[name];
  const union = texts[`|${name}`];
  let schema: unknown = [2, N, name, 0, 0, 0];
  if (Array.isArray(text)) schema = [1, N, name, 0, typeOf(text[0] as string)];
  else if (typeof (text ?? union) === 'object') schema = structure(union ? 4 : 3, name, (text ?? union) as Members);
  made.set(name, schema);
  return schema;
}

const typeOf = (type: string): unknown => SIMPLE[type] ?? (() => schemaOf(type));

function structure(code: 3 | 4, name: string, members: Members) {
  const all = Object.entries(members).map(([member, text]) => ({ member, ...memberOf(member, text) }));
  const required = all.filter((each) => each.required).length;
  return [code, N, name, 0, all.map((each) => each.member), all.map((each) => each.schema), required];
}

function memberOf(name: string, text: string) {
  const [type = '', place] = text.split(' ');
  const target = typeOf(type.replace('!', ''));
  // A list in a query is one of texts.
  const plain = place !== undefined && typeof target === 'function' ? 64 : target;
  const located = place === undefined ? undefined : LOCATED[place]?.(name);
  return { required: type.endsWith('!'), schema: located === undefined ? target : [plain, located] };
}

type Http = readonly [method: string, path: string, status: number];

export const operation = (name: string, http: Http, input: string, output: string) =>
  [9, N, name, { http }, () => schemaOf(input), () => schemaOf(output)] as const;
