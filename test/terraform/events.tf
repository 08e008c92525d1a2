data "aws_caller_identity" "events" {}

resource "aws_cloudwatch_event_bus" "bus" {
  name        = "bus"
  description = "round ${var.round}"
  tags        = { team = "a", round = var.round }
}

resource "aws_cloudwatch_event_permission" "bus" {
  principal      = "999999999999"
  statement_id   = "Other"
  event_bus_name = aws_cloudwatch_event_bus.bus.name
}

data "aws_iam_policy_document" "second_bus" {
  statement {
    sid       = "Org"
    actions   = ["events:PutEvents"]
    resources = [aws_cloudwatch_event_bus.second.arn]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["o-abcdefghij"]
    }
  }
}

resource "aws_cloudwatch_event_bus" "second" {
  name = "second"
}

resource "aws_cloudwatch_event_bus_policy" "second" {
  event_bus_name = aws_cloudwatch_event_bus.second.name
  policy         = data.aws_iam_policy_document.second_bus.json
}

resource "aws_cloudwatch_event_rule" "pattern" {
  name           = "pattern"
  description    = "what matters"
  event_bus_name = aws_cloudwatch_event_bus.bus.name
  event_pattern = jsonencode({
    source = ["my.app"]
    detail = { total = [{ numeric = [">", 100] }], name = [{ prefix = "a" }, { "anything-but" = ["b"] }] }
  })
  state = var.round == 1 ? "ENABLED" : "DISABLED"
  tags  = { round = var.round }
}

resource "aws_cloudwatch_event_rule" "all" {
  name          = "all"
  event_pattern = jsonencode({ "detail-type" = ["AWS API Call via CloudTrail"] })
  state         = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
}

resource "aws_cloudwatch_event_rule" "schedule" {
  name                = "schedule"
  schedule_expression = var.round == 1 ? "rate(5 minutes)" : "cron(0 10 ? * MON-FRI *)"
}

resource "aws_iam_role" "events" {
  name = "events"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = ["events.amazonaws.com", "scheduler.amazonaws.com"] }
      Action    = "sts:AssumeRole"
    }]
  })
}

locals {
  queue = "arn:aws:sqs:eu-central-1:${data.aws_caller_identity.events.account_id}:tf-queue"
}

resource "aws_cloudwatch_event_target" "queue" {
  rule           = aws_cloudwatch_event_rule.pattern.name
  event_bus_name = aws_cloudwatch_event_bus.bus.name
  target_id      = "queue"
  arn            = local.queue
  input_transformer {
    input_paths    = { total = "$.detail.total" }
    input_template = "\"It is <total>, round ${var.round}\""
  }
  dead_letter_config {
    arn = "${local.queue}-dead"
  }
  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 3
  }
}

resource "aws_cloudwatch_event_target" "fifo" {
  rule      = aws_cloudwatch_event_rule.schedule.name
  target_id = "fifo"
  arn       = "${local.queue}.fifo"
  input     = jsonencode({ round = var.round })
  sqs_target {
    message_group_id = "group"
  }
}

resource "aws_cloudwatch_event_target" "bus" {
  rule     = aws_cloudwatch_event_rule.all.name
  arn      = aws_cloudwatch_event_bus.bus.arn
  role_arn = aws_iam_role.events.arn
}

resource "aws_cloudwatch_event_connection" "key" {
  name               = "key"
  description        = "round ${var.round}"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-key"
      value = "secret-${var.round}"
    }
    invocation_http_parameters {
      header {
        key             = "x-open"
        value           = "1"
        is_value_secret = false
      }
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  name                             = "hook"
  invocation_endpoint              = "https://hooks.example.com/*"
  http_method                      = "POST"
  invocation_rate_limit_per_second = var.round == 1 ? 20 : 10
  connection_arn                   = aws_cloudwatch_event_connection.key.arn
}

resource "aws_cloudwatch_event_target" "hook" {
  rule     = aws_cloudwatch_event_rule.all.name
  arn      = aws_cloudwatch_event_api_destination.hook.arn
  role_arn = aws_iam_role.events.arn
  http_target {
    path_parameter_values   = ["$.detail.eventName"]
    header_parameters       = { X-Round = var.round }
    query_string_parameters = { q = "$.source" }
  }
}

resource "aws_cloudwatch_event_archive" "archive" {
  name             = "archive"
  event_source_arn = aws_cloudwatch_event_bus.bus.arn
  description      = "round ${var.round}"
  retention_days   = 7
  event_pattern    = jsonencode({ source = ["my.app"] })
}

resource "aws_scheduler_schedule_group" "group" {
  name = "group"
  tags = { round = var.round }
}

resource "aws_scheduler_schedule" "schedule" {
  name                         = "schedule"
  group_name                   = aws_scheduler_schedule_group.group.name
  schedule_expression          = "cron(0 8 ? * MON-FRI *)"
  schedule_expression_timezone = "Europe/Paris"
  description                  = "round ${var.round}"
  state                        = var.round == 1 ? "ENABLED" : "DISABLED"
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }
  target {
    arn      = local.queue
    role_arn = aws_iam_role.events.arn
    input    = jsonencode({ round = var.round })
    dead_letter_config {
      arn = "${local.queue}-dead"
    }
    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 5
    }
  }
}

resource "aws_scheduler_schedule" "universal" {
  name                = "universal"
  schedule_expression = "rate(1 hour)"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
    role_arn = aws_iam_role.events.arn
    input    = jsonencode({ MessageBody = "hello", QueueUrl = "https://sqs.us-east-1.amazonaws.com/1/q" })
  }
}
