# Log groups and what hangs on them.

resource "aws_kms_key" "logs" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "logs.eu-central-1.amazonaws.com" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = "/lab/trail"
  retention_in_days = tostring(var.round) == "1" ? 30 : 90
  kms_key_id        = tostring(var.round) == "1" ? null : aws_kms_key.logs.arn
  tags              = { round = tostring(var.round) }
}

resource "aws_cloudwatch_log_group" "infrequent" {
  name_prefix     = "rare-"
  log_group_class = "INFREQUENT_ACCESS"
}

resource "aws_cloudwatch_log_stream" "s" {
  name           = "s"
  log_group_name = aws_cloudwatch_log_group.trail.name
}

resource "aws_cloudwatch_log_metric_filter" "root" {
  name           = "RootUse"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS }"
  metric_transformation {
    name          = "RootUse"
    namespace     = "Lab"
    value         = "1"
    default_value = tostring(var.round) == "1" ? "0" : "1"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_log_metric_filter" "dimensions" {
  name           = "ByEvent"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = "{ $.eventName = * }"
  metric_transformation {
    name       = "ByEvent"
    namespace  = "Lab"
    value      = "1"
    dimensions = { Event = "$.eventName" }
  }
}

resource "aws_cloudwatch_log_resource_policy" "events" {
  policy_name = "events"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = {
      Effect    = "Allow"
      Principal = { Service = ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${aws_cloudwatch_log_group.trail.arn}:*"
    }
  })
}

resource "aws_cloudwatch_query_definition" "q" {
  name            = "lab/errors"
  log_group_names = [aws_cloudwatch_log_group.trail.name]
  query_string    = "fields @timestamp, @message\n| filter errorCode = 'AccessDenied'\n| limit ${20 * var.round}\n"
}

resource "aws_cloudwatch_log_data_protection_policy" "mask" {
  log_group_name = aws_cloudwatch_log_group.trail.name
  policy_document = jsonencode({
    Name    = "mask"
    Version = "2021-06-01"
    Statement = [
      {
        Sid            = "Audit"
        DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
        Operation      = { Audit = { FindingsDestination = {} } }
      },
      {
        Sid            = "Redact"
        DataIdentifier = ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]
        Operation      = { Deidentify = { MaskConfig = {} } }
      },
    ]
  })
}

resource "aws_cloudwatch_log_delivery_destination" "d" {
  name          = "d"
  output_format = "json"
  delivery_destination_configuration {
    destination_resource_arn = aws_cloudwatch_log_group.trail.arn
  }
  tags = { a = "b" }
}
