# The lab "Encrypt with a key of your own", and what reviews access to it.

resource "aws_kms_key" "lab" {
  description             = "round ${var.round}"
  enable_key_rotation     = true
  rotation_period_in_days = var.round == 1 ? 365 : 180
  deletion_window_in_days = 7
  tags                    = { Round = var.round }
}

resource "aws_kms_alias" "lab" {
  name          = "alias/lab"
  target_key_id = aws_kms_key.lab.key_id
}

resource "aws_kms_ciphertext" "secret" {
  key_id    = aws_kms_key.lab.key_id
  plaintext = "the value"
  context   = { purpose = "lab" }
}

data "aws_kms_secrets" "secret" {
  secret {
    name    = "value"
    payload = aws_kms_ciphertext.secret.ciphertext_blob
    context = { purpose = "lab" }
  }
}

resource "aws_iam_role" "reader" {
  name = "reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = data.aws_caller_identity.me.account_id } }]
  })
}

resource "aws_kms_grant" "reader" {
  key_id            = aws_kms_key.lab.key_id
  grantee_principal = aws_iam_role.reader.arn
  operations        = ["Decrypt"]
}

resource "aws_accessanalyzer_analyzer" "lab" {
  analyzer_name = "lab"
}

output "opened" {
  value     = data.aws_kms_secrets.secret.plaintext["value"] == "the value"
  sensitive = true
}
