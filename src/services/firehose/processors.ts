/** What a stream is to do with records before they are delivered. */
import type { ProcessingConfiguration, ProcessorParameterName, ProcessorType } from '@aws-sdk/client-firehose';
import { notImplemented } from '../../core/errors.ts';
import { refuse } from './errors.ts';
import { type Expression, parseKeys } from './jq.ts';
import { JqSyntax } from './jqTokens.ts';

export interface Processing {
  readonly decompresses: boolean;
  /** Of events of CloudWatch Logs only their messages. */
  readonly extractsMessages: boolean;
  /** Undefined: not at all; empty: one JSON value after the other; else what stands between records. */
  readonly separator: Buffer | undefined;
  readonly keys: ReadonlyMap<string, Expression> | undefined;
  readonly delimiter: Buffer | undefined;
}

type Parameters = Readonly<Partial<Record<ProcessorParameterName, string>>>;
type Mutable = { -readonly [K in keyof Processing]: Processing[K] };

/** Adds a processor to what is done. @throws InvalidArgumentException */
const PROCESSORS: Readonly<Partial<Record<ProcessorType, (parameters: Parameters, to: Mutable) => void>>> = {
  Decompression: ({ CompressionFormat = 'GZIP' }, to) => {
    if (CompressionFormat !== 'GZIP') refuse('CompressionFormat of the processor Decompression must be GZIP.');
    to.decompresses = true;
  },
  CloudWatchLogProcessing: ({ DataMessageExtraction = 'false' }, to) => {
    if (!/^(true|false)$/i.test(DataMessageExtraction)) refuse('DataMessageExtraction must be true or false.');
    to.extractsMessages = /^true$/i.test(DataMessageExtraction);
  },
  RecordDeAggregation: ({ SubRecordType, Delimiter }, to) => {
    if (SubRecordType === 'JSON') to.separator = Buffer.alloc(0);
    else if (SubRecordType === 'DELIMITED') {
      const separator = Buffer.from(Delimiter ?? '', 'base64');
      if (separator.length === 0) refuse('Delimiter in base 64 must be specified with the SubRecordType DELIMITED.');
      to.separator = separator;
    } else refuse('SubRecordType of the processor RecordDeAggregation must be JSON or DELIMITED.');
  },
  MetadataExtraction: ({ MetadataExtractionQuery = '', JsonParsingEngine }, to) => {
    if (JsonParsingEngine !== 'JQ-1.6') refuse('JsonParsingEngine of the processor MetadataExtraction must be JQ-1.6.');
    to.keys = keysOf(MetadataExtractionQuery);
  },
  AppendDelimiterToRecord: ({ Delimiter = '\\n' }, to) => {
    to.delimiter = Buffer.from(Delimiter.replace(/\\n/g, '\n').replace(/\\t/g, '\t'));
  },
};

const KEYS_MAX = 50;

function keysOf(query: string): ReadonlyMap<string, Expression> {
  try {
    const keys = parseKeys(query);
    if (keys.size === 0) refuse('MetadataExtractionQuery must give at least one partition key.');
    if (keys.size > KEYS_MAX) refuse(`MetadataExtractionQuery can give at most ${KEYS_MAX} partition keys.`);
    return keys;
  } catch (error) {
    if (!(error instanceof JqSyntax)) throw error;
    return refuse(`MetadataExtractionQuery cannot be used: ${error.message}.`);
  }
}

const NOTHING: Processing = {
  decompresses: false,
  extractsMessages: false,
  separator: undefined,
  keys: undefined,
  delimiter: undefined,
};

const known = new WeakMap<object, Processing>();

/** Read once for each configuration that is kept. @throws InvalidArgumentException, NotImplemented */
export function processingOf(configuration: ProcessingConfiguration | undefined): Processing {
  if (!configuration?.Enabled) return NOTHING;
  const before = known.get(configuration);
  if (before) return before;
  const processing: Mutable = { ...NOTHING };
  const seen = new Set<string>();
  for (const { Type = 'Lambda', Parameters = [] } of configuration.Processors ?? []) {
    if (seen.has(Type)) refuse(`The processor ${Type} can be specified once.`);
    seen.add(Type);
    const add = PROCESSORS[Type] ?? notImplemented(`The processor ${Type}`);
    add(
      Object.fromEntries(Parameters.map(({ ParameterName, ParameterValue }) => [ParameterName, ParameterValue])),
      processing,
    );
  }
  if (seen.has('CloudWatchLogProcessing') && !processing.decompresses) {
    refuse('The processor CloudWatchLogProcessing needs the processor Decompression.');
  }
  known.set(configuration, processing);
  return processing;
}
