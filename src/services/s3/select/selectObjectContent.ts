/**
 * SelectObjectContent: an expression asked of the records of one object, read as they are asked for. What it may take
 * is bounded by what it is: one pass, one record in memory, no more of it is read than the client takes.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
 */
import type { SelectObjectContentOutput, SelectObjectContentRequest } from '@aws-sdk/client-s3';
import type { Operation, Present } from '../../../core/operation.ts';
import { noteAccess } from '../accessTiers.ts';
import { rangesOf } from '../bodies.ts';
import { type ObjectTarget, objectActions, onObject, presentVersion } from '../objectTargets.ts';
import { contentKeyOf } from '../readObjects.ts';
import { requireRestored } from '../restores.ts';
import { type Counters, eventsOf, recordsOf, writerOf } from './answers.ts';
import { selectError } from './errors.ts';
import { sourceOf } from './inputs.ts';
import { parseQuery } from './query.ts';

type Input = Present<SelectObjectContentRequest>;

export const SelectObjectContent: Operation<Input, SelectObjectContentOutput, ObjectTarget> = {
  action: 's3:GetObject',
  readOnly: true,
  ...onObject(objectActions('Get')),
  async run(input, ctx, target) {
    const version = presentVersion(target, input);
    if (input.ExpressionType !== 'SQL') throw selectError('InvalidExpressionType');
    const query = parseQuery(input.Expression, ctx.now);
    const written = writerOf(input.OutputSerialization);
    const source = sourceOf(input.InputSerialization, query, input.ScanRange);
    requireRestored(version, target.settings, ctx.now);
    const contentKey = await contentKeyOf(ctx, target, version, input);
    const read = await rangesOf(ctx, version, contentKey);
    await noteAccess(ctx, target.settings, version);
    const counters: Counters = { scanned: 0, processed: 0 };
    const rows = source({ size: version.size, read }, counters);
    const progress = input.RequestProgress?.Enabled === true;
    return { Payload: eventsOf(recordsOf(rows, query), written, counters, progress) };
  },
};
