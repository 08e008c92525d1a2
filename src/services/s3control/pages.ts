/** Pages of lists, alike in all but what is said of a token that S3 Control never gave. */
import { paging } from '../../core/page.ts';

export const pagesOf = (refusal: () => Error, most = 1000) =>
  paging({
    size: 'MaxResults',
    standard: most,
    most,
    token: 'NextToken',
    end: (NextToken) => (NextToken === undefined ? {} : { NextToken }),
    refuse() {
      throw refusal();
    },
  });

/** Zero asks for as many as there may be. */
export const pageAsked = <T extends { readonly MaxResults?: number | undefined }>(input: T): T => ({
  ...input,
  MaxResults: input.MaxResults || undefined,
});
