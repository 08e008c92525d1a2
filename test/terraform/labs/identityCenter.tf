# The lab of IAM Identity Center as Terraform users write it: the instance is there (no resource makes one).
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "round" { default = 1 }

provider "aws" {
  region = "us-east-1"
}

data "aws_caller_identity" "me" {}

data "aws_ssoadmin_instances" "this" {}

locals {
  instance = data.aws_ssoadmin_instances.this.arns[0]
  store    = data.aws_ssoadmin_instances.this.identity_store_ids[0]
  policies = { AdminRole = "AdministratorAccess", CloudCompetenceCenterRole = "PowerUserAccess" }
  groups   = { AdminRole = "Admin", CloudCompetenceCenterRole = "CCC", DeveloperRole = "Dev" }
}

resource "aws_ssoadmin_permission_set" "sets" {
  for_each         = local.groups
  name             = each.key
  description      = "round ${var.round}"
  instance_arn     = local.instance
  session_duration = "PT${var.round}H"
  tags             = { Round = var.round }
}

resource "aws_ssoadmin_managed_policy_attachment" "policies" {
  for_each           = local.policies
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.sets[each.key].arn
  managed_policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_ssoadmin_permission_set_inline_policy" "developer" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.sets["DeveloperRole"].arn
  inline_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = var.round == 1 ? ["s3:*"] : ["s3:*", "sqs:*"], Resource = "*" }]
  })
}

resource "aws_ssoadmin_permissions_boundary_attachment" "developer" {
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.sets["DeveloperRole"].arn
  permissions_boundary {
    managed_policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
  }
}

resource "aws_ssoadmin_instance_access_control_attributes" "attributes" {
  instance_arn = local.instance
  attribute {
    key = "department"
    value { source = ["$${path:enterprise.department}"] }
  }
}

resource "aws_identitystore_user" "ada" {
  identity_store_id = local.store
  user_name         = "ada"
  display_name      = "Ada ${var.round}"
  name {
    given_name  = "Ada"
    family_name = "Doe"
  }
  emails {
    value   = "ada@example.com"
    primary = true
  }
}

resource "aws_identitystore_group" "groups" {
  for_each          = local.groups
  identity_store_id = local.store
  display_name      = each.value
  description       = "round ${var.round}"
}

resource "aws_identitystore_group_membership" "ada" {
  for_each          = aws_identitystore_group.groups
  identity_store_id = local.store
  group_id          = each.value.group_id
  member_id         = aws_identitystore_user.ada.user_id
}

resource "aws_ssoadmin_account_assignment" "groups" {
  for_each           = local.groups
  instance_arn       = local.instance
  permission_set_arn = aws_ssoadmin_permission_set.sets[each.key].arn
  principal_id       = aws_identitystore_group.groups[each.key].group_id
  principal_type     = "GROUP"
  target_id          = data.aws_caller_identity.me.account_id
  target_type        = "AWS_ACCOUNT"
}

data "aws_identitystore_group" "developers" {
  identity_store_id = local.store
  alternate_identifier {
    unique_attribute {
      attribute_path  = "DisplayName"
      attribute_value = aws_identitystore_group.groups["DeveloperRole"].display_name
    }
  }
}
