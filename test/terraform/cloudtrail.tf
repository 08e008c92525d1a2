# A trail with all that hangs on it, and an event data store.

locals {
  trail_arn = "arn:aws:cloudtrail:eu-central-1:${data.aws_caller_identity.me.account_id}:trail/lab"
}

resource "aws_s3_bucket" "trail" {
  bucket        = "lab-trail-logs"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AWSCloudTrailAclCheck"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.trail.arn
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      },
      {
        Sid       = "AWSCloudTrailWrite"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.trail.arn}/lab/AWSLogs/${data.aws_caller_identity.me.account_id}/*"
        Condition = {
          StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control", "aws:SourceArn" = local.trail_arn }
        }
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "trailed" {
  name = "/lab/trailed"
}

resource "aws_iam_role" "trailed" {
  name = "trail-to-logs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { Service = "cloudtrail.amazonaws.com" }, Action = "sts:AssumeRole" },
    ]
  })
}

resource "aws_iam_role_policy" "trailed" {
  role = aws_iam_role.trailed.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.trailed.arn}:*"
      },
    ]
  })
}

resource "aws_cloudtrail" "lab" {
  name                          = "lab"
  s3_bucket_name                = aws_s3_bucket.trail.id
  s3_key_prefix                 = "lab"
  is_multi_region_trail         = tostring(var.round) == "2"
  enable_log_file_validation    = true
  include_global_service_events = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trailed.arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.trailed.arn
  tags                          = { round = tostring(var.round) }

  dynamic "event_selector" {
    for_each = tostring(var.round) == "1" ? [1] : []
    content {
      read_write_type           = "WriteOnly"
      include_management_events = true
      data_resource {
        type   = "AWS::S3::Object"
        values = ["${aws_s3_bucket.trail.arn}/"]
      }
    }
  }

  dynamic "advanced_event_selector" {
    for_each = tostring(var.round) == "2" ? [1] : []
    content {
      name = "management"
      field_selector {
        field  = "eventCategory"
        equals = ["Management"]
      }
    }
  }

  insight_selector {
    insight_type = "ApiCallRateInsight"
  }

  depends_on = [aws_s3_bucket_policy.trail, aws_iam_role_policy.trailed]
}

resource "aws_cloudtrail_event_data_store" "lab" {
  name                           = "lab"
  retention_period               = tostring(var.round) == "1" ? 30 : 60
  multi_region_enabled           = false
  termination_protection_enabled = false
  kms_key_id                     = aws_kms_key.lake.arn
}

resource "aws_kms_key" "lake" {
  deletion_window_in_days = 7
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }, Action = "kms:*", Resource = "*" },
      {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"]
        Resource  = "*"
      },
    ]
  })
}
