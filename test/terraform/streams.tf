resource "aws_kms_key" "streams" {
  description             = "streams"
  deletion_window_in_days = 7
}

resource "aws_kinesis_stream" "line" {
  name                = "line"
  shard_count         = 1 + var.round
  retention_period    = 24 * var.round
  encryption_type     = "KMS"
  kms_key_id          = aws_kms_key.streams.arn
  shard_level_metrics = var.round == 1 ? ["IncomingBytes", "OutgoingBytes"] : ["IncomingBytes", "IteratorAgeMilliseconds"]
  tags                = { round = var.round }
}

resource "aws_kinesis_stream" "demand" {
  name                      = "demand"
  enforce_consumer_deletion = true
  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}

resource "aws_kinesis_stream_consumer" "reader" {
  name       = "reader"
  stream_arn = aws_kinesis_stream.demand.arn
}

resource "aws_kinesis_resource_policy" "line" {
  resource_arn = aws_kinesis_stream.line.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "write${var.round}"
      Effect    = "Allow"
      Principal = { AWS = "999999999999" }
      Action    = ["kinesis:PutRecord", "kinesis:PutRecords"]
      Resource  = aws_kinesis_stream.line.arn
    }]
  })
}

data "aws_kinesis_stream" "line" { name = aws_kinesis_stream.line.name }

data "aws_iam_policy_document" "streams_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "scheduler.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "streams" {
  name               = "streams"
  assume_role_policy = data.aws_iam_policy_document.streams_trust.json
}

resource "aws_cloudwatch_event_rule" "streams" {
  name          = "streams"
  event_pattern = jsonencode({ source = ["my.app"] })
}

resource "aws_cloudwatch_event_target" "streams" {
  rule     = aws_cloudwatch_event_rule.streams.name
  arn      = aws_kinesis_stream.line.arn
  role_arn = aws_iam_role.streams.arn
  kinesis_target {
    partition_key_path = "$.detail.key${var.round}"
  }
}

resource "aws_scheduler_schedule" "streams" {
  name                = "streams"
  schedule_expression = "rate(1 hours)"
  state               = "DISABLED"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_kinesis_stream.line.arn
    role_arn = aws_iam_role.streams.arn
    input    = "tick ${var.round}"
    kinesis_parameters {
      partition_key = "k"
    }
  }
}
