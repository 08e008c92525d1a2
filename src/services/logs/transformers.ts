/** Log transformers of groups. What they do: transformers/; when: transforming.ts. */
import {
  type DeleteTransformerRequest,
  type GetTransformerRequest,
  type GetTransformerResponse,
  type PutTransformerRequest,
  ResourceNotFoundException,
  type TestTransformerRequest,
  type TestTransformerResponse,
  type TransformedLogRecord,
} from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { EVENTS_BODY_BYTES_MAX, onAccount, onGroup, requireStandard } from './access.ts';
import { pacer } from './breath.ts';
import { logGroups } from './groupRows.ts';

const rules = () => import('./transformers/transformer.ts');

export const PutTransformer = onGroup<Present<PutTransformerRequest>, object>({
  async run({ transformerConfig: config }, ctx, group) {
    requireStandard(group, 'Log transformation');
    (await rules()).transformerOf(config);
    const modified = ctx.now.getTime();
    const transformer = { config, created: group.transformer?.created ?? modified, modified };
    await ctx.store.replace(logGroups, { ...group, transformer });
    return {};
  },
});

export const GetTransformer = onGroup<Present<GetTransformerRequest>, GetTransformerResponse>({
  async run({ logGroupIdentifier }, _ctx, { transformer }) {
    if (!transformer) return {};
    const { config, created, modified } = transformer;
    return {
      logGroupIdentifier,
      creationTime: created,
      lastModifiedTime: modified,
      transformerConfig: [...config],
    };
  },
});

export const DeleteTransformer = onGroup<Present<DeleteTransformerRequest>, object>({
  async run(_input, ctx, { transformer, ...rest }) {
    if (!transformer) fail(ResourceNotFoundException, 'The specified log group has no transformer.');
    await ctx.store.replace(logGroups, rest);
    return {};
  },
});

const FUEL = 20_000_000;

export const TestTransformer = onAccount<Present<TestTransformerRequest>, TestTransformerResponse>(
  async ({ transformerConfig, logEventMessages }, { account, region }) => {
    const { transform } = (await rules()).transformerOf(transformerConfig);
    const origin = { group: '', stream: '', account, region };
    const fuel = { left: FUEL };
    const pace = pacer();
    const transformedLogs: TransformedLogRecord[] = [];
    for (const [i, eventMessage] of logEventMessages.entries()) {
      const transformedEventMessage = transform(eventMessage, origin, fuel);
      transformedLogs.push({ eventNumber: i + 1, eventMessage, transformedEventMessage });
      await pace();
    }
    return { transformedLogs };
  },
  { bodyBytesMax: EVENTS_BODY_BYTES_MAX },
);
