/** Limits of the API model: the published ones, and those of members that are newer than the publication. */
import type { Limits } from '../../core/operation.ts';
import published from './limits.json' with { type: 'json' };

const tokenSize = { MinimumSessionTokenSize: { range: [0, 4096] } } as const;
const base = published as unknown as Limits;

/** From the SDK's documentation of each member, summer 2026. */
export const limits: Limits = {
  ...base,
  // What characters it may have depends on who asks: assumeRole.ts.
  AssumeRole: { ...base.AssumeRole, ...tokenSize, SourceIdentity: { length: [2, 64] } },
  AssumeRoleWithSAML: { ...base.AssumeRoleWithSAML, ...tokenSize },
  AssumeRoleWithWebIdentity: { ...base.AssumeRoleWithWebIdentity, ...tokenSize },
  AssumeRoot: { ...base.AssumeRoot, ...tokenSize },
  GetFederationToken: { ...base.GetFederationToken, ...tokenSize },
  GetSessionToken: { ...base.GetSessionToken, ...tokenSize },
  GetWebIdentityToken: {
    Audience: { required: true, length: [1, 10] },
    'Audience[]': { length: [1, 1000] },
    DurationSeconds: { range: [60, 3600] },
    SigningAlgorithm: { required: true, enum: ['RS256', 'ES384'] },
    Tags: { length: [0, 50] },
    'Tags[].Key': { required: true, length: [1, 128] },
    'Tags[].Value': { required: true, length: [0, 256] },
  },
};
