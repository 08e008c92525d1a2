/** Endpoints: where a protocol can deliver to. */
import { notImplemented } from '../../core/errors.ts';
import { refuse } from './errors.ts';
import type { Protocol, Topic } from './topicRows.ts';

const QUEUE = /^arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(?:\.fifo)?$/;
const STREAM = /^arn:aws:firehose:[a-z0-9-]+:\d{12}:deliverystream\/[A-Za-z0-9_.-]{1,64}$/;
const EMAIL = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,255}$/;
const isEmail = (endpoint: string) => EMAIL.test(endpoint);

const ENDPOINTS: Readonly<Record<Protocol, (endpoint: string) => boolean>> = {
  http: (endpoint) => isUrl(endpoint, 'http:'),
  https: (endpoint) => isUrl(endpoint, 'https:'),
  email: isEmail,
  'email-json': isEmail,
  sms: (endpoint) => /^\+?[0-9][0-9 .()-]{4,18}[0-9]$/.test(endpoint),
  sqs: (endpoint) => QUEUE.test(endpoint),
  firehose: (endpoint) => STREAM.test(endpoint),
};

/** Protocols of services that are not here. */
const LEFT_OUT = new Set(['lambda', 'application']);

export function requireEndpoint(protocol: string, endpoint: string | undefined, topic: Topic): Protocol {
  if (LEFT_OUT.has(protocol)) notImplemented(`The protocol ${protocol}`);
  if (!Object.hasOwn(ENDPOINTS, protocol)) {
    refuse(`Amazon SNS does not support this protocol string: ${protocol}`);
  }
  const known = protocol as Protocol;
  if (endpoint === undefined || endpoint === '') refuse('Endpoint');
  if (!ENDPOINTS[known](endpoint)) {
    refuse(
      known === 'sqs'
        ? 'SQS endpoint ARN'
        : known === 'firehose'
          ? 'Firehose endpoint ARN'
          : /^https?$/.test(known)
            ? 'Endpoint must match the specified protocol'
            : `${known} endpoint`,
    );
  }
  if (topic.fifo && known !== 'sqs')
    refuse(`Protocol Reason: The protocol type ${protocol} is not supported for FIFO topics.`);
  if (!topic.fifo && endpoint.endsWith('.fifo') && known === 'sqs') {
    refuse('Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics');
  }
  return known;
}

function isUrl(text: string, protocol: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.protocol === protocol && url.hostname !== '' && text.length <= 2048;
}
