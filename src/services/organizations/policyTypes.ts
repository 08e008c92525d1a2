/**
 * The types of policy, one row each. Numbers: "Quotas and service limits for AWS Organizations" in its user guide.
 *
 * SCPs and RCPs limit what is allowed: they are IAM policies, and AWS attaches one of its own, which allows all,
 * wherever the type is enabled. The others declare settings; what an account gets is merged down the tree (see
 * inheritance.ts).
 */
import {
  type Attachments,
  FULL_AWS_ACCESS,
  type OrganizationPolicyType,
  RCP_FULL_AWS_ACCESS,
  type Unit,
} from '../../identity/organization.ts';

export interface PolicyTypeRow {
  /** Characters of a document. */
  readonly sizeMax: number;
  /** Policies of this type at one place. */
  readonly attachedMax: number;
  /** Policies of this type in one organization. */
  readonly policiesMax: number;
  /** AWS's own policy, at every place where the type is enabled. */
  readonly own?: typeof FULL_AWS_ACCESS | typeof RCP_FULL_AWS_ACCESS;
  /** Trusted access that must be enabled before the type, and disabled after it. */
  readonly service?: string;
}

const settings: PolicyTypeRow = { sizeMax: 10_000, attachedMax: 10, policiesMax: 1000 };

export const policyTypes: Readonly<Record<OrganizationPolicyType, PolicyTypeRow>> = {
  SERVICE_CONTROL_POLICY: { sizeMax: 10_240, attachedMax: 10, policiesMax: 10_000, own: FULL_AWS_ACCESS },
  RESOURCE_CONTROL_POLICY: { sizeMax: 5120, attachedMax: 5, policiesMax: 2000, own: RCP_FULL_AWS_ACCESS },
  TAG_POLICY: settings,
  BACKUP_POLICY: settings,
  AISERVICES_OPT_OUT_POLICY: { sizeMax: 2500, attachedMax: 5, policiesMax: 1000 },
  CHATBOT_POLICY: { ...settings, attachedMax: 5 },
  DECLARATIVE_POLICY_EC2: settings,
  SECURITYHUB_POLICY: { ...settings, service: 'securityhub.amazonaws.com' },
  INSPECTOR_POLICY: { ...settings, service: 'inspector2.amazonaws.com' },
  UPGRADE_ROLLOUT_POLICY: settings,
  BEDROCK_POLICY: settings,
  S3_POLICY: settings,
  NETWORK_SECURITY_DIRECTOR_POLICY: { ...settings, service: 'network-security-director.amazonaws.com' },
  GUARDDUTY_POLICY: { ...settings, service: 'guardduty.amazonaws.com' },
  SECURITYHUB_CSPM_POLICY: { ...settings, service: 'securityhub.amazonaws.com' },
};

/** What is attached to a unit or account from the moment it exists: AWS's own policy of every enabled type. */
export function firstAttachments(root: Unit): Attachments {
  const own = (root.enabledTypes ?? []).flatMap((type) => {
    const policy = policyTypes[type].own;
    return policy ? [[type, [policy.id]] as const] : [];
  });
  return Object.fromEntries(own);
}

/** The type and content of a policy that AWS owns. */
export function awsPolicy(id: string) {
  for (const [type, { own }] of Object.entries(policyTypes)) {
    if (own?.id === id) return { type: type as OrganizationPolicyType, ...own };
  }
  return undefined;
}
