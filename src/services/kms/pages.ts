/** KMS's way of paging: Marker and Limit in, Truncated and NextMarker out. */
import { InvalidMarkerException } from '@aws-sdk/client-kms';
import { fail } from '../../core/errors.ts';
import { paging } from '../../core/page.ts';

export interface PageInput {
  readonly Marker?: string | undefined;
  readonly Limit?: number | undefined;
}

export interface PageEnd {
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

export const { rows: rowsPage, items: itemsPage } = paging({
  size: 'Limit',
  standard: 100,
  token: 'Marker',
  end: (token): PageEnd => (token === undefined ? { Truncated: false } : { Truncated: true, NextMarker: token }),
  refuse: () => fail(InvalidMarkerException, 'The marker is not valid.'),
});
