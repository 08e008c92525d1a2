/**
 * What a declarative policy may say, as data: one shape for each type, after the syntax pages of the user guide. A
 * shape serves twice: for a document as it is written (grammar.ts) and for what an account gets in the end
 * (effectivePolicies.ts), where required elements must be there and lists keep their limits.
 */
import type { OrganizationPolicyType } from '../../identity/organization.ts';
import { mayBeEnforced } from '../../identity/tagPolicies.ts';

export type Shape =
  | { readonly kind: 'one'; readonly values: RegExp }
  | { readonly kind: 'list'; readonly values: Pattern; readonly min?: number; readonly max?: number }
  | { readonly kind: 'fields'; readonly fields: Fields; readonly required: readonly string[] }
  | { readonly kind: 'each'; readonly shape: Shape; readonly keys: RegExp; readonly max?: number };

/** What the items of a list must be. */
type Pattern = Pick<RegExp, 'test'>;

type Fields = Readonly<Record<string, Shape>>;

const one = (values: RegExp): Shape => ({ kind: 'one', values });
const list = (values: Pattern, bounds: { min?: number; max?: number } = {}): Shape => ({
  kind: 'list',
  values,
  ...bounds,
});
const fields = (known: Fields, ...required: string[]): Shape => ({ kind: 'fields', fields: known, required });
const each = (shape: Shape, { keys = ANY, max }: { keys?: RegExp; max?: number } = {}): Shape => ({
  kind: 'each',
  shape,
  keys,
  ...(max !== undefined && { max }),
});

const ANY = /./s;
const anyText = one(ANY);
const number = one(/^-?\d+$/);
const flag = one(/^(true|false)$/i);
const enabled = one(/^(enabled|disabled)$/);
const REGION = /^[a-z]{2}(-[a-z]+)+-\d+$/;
const REGIONS = /^(ALL_SUPPORTED|[a-z]{2}(-[a-z]+)+-\d+)$/;
const regions = list(REGIONS);
const inRegions = fields({ enable_in_regions: regions, disable_in_regions: regions });

const TAGGED_TYPE = /^[a-z0-9-]+:([\w/-]+|\*)$/;
const ENFORCED_TYPE: Pattern = { test: (type) => TAGGED_TYPE.test(type) && mayBeEnforced(type) };
const tagPolicy = fields({
  tags: each(
    fields({
      tag_key: anyText,
      tag_value: list(/^[^*]*(\*[^*]*)?$/),
      enforced_for: list(ENFORCED_TYPE),
      report_required_tag_for: list(TAGGED_TYPE),
    }),
  ),
});

const lifecycle = fields({
  move_to_cold_storage_after_days: number,
  delete_after_days: number,
  opt_in_to_archive_for_supported_resources: flag,
});
const tag = fields({ tag_key: anyText, tag_value: anyText }, 'tag_key', 'tag_value');
const condition = each(fields({ condition_key: anyText, condition_value: anyText }), { max: 30 });
const conditions = fields({
  string_equals: condition,
  string_not_equals: condition,
  string_like: condition,
  string_not_like: condition,
});
const backupRule = fields(
  {
    schedule_expression: one(/^(cron|rate)\(.+\)$/),
    schedule_expression_timezone: anyText,
    start_backup_window_minutes: number,
    complete_backup_window_minutes: number,
    lifecycle,
    target_backup_vault_name: one(/^[A-Za-z0-9_-]{2,50}$/),
    target_logically_air_gapped_backup_vault_arn: anyText,
    recovery_point_tags: each(tag),
    copy_actions: each(fields({ target_backup_vault_arn: anyText, lifecycle })),
    enable_continuous_backup: flag,
    index_actions: fields({ resource_types: list(/^(EBS|S3)$/) }),
  },
  'schedule_expression',
  'target_backup_vault_name',
);
const backupPolicy = fields({
  plans: each(
    fields(
      {
        regions: list(REGION, { min: 1 }),
        rules: each(backupRule, { max: 10 }),
        selections: fields({
          tags: each(
            fields(
              { iam_role_arn: anyText, tag_key: anyText, tag_value: list(ANY), conditions },
              ...['iam_role_arn', 'tag_key', 'tag_value'],
            ),
          ),
          resources: each(
            fields(
              { iam_role_arn: anyText, resource_types: list(ANY), not_resource_types: list(ANY), conditions },
              ...['iam_role_arn', 'resource_types'],
            ),
          ),
        }),
        advanced_backup_settings: fields({ ec2: fields({ windows_vss: enabled }) }),
        backup_plan_tags: each(tag),
      },
      ...['regions', 'rules', 'selections'],
    ),
  ),
});

const channelTypes = list(/^(public|private)$/);
const roleSettings = list(/^(user_role|channel_role)$/);
const client = fields({ client: enabled });
const chatSettings = fields({ supported_channel_types: channelTypes, supported_role_settings: roleSettings });
const teamSettings = fields({ supported_role_settings: roleSettings });
const chatbotPolicy = fields({
  chatbot: fields({
    platforms: fields({
      slack: fields({
        client: enabled,
        workspaces: list(ANY, { max: 255 }),
        default: chatSettings,
        overrides: each(chatSettings, { max: 255 }),
      }),
      microsoft_teams: fields({
        client: enabled,
        tenants: each(list(ANY), { max: 36 }),
        default: teamSettings,
        overrides: each(each(teamSettings, { max: 36 }), { max: 36 }),
      }),
      chime: client,
      default: client,
    }),
    default: client,
  }),
});

const preference = one(/^(no_preference|enabled|disabled)$/);
const ec2Policy = fields({
  ec2_attributes: fields({
    exception_message: anyText,
    vpc_block_public_access: fields({
      internet_gateway_block: fields({
        mode: one(/^(off|block_ingress|block_bidirectional)$/),
        exclusions_allowed: enabled,
      }),
    }),
    serial_console_access: fields({ status: enabled }),
    image_block_public_access: fields({ state: one(/^(unblocked|block_new_sharing)$/) }),
    allowed_images_settings: fields({
      state: one(/^(enabled|disabled|audit_mode)$/),
      image_criteria: each(
        fields({
          allowed_image_providers: list(/^(\d{12}|amazon|aws_marketplace|aws_backup_vault|all)$/),
          image_names: list(/^.{1,128}$/s),
          marketplace_product_codes: list(/^[A-Za-z0-9]{1,25}$/),
          creation_date_condition: fields({ maximum_days_since_created: number }),
          deprecation_time_condition: fields({ maximum_days_since_deprecated: number }),
        }),
        { keys: /^criteria_([1-9]|10)$/, max: 10 },
      ),
    }),
    instance_metadata_defaults: fields({
      http_tokens: one(/^(no_preference|required|optional)$/),
      http_put_response_hop_limit: one(/^(-1|[0-9]|[1-5]\d|6[0-4])$/),
      http_endpoint: preference,
      instance_metadata_tags: preference,
      http_tokens_enforced: preference,
    }),
    snapshot_block_public_access: fields({ state: one(/^(block_all_sharing|block_new_sharing|unblocked)$/) }),
  }),
});

const inspectorPolicy = fields({
  inspector: fields({
    enablement: fields({
      lambda_standard_scanning: fields({
        enable_in_regions: regions,
        disable_in_regions: regions,
        lambda_code_scanning: inRegions,
      }),
      ec2_scanning: inRegions,
      ecr_scanning: inRegions,
      code_repository_scanning: inRegions,
    }),
  }),
});

const patchOrder = fields({ patch_order: one(/^(first|second|last)$/) });
const rolloutPolicy = fields({
  upgrade_rollout: fields({ default: patchOrder, tags: each(fields({ tag_values: each(patchOrder) })) }),
});

const bedrockPolicy = fields({
  bedrock: fields({
    guardrail_inference: each(
      each(
        fields(
          {
            identifier: one(/^arn:aws:bedrock:[^:]+:\d{12}:guardrail\/[^:]+:\d+$/),
            input_tags: one(/^(honor|ignore)$/),
          },
          ...['identifier', 'input_tags'],
        ),
      ),
      { keys: REGION },
    ),
  }),
});

const status = fields({ status: enabled }, 'status');
const guardDutyPolicy = fields({
  guardduty: fields({
    enablement: each(
      fields({
        foundational: status,
        s3_data_events: status,
        eks_audit_logs: status,
        ebs_malware_protection: status,
        rds_login_events: status,
        lambda_network_logs: status,
        ai_protection: status,
        runtime_monitoring: fields({
          status: enabled,
          additional_configuration: fields({
            eks_addon_management: status,
            ec2_agent_management: status,
            ecs_fargate_agent_management: status,
          }),
        }),
      }),
      { keys: /^(default|[a-z]{2}(-[a-z]+)+-\d+)$/ },
    ),
  }),
});

/** SCPs and RCPs are IAM policies and have no shape. Of SECURITYHUB_CSPM_POLICY no syntax is published that we know. */
export const policyShapes: Readonly<Partial<Record<OrganizationPolicyType, Shape>>> = {
  TAG_POLICY: tagPolicy,
  BACKUP_POLICY: backupPolicy,
  AISERVICES_OPT_OUT_POLICY: fields({
    services: each(fields({ opt_out_policy: one(/^(optIn|optOut)$/) }, 'opt_out_policy'), { keys: /^[a-z0-9]+$/ }),
  }),
  CHATBOT_POLICY: chatbotPolicy,
  DECLARATIVE_POLICY_EC2: ec2Policy,
  SECURITYHUB_POLICY: fields({
    securityhub: fields(
      { enable_in_regions: regions, disable_in_regions: regions },
      ...['enable_in_regions', 'disable_in_regions'],
    ),
  }),
  INSPECTOR_POLICY: inspectorPolicy,
  UPGRADE_ROLLOUT_POLICY: rolloutPolicy,
  BEDROCK_POLICY: bedrockPolicy,
  S3_POLICY: fields({ s3_attributes: fields({ public_access_block_configuration: one(/^(all|none)$/) }) }),
  NETWORK_SECURITY_DIRECTOR_POLICY: fields({
    network_security_director: fields({ enablement: fields({ network_security_scan: inRegions }) }),
  }),
  GUARDDUTY_POLICY: guardDutyPolicy,
};
