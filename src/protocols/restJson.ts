/** restJson1: the method and path name the operation; members are bound to path, query, headers or the JSON body. */
import { type Body, bindings } from './bindings.ts';
import { errorDocument, headerSafe } from './errors.ts';
import { eventStreams } from './eventStream.ts';
import { namedJson, parseJson } from './json.ts';
import type { Protocol } from './protocol.ts';
import { matchRoute } from './routes.ts';
import type { Shape } from './schema.ts';

const json: Body = {
  contentType: 'application/json',
  read(shape) {
    const decode = namedJson.decode(shape);
    return (bytes) => decode(parseJson(bytes)) as Record<string, unknown>;
  },
  write(shape) {
    const encode = namedJson.encode(shape);
    return (value) => JSON.stringify(encode(value));
  },
  readPayload(member) {
    const decode = namedJson.decode(member.shape);
    return (bytes) => decode(parseJson(bytes));
  },
  writePayload(member) {
    const encode = namedJson.encode(member.shape);
    return (value) => JSON.stringify(encode(value));
  },
  frames: eventStreams({
    protocol: 'restJson',
    contentType: 'application/json',
    write: (shape) => (value) => JSON.stringify(namedJson.encode(shape)(value)),
  }),
};

const bound = bindings(json);

export const restJson: Protocol = {
  name: 'restJson',
  match: matchRoute,
  decode: bound.decode,
  encode(output, service, operation, requestId) {
    const answer = bound.encode(output, service, operation);
    answer.headers['content-type'] ??= json.contentType;
    answer.headers['x-amzn-requestid'] = requestId;
    return answer;
  },
  encodeError(error, _service, requestId) {
    const extra = error.shape && error.fields ? bound.headersOf(error.shape as Shape, { ...error.fields }) : {};
    return {
      status: error.status,
      headers: {
        ...extra,
        'content-type': json.contentType,
        'x-amzn-errortype': headerSafe(error.code),
        'x-amzn-requestid': requestId,
      },
      body: JSON.stringify(errorDocument(error, namedJson)),
    };
  },
};
