/**
 * Requests that change Multi-Region Access Points are answered with a token; what became of them is asked with it. Each
 * is carried out at once, and shows so some seconds later.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/MrapOperations.html
 */
import type {
  AsyncRequestParameters,
  DescribeMultiRegionAccessPointOperationRequest,
  DescribeMultiRegionAccessPointOperationResult,
} from '@aws-sdk/client-s3-control';
import type { Context } from '../../core/context.ts';
import { CommonError } from '../../core/errors.ts';
import { lowerId } from '../../core/ids.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { table } from '../../store/store.ts';
import { requireOwnAccount } from './accounts.ts';

export const TAKES_MS = 10_000;
const KEPT_MS = 14 * 86_400_000;
const FORGOTTEN_AT_ONCE = 10;
const TOKEN_CHARACTERS = 30;

interface MultiRegionRequest {
  readonly account: string;
  readonly token: string;
  readonly clientToken: string;
  readonly kind: Kind;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly parameters: AsyncRequestParameters;
  readonly regions: readonly string[];
  readonly error?: { readonly Code: string; readonly Message: string; readonly RequestId: string };
}

const requests = table<MultiRegionRequest>('s3_multi_region_request', {
  key: ({ account, token }) => [account, token],
  indexes: {
    client: ({ account, clientToken }) => [[account, clientToken]],
    created: ({ account, created }) => [[account, String(created).padStart(15, '0')]],
  },
});

/** As ARNs name them, and as answers do. */
const OPERATIONS = {
  create: 'CreateMultiRegionAccessPoint',
  delete: 'DeleteMultiRegionAccessPoint',
  'put-policy': 'PutMultiRegionAccessPointPolicy',
} as const;

type Kind = keyof typeof OPERATIONS;

const requestArn = (account: string, kind: string, token: string) =>
  `arn:aws:s3:us-west-2:${account}:async-request/mrap/${kind}/${token}`;

interface Asked<Details> {
  readonly ClientToken?: string | undefined;
  readonly Details: Details;
}

/**
 * Does the work once for each client token; what S3 finds out behind its answer is told with the token. `work` returns
 * the Regions that it is about.
 */
export async function asynchronously<Details extends object>(
  ctx: Context,
  kind: Kind,
  { ClientToken: clientToken = '', Details }: Asked<Details>,
  work: () => Promise<readonly string[]>,
): Promise<{ RequestTokenARN: string }> {
  const { account, store, now } = ctx;
  await forgetOld(ctx);
  const parameters = { [`${OPERATIONS[kind]}Request`]: Details } as AsyncRequestParameters;
  const [known] = (await store.list(requests, [account, clientToken], { index: 'client', limit: 1 })).rows;
  if (known && !isOld(known, ctx)) {
    if (JSON.stringify(known.parameters) !== JSON.stringify(parameters)) throw tokenConflict();
    return { RequestTokenARN: requestArn(account, known.kind, known.token) };
  }
  const token = lowerId(TOKEN_CHARACTERS, ctx);
  const row = { account, token, clientToken, kind, created: now.getTime(), parameters };
  await store.insert(requests, { ...row, ...(await outcome(ctx, work)) });
  return { RequestTokenARN: requestArn(account, kind, token) };
}

const isOld = ({ created }: MultiRegionRequest, { now }: Context) => created < now.getTime() - KEPT_MS;

async function forgetOld(ctx: Context): Promise<void> {
  const { account, store } = ctx;
  const { rows } = await store.list(requests, [account], { index: 'created', limit: FORGOTTEN_AT_ONCE });
  for (const row of rows) if (isOld(row, ctx)) await store.remove(requests, requests.key(row));
}

async function outcome(ctx: Context, work: () => Promise<readonly string[]>) {
  try {
    return { regions: await work() };
  } catch (error) {
    if (!(error instanceof CommonError)) throw error;
    return { regions: [], error: { Code: error.name, Message: error.message, RequestId: ctx.requestId } };
  }
}

const tokenConflict = () =>
  new CommonError(
    'ClientTokenConflict',
    'Your Multi-Region Access Point idempotency token was already used for a different request.',
    409,
  );

const ARN = /^arn:aws:s3:us-west-2:(\d{12}):async-request\/mrap\/([a-z-]+)\/([a-z0-9]+)$/;

const noSuchRequest = () =>
  new CommonError('NoSuchAsyncRequest', 'The specified asynchronous request does not exist.', 404);

export const DescribeMultiRegionAccessPointOperation: Operation<
  Present<DescribeMultiRegionAccessPointOperationRequest> & { readonly AccountId?: string | undefined },
  DescribeMultiRegionAccessPointOperationResult,
  MultiRegionRequest
> = {
  async load({ AccountId, RequestTokenARN }, ctx) {
    requireOwnAccount(ctx, AccountId);
    const [, account, kind = '', token = ''] = ARN.exec(RequestTokenARN) ?? [];
    const found = account === ctx.account ? await ctx.store.get(requests, [account, token]) : undefined;
    return found?.kind === kind && !isOld(found, ctx)
      ? found
      : new Missing(requestArn(ctx.account, kind, token), noSuchRequest());
  },
  access: (_input, _ctx, { account, kind, token }) => ({ resource: requestArn(account, kind, token) }),
  async run(_input, { now }, { account, token, kind, created, parameters, regions, error }) {
    const under = now.getTime() < created + TAKES_MS;
    const RequestStatus = under ? 'INPROGRESS' : error ? 'FAILED' : 'SUCCEEDED';
    return {
      AsyncOperation: {
        CreationTime: new Date(created),
        Operation: OPERATIONS[kind],
        RequestTokenARN: requestArn(account, kind, token),
        RequestParameters: parameters,
        RequestStatus,
        ResponseDetails: {
          ...(error && !under
            ? { ErrorDetails: error }
            : { MultiRegionAccessPointDetails: { Regions: regions.map((Name) => ({ Name, RequestStatus })) } }),
        },
      },
    };
  },
};
