# Kinesis and Firehose, and who sends to them.

locals { account = data.aws_caller_identity.me.account_id }

resource "aws_kms_key" "streams" {
  description = "streams"
}

resource "aws_kinesis_stream" "provisioned" {
  name                      = "provisioned"
  shard_count               = tonumber(var.round)
  retention_period          = tostring(var.round) == "1" ? 48 : 24
  shard_level_metrics       = tostring(var.round) == "1" ? ["IncomingBytes", "OutgoingBytes"] : ["IncomingBytes", "IncomingRecords"]
  encryption_type           = "KMS"
  kms_key_id                = tostring(var.round) == "1" ? "alias/aws/kinesis" : aws_kms_key.streams.id
  enforce_consumer_deletion = true
  stream_mode_details { stream_mode = "PROVISIONED" }
  tags = { round = tostring(var.round) }
}

resource "aws_kinesis_stream" "on_demand" {
  name = "on-demand"
  stream_mode_details { stream_mode = "ON_DEMAND" }
}

resource "aws_kinesis_stream" "mode" {
  name        = "mode"
  shard_count = tostring(var.round) == "1" ? 1 : null
  stream_mode_details { stream_mode = tostring(var.round) == "1" ? "PROVISIONED" : "ON_DEMAND" }
}

resource "aws_kinesis_stream_consumer" "c" {
  name       = "consumer"
  stream_arn = aws_kinesis_stream.provisioned.arn
}

resource "aws_kinesis_resource_policy" "p" {
  resource_arn = aws_kinesis_stream.provisioned.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Read${var.round}"
      Effect    = "Allow"
      Principal = { AWS = local.account }
      Action    = ["kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"]
      Resource  = aws_kinesis_stream.provisioned.arn
    }]
  })
}

resource "aws_s3_bucket" "lake" {
  bucket        = "lake-${local.account}"
  force_destroy = true
}

resource "aws_iam_role" "streams" {
  name = "streams"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = ["firehose.amazonaws.com", "logs.amazonaws.com", "events.amazonaws.com", "streams.metrics.cloudwatch.amazonaws.com", "sns.amazonaws.com"] }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "streams" {
  name = "streams"
  role = aws_iam_role.streams.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["firehose:*", "kinesis:*", "s3:*", "kms:*", "logs:*"], Resource = "*" }]
  })
}

resource "aws_kinesis_firehose_delivery_stream" "lake" {
  name        = "lake"
  destination = "extended_s3"
  server_side_encryption {
    enabled  = true
    key_type = tostring(var.round) == "1" ? "AWS_OWNED_CMK" : "CUSTOMER_MANAGED_CMK"
    key_arn  = tostring(var.round) == "1" ? null : aws_kms_key.streams.arn
  }
  extended_s3_configuration {
    role_arn            = aws_iam_role.streams.arn
    bucket_arn          = aws_s3_bucket.lake.arn
    prefix              = "data/team=!{partitionKeyFromQuery:team}/year=!{timestamp:yyyy}/"
    error_output_prefix = "errors/!{firehose:error-output-type}/"
    buffering_size      = 64 * var.round
    buffering_interval  = 60 * var.round
    compression_format  = "GZIP"
    kms_key_arn         = aws_kms_key.streams.arn
    custom_time_zone    = "Europe/Paris"
    file_extension      = ".json.gz"
    dynamic_partitioning_configuration {
      enabled        = true
      retry_duration = 300
    }
    processing_configuration {
      enabled = true
      processors {
        type = "MetadataExtraction"
        parameters {
          parameter_name  = "JsonParsingEngine"
          parameter_value = "JQ-1.6"
        }
        parameters {
          parameter_name  = "MetadataExtractionQuery"
          parameter_value = "{team:.team}"
        }
      }
      processors {
        type = "AppendDelimiterToRecord"
      }
    }
    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.trail.name
      log_stream_name = "S3Delivery"
    }
  }
  tags       = { round = tostring(var.round) }
  depends_on = [aws_iam_role_policy.streams]
}

resource "aws_kinesis_firehose_delivery_stream" "plain" {
  name        = "plain"
  destination = "extended_s3"
  extended_s3_configuration {
    role_arn   = aws_iam_role.streams.arn
    bucket_arn = aws_s3_bucket.lake.arn
    processing_configuration {
      enabled = true
      processors {
        type = "Decompression"
        parameters {
          parameter_name  = "CompressionFormat"
          parameter_value = "GZIP"
        }
      }
      processors {
        type = "CloudWatchLogProcessing"
        parameters {
          parameter_name  = "DataMessageExtraction"
          parameter_value = "true"
        }
      }
    }
    s3_backup_mode = tostring(var.round) == "1" ? "Disabled" : "Enabled"
    dynamic "s3_backup_configuration" {
      for_each = tostring(var.round) == "1" ? [] : [1]
      content {
        role_arn   = aws_iam_role.streams.arn
        bucket_arn = aws_s3_bucket.lake.arn
        prefix     = "backup/"
      }
    }
  }
  depends_on = [aws_iam_role_policy.streams]
}

resource "aws_kinesis_firehose_delivery_stream" "http" {
  name        = "http"
  destination = "http_endpoint"
  http_endpoint_configuration {
    url                = "https://127.0.0.1/collect"
    name               = "Collector ${var.round}"
    access_key         = "secret"
    buffering_size     = 2
    buffering_interval = 60 * var.round
    retry_duration     = 120
    role_arn           = aws_iam_role.streams.arn
    s3_backup_mode     = tostring(var.round) == "1" ? "FailedDataOnly" : "AllData"
    s3_configuration {
      role_arn           = aws_iam_role.streams.arn
      bucket_arn         = aws_s3_bucket.lake.arn
      prefix             = "failed/"
      buffering_size     = 10
      buffering_interval = 400
      compression_format = "GZIP"
    }
    request_configuration {
      content_encoding = "GZIP"
      common_attributes {
        name  = "round"
        value = tostring(var.round)
      }
    }
  }
  depends_on = [aws_iam_role_policy.streams]
}

resource "aws_kinesis_firehose_delivery_stream" "from_kinesis" {
  name        = "from-kinesis"
  destination = "extended_s3"
  kinesis_source_configuration {
    kinesis_stream_arn = aws_kinesis_stream.on_demand.arn
    role_arn           = aws_iam_role.streams.arn
  }
  extended_s3_configuration {
    role_arn            = aws_iam_role.streams.arn
    bucket_arn          = aws_s3_bucket.lake.arn
    prefix              = "from-kinesis/"
    error_output_prefix = "errors-${var.round}/"
    buffering_interval  = 0
  }
  depends_on = [aws_iam_role_policy.streams]
}

resource "aws_cloudwatch_log_group" "sent" {
  name = "sent"
}

resource "aws_cloudwatch_log_subscription_filter" "firehose" {
  name            = "to-firehose"
  log_group_name  = aws_cloudwatch_log_group.sent.name
  filter_pattern  = tostring(var.round) == "1" ? "" : "ERROR"
  destination_arn = aws_kinesis_firehose_delivery_stream.plain.arn
  role_arn        = aws_iam_role.streams.arn
}

resource "aws_cloudwatch_log_subscription_filter" "kinesis" {
  name            = "to-kinesis"
  log_group_name  = aws_cloudwatch_log_group.sent.name
  filter_pattern  = "{ $.level = \"error\" }"
  destination_arn = aws_kinesis_stream.provisioned.arn
  role_arn        = aws_iam_role.streams.arn
  distribution    = tostring(var.round) == "1" ? "ByLogStream" : "Random"
  depends_on      = [aws_iam_role_policy.streams]
}

resource "aws_cloudwatch_log_destination" "central" {
  name       = "central"
  role_arn   = aws_iam_role.streams.arn
  target_arn = aws_kinesis_stream.on_demand.arn
  tags       = { round = tostring(var.round) }
  depends_on = [aws_iam_role_policy.streams]
}

resource "aws_cloudwatch_log_destination_policy" "central" {
  destination_name = aws_cloudwatch_log_destination.central.name
  access_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Members${var.round}"
      Effect    = "Allow"
      Principal = { AWS = local.account }
      Action    = "logs:PutSubscriptionFilter"
      Resource  = aws_cloudwatch_log_destination.central.arn
    }]
  })
}

resource "aws_cloudwatch_log_account_policy" "all" {
  policy_name = "all"
  policy_type = "SUBSCRIPTION_FILTER_POLICY"
  policy_document = jsonencode({
    DestinationArn = aws_kinesis_firehose_delivery_stream.plain.arn
    RoleArn        = aws_iam_role.streams.arn
    FilterPattern  = tostring(var.round) == "1" ? "" : "ERROR"
    Distribution   = "Random"
  })
  selection_criteria = "LogGroupName NOT IN [\"${aws_cloudwatch_log_group.sent.name}\"]"
}

resource "aws_cloudwatch_metric_stream" "all" {
  name          = "all"
  role_arn      = aws_iam_role.streams.arn
  firehose_arn  = aws_kinesis_firehose_delivery_stream.plain.arn
  output_format = tostring(var.round) == "1" ? "json" : "opentelemetry1.0"
  include_filter {
    namespace    = "AWS/Kinesis"
    metric_names = ["IncomingBytes", "IncomingRecords"]
  }
  include_filter {
    namespace = "Shop"
  }
  statistics_configuration {
    additional_statistics = ["p50", "p99.9"]
    include_metric {
      namespace   = "Shop"
      metric_name = "Latency"
    }
  }
  include_linked_accounts_metrics = false
  tags                            = { round = tostring(var.round) }
}

resource "aws_cloudwatch_metric_stream" "most" {
  name_prefix   = "most-"
  role_arn      = aws_iam_role.streams.arn
  firehose_arn  = aws_kinesis_firehose_delivery_stream.plain.arn
  output_format = "opentelemetry0.7"
  exclude_filter {
    namespace = "AWS/S3"
  }
}

resource "aws_cloudwatch_event_rule" "streams" {
  name          = "streams"
  event_pattern = jsonencode({ source = ["my.app"] })
}

resource "aws_cloudwatch_event_target" "kinesis" {
  rule     = aws_cloudwatch_event_rule.streams.name
  arn      = aws_kinesis_stream.provisioned.arn
  role_arn = aws_iam_role.streams.arn
  kinesis_target {
    partition_key_path = tostring(var.round) == "1" ? "$.detail.id" : "$.id"
  }
}

resource "aws_cloudwatch_event_target" "firehose" {
  rule     = aws_cloudwatch_event_rule.streams.name
  arn      = aws_kinesis_firehose_delivery_stream.plain.arn
  role_arn = aws_iam_role.streams.arn
}

resource "aws_sns_topic" "streams" {
  name = "streams"
}

resource "aws_sns_topic_subscription" "firehose" {
  topic_arn             = aws_sns_topic.streams.arn
  protocol              = "firehose"
  endpoint              = aws_kinesis_firehose_delivery_stream.plain.arn
  subscription_role_arn = aws_iam_role.streams.arn
  raw_message_delivery  = tostring(var.round) == "2"
}

resource "aws_s3_bucket_analytics_configuration" "lake" {
  bucket = aws_s3_bucket.lake.id
  name   = "lake"
  filter {
    prefix = tostring(var.round) == "1" ? "data/" : "backup/"
    tags   = { class = "rare" }
  }
  storage_class_analysis {
    data_export {
      destination {
        s3_bucket_destination {
          bucket_arn        = aws_s3_bucket.lake.arn
          bucket_account_id = local.account
          prefix            = "analysis"
        }
      }
    }
  }
}

resource "aws_s3_bucket_analytics_configuration" "whole" {
  bucket = aws_s3_bucket.lake.id
  name   = "whole"
}

resource "aws_organizations_policy" "tags_of_streams" {
  name = "tags of streams"
  type = "TAG_POLICY"
  content = jsonencode({
    tags = {
      Team = {
        tag_key      = { "@@assign" = "Team" }
        tag_value    = { "@@assign" = ["blue", "green${var.round}"] }
        enforced_for = { "@@assign" = ["firehose:deliverystream", "sqs:queue"] }
      }
    }
  })
  depends_on = [aws_organizations_organization.o]
}

resource "aws_organizations_policy_attachment" "tags_of_streams" {
  policy_id = aws_organizations_policy.tags_of_streams.id
  target_id = aws_organizations_organization.o.roots[0].id
}

data "aws_kinesis_stream" "provisioned" {
  name = aws_kinesis_stream.provisioned.name
}

data "aws_kinesis_stream_consumer" "c" {
  name       = aws_kinesis_stream_consumer.c.name
  stream_arn = aws_kinesis_stream.provisioned.arn
}

data "aws_kinesis_firehose_delivery_stream" "plain" {
  name = aws_kinesis_firehose_delivery_stream.plain.name
}
