# What Terraform users write about identities and organizations, all of it at once; terraform.test.ts applies it.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "round" { default = 1 }

provider "aws" {
  region = "eu-central-1"
  default_tags {
    tags = { Owner = "platform" }
  }
}

data "aws_caller_identity" "me" {}

data "aws_iam_account_alias" "a" { depends_on = [aws_iam_account_alias.a] }

data "aws_iam_policy" "ro" { name = "ReadOnlyAccess" }

data "aws_iam_policy" "admin" { arn = "arn:aws:iam::aws:policy/AdministratorAccess" }

data "aws_iam_session_context" "s" { arn = data.aws_caller_identity.me.arn }

resource "aws_iam_user" "u" {
  name                 = "alice"
  path                 = "/team${var.round}/"
  force_destroy        = true
  permissions_boundary = aws_iam_policy.b.arn
  tags                 = { Team = "red", Empty = "" }
}

resource "aws_iam_user_policy" "u" {
  user   = aws_iam_user.u.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:*"], Resource = "*" }] })
}

resource "aws_iam_user_policy_attachment" "u" {
  user       = aws_iam_user.u.name
  policy_arn = data.aws_iam_policy.ro.arn
}

resource "aws_iam_policy" "b" {
  name        = "boundary"
  path        = "/b/"
  description = "a boundary"
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "Round${var.round}", Effect = "Allow", Action = "*", Resource = "*" }] })
  tags        = { a = "b" }
}

resource "aws_iam_role" "r" {
  name                  = "svc"
  description           = "role ${var.round}"
  max_session_duration  = 3600 * var.round
  force_detach_policies = true
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  permissions_boundary  = aws_iam_policy.b.arn
  tags                  = { x = "y" }
}

resource "aws_iam_role_policy" "r" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.d.json
}

resource "aws_iam_role_policy_attachment" "r" {
  role       = aws_iam_role.r.name
  policy_arn = aws_iam_policy.b.arn
}

resource "aws_iam_role_policies_exclusive" "r" {
  role_name    = aws_iam_role.r.name
  policy_names = [aws_iam_role_policy.r.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "r" {
  role_name   = aws_iam_role.r.name
  policy_arns = [aws_iam_policy.b.arn, "arn:aws:iam::aws:policy/SecurityAudit"]
  depends_on  = [aws_iam_role_policy_attachment.r, aws_iam_policy_attachment.all]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.u.arn, data.aws_caller_identity.me.account_id]
    }
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = ["arn:aws:s3:::b", "arn:aws:s3:::b/&{aws:username}/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["eu-central-1", "eu-west-1"]
    }
  }
}

resource "aws_iam_group" "g" {
  name = "devs"
  path = "/g/"
}

resource "aws_iam_group_membership" "m" {
  name  = "m"
  group = aws_iam_group.g.name
  users = [aws_iam_user.u.name]
}

resource "aws_iam_group" "g2" { name = "ops" }

resource "aws_iam_user_group_membership" "m" {
  user   = aws_iam_user.u.name
  groups = [aws_iam_group.g2.name]
}

resource "aws_iam_group_policy" "g" {
  group  = aws_iam_group.g.name
  policy = data.aws_iam_policy_document.d.json
}

resource "aws_iam_group_policy_attachment" "g" {
  group      = aws_iam_group.g.name
  policy_arn = data.aws_iam_policy.ro.arn
}

resource "aws_iam_policy_attachment" "all" {
  name       = "x"
  policy_arn = "arn:aws:iam::aws:policy/SecurityAudit"
  users      = [aws_iam_user.u.name]
  roles      = [aws_iam_role.r.name]
  groups     = [aws_iam_group.g.name]
}

resource "aws_iam_access_key" "k" { user = aws_iam_user.u.name }

resource "aws_iam_access_key" "k2" {
  user   = aws_iam_user.u.name
  status = "Inactive"
}

resource "aws_iam_user_login_profile" "l" {
  user                    = aws_iam_user.u.name
  password_length         = 24
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.p]
}

resource "aws_iam_account_password_policy" "p" {
  minimum_password_length        = 14 + var.round
  require_lowercase_characters   = true
  require_numbers                = true
  require_uppercase_characters   = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 5
  hard_expiry                    = false
}

resource "aws_iam_account_alias" "a" { account_alias = "gatehouse-${var.round}" }

resource "aws_iam_instance_profile" "i" {
  name = "ip"
  path = "/p/"
  role = aws_iam_role.r.name
  tags = { t = tostring(var.round) }
}

resource "aws_iam_openid_connect_provider" "o" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com", "round-${var.round}"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
  tags            = { t = tostring(var.round) }
}

resource "aws_iam_saml_provider" "s" {
  name                   = "idp"
  saml_metadata_document = file("${path.module}/saml.xml")
  tags                   = { t = tostring(var.round) }
}

resource "aws_iam_server_certificate" "c" {
  name             = "cert"
  certificate_body = file("${path.module}/c.pem")
  private_key      = file("${path.module}/k.pem")
  tags             = { t = tostring(var.round) }
}

resource "aws_iam_signing_certificate" "c" {
  user_name        = aws_iam_user.u.name
  certificate_body = file("${path.module}/c.pem")
}

resource "aws_iam_service_linked_role" "s" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "mine"
  description      = "round ${var.round}"
  tags             = { t = tostring(var.round) }
}

resource "aws_iam_service_linked_role" "s2" { aws_service_name = "elasticbeanstalk.amazonaws.com" }

resource "aws_iam_virtual_mfa_device" "v" {
  virtual_mfa_device_name = "phone"
  tags                    = { t = tostring(var.round) }
}

resource "aws_iam_service_specific_credential" "c" {
  user_name    = aws_iam_user.u.name
  service_name = "codecommit.amazonaws.com"
}

resource "aws_iam_user_ssh_key" "k" {
  username   = aws_iam_user.u.name
  encoding   = "SSH"
  public_key = trimspace(file("${path.module}/ssh.pub"))
}

resource "aws_iam_security_token_service_preferences" "p" { global_endpoint_token_version = "v2Token" }

resource "aws_organizations_organization" "o" {
  feature_set                   = "ALL"
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY", "TAG_POLICY", "RESOURCE_CONTROL_POLICY"]
  aws_service_access_principals = ["cloudtrail.amazonaws.com", "config.amazonaws.com", "iam.amazonaws.com", "account.amazonaws.com"]
}

resource "aws_iam_organizations_features" "f" {
  enabled_features = ["RootCredentialsManagement", "RootSessions"]
  depends_on       = [aws_organizations_organization.o]
}

resource "aws_organizations_organizational_unit" "ou" {
  name      = "Workloads ${var.round}"
  parent_id = aws_organizations_organization.o.roots[0].id
  tags      = { t = tostring(var.round) }
}

resource "aws_organizations_organizational_unit" "ou2" {
  name      = "Prod"
  parent_id = aws_organizations_organizational_unit.ou.id
}

resource "aws_organizations_account" "a" {
  name                       = "dev"
  email                      = "dev@example.com"
  parent_id                  = aws_organizations_organizational_unit.ou2.id
  role_name                  = "OrgAdmin"
  iam_user_access_to_billing = "ALLOW"
  tags                       = { t = tostring(var.round) }
  lifecycle { ignore_changes = [role_name, iam_user_access_to_billing] }
}

resource "aws_organizations_policy" "scp" {
  name        = "guard ${var.round}"
  description = "d"
  type        = "SERVICE_CONTROL_POLICY"
  content     = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "ec2:*", Resource = "*" }] })
  tags        = { t = tostring(var.round) }
  depends_on  = [aws_organizations_organization.o]
}

resource "aws_organizations_policy" "tag" {
  name       = "tags"
  type       = "TAG_POLICY"
  content    = jsonencode({ tags = { CostCenter = { tag_key = { "@@assign" = "CostCenter" } } } })
  depends_on = [aws_organizations_organization.o]
}

resource "aws_organizations_policy_attachment" "scp" {
  policy_id = aws_organizations_policy.scp.id
  target_id = aws_organizations_organizational_unit.ou.id
}

resource "aws_organizations_policy_attachment" "tag" {
  policy_id = aws_organizations_policy.tag.id
  target_id = aws_organizations_account.a.id
}

resource "aws_organizations_delegated_administrator" "d" {
  account_id        = aws_organizations_account.a.id
  service_principal = "config.amazonaws.com"
}

resource "aws_organizations_resource_policy" "p" {
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "D", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${aws_organizations_account.a.id}:root" }, Action = ["organizations:ListPolicies"], Resource = "*" }] })
  tags    = { t = tostring(var.round) }
}

resource "aws_account_alternate_contact" "c" {
  alternate_contact_type = "SECURITY"
  name                   = "Sec"
  title                  = "CISO ${var.round}"
  email_address          = "sec@example.com"
  phone_number           = "+1234567890"
}

resource "aws_account_alternate_contact" "m" {
  account_id             = aws_organizations_account.a.id
  alternate_contact_type = "OPERATIONS"
  name                   = "Ops"
  title                  = "Ops"
  email_address          = "ops@example.com"
  phone_number           = "+1234567890"
}

resource "aws_account_primary_contact" "p" {
  address_line_1     = "1 Street"
  city               = "City ${var.round}"
  company_name       = "Acme"
  country_code       = "US"
  district_or_county = "King"
  full_name          = "A B"
  phone_number       = "+64211111111"
  postal_code        = "98101"
  state_or_region    = "WA"
  website_url        = "https://example.com"
}

resource "aws_account_region" "r" {
  region_name = "ap-southeast-3"
  enabled     = true
}

data "aws_organizations_organization" "o" { depends_on = [aws_organizations_policy_attachment.scp] }

data "aws_organizations_organizational_units" "o" {
  parent_id  = aws_organizations_organization.o.roots[0].id
  depends_on = [aws_organizations_organizational_unit.ou]
}

data "aws_organizations_organizational_unit_descendant_accounts" "o" {
  parent_id  = aws_organizations_organization.o.roots[0].id
  depends_on = [aws_organizations_account.a]
}

data "aws_organizations_organizational_unit_descendant_organizational_units" "o" {
  parent_id  = aws_organizations_organization.o.roots[0].id
  depends_on = [aws_organizations_organizational_unit.ou2]
}

data "aws_organizations_organizational_unit" "ou" {
  parent_id = aws_organizations_organization.o.roots[0].id
  name      = aws_organizations_organizational_unit.ou.name
}

data "aws_organizations_delegated_administrators" "d" { depends_on = [aws_organizations_delegated_administrator.d] }

data "aws_organizations_delegated_services" "d" { account_id = aws_organizations_delegated_administrator.d.account_id }

data "aws_organizations_policies" "p" {
  filter     = "SERVICE_CONTROL_POLICY"
  depends_on = [aws_organizations_policy.scp]
}

data "aws_organizations_policy" "p" { policy_id = aws_organizations_policy.scp.id }

data "aws_organizations_policies_for_target" "p" {
  target_id  = aws_organizations_organizational_unit.ou.id
  filter     = "SERVICE_CONTROL_POLICY"
  depends_on = [aws_organizations_policy_attachment.scp]
}

data "aws_organizations_resource_tags" "t" { resource_id = aws_organizations_account.a.id }

data "aws_iam_users" "u" { depends_on = [aws_iam_user.u] }

data "aws_iam_user" "u" { user_name = aws_iam_user.u.name }

data "aws_iam_roles" "r" {
  name_regex = "svc"
  depends_on = [aws_iam_role.r]
}

data "aws_iam_role" "r" { name = aws_iam_role.r.name }

data "aws_iam_group" "g" {
  group_name = aws_iam_group.g.name
  depends_on = [aws_iam_group_membership.m]
}

data "aws_iam_access_keys" "k" {
  user       = aws_iam_user.u.name
  depends_on = [aws_iam_access_key.k, aws_iam_access_key.k2]
}

data "aws_iam_instance_profile" "i" { name = aws_iam_instance_profile.i.name }

data "aws_iam_instance_profiles" "i" {
  role_name  = aws_iam_role.r.name
  depends_on = [aws_iam_instance_profile.i]
}

data "aws_iam_openid_connect_provider" "o" { url = "https://${aws_iam_openid_connect_provider.o.url}" }

data "aws_iam_saml_provider" "s" { arn = aws_iam_saml_provider.s.arn }

data "aws_iam_server_certificate" "c" {
  name   = aws_iam_server_certificate.c.name
  latest = true
}

data "aws_iam_user_ssh_key" "k" {
  username          = aws_iam_user.u.name
  encoding          = "SSH"
  ssh_public_key_id = aws_iam_user_ssh_key.k.ssh_public_key_id
}

data "aws_iam_principal_policy_simulation" "s" {
  action_names      = ["s3:GetObject", "ec2:RunInstances"]
  policy_source_arn = aws_iam_user.u.arn
  resource_arns     = ["arn:aws:s3:::b/x"]
  depends_on        = [aws_iam_user_policy.u]
}

data "aws_account_primary_contact" "p" { depends_on = [aws_account_primary_contact.p] }
