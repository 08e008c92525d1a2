# Alarms and dashboards.

locals { alarm_topic = "arn:aws:sns:eu-central-1:${data.aws_caller_identity.me.account_id}:alarms-${var.round}" }

resource "aws_cloudwatch_metric_alarm" "metric" {
  alarm_name                = "root-login"
  alarm_description         = "Somebody used the root user (${var.round})"
  comparison_operator       = "GreaterThanOrEqualToThreshold"
  evaluation_periods        = 3
  datapoints_to_alarm       = 2
  metric_name               = "RootUsage"
  namespace                 = "LogMetrics"
  period                    = 300 * var.round
  statistic                 = "Sum"
  threshold                 = 1.5
  unit                      = "Count"
  treat_missing_data        = "notBreaching"
  dimensions                = { Trail = "main", Zone = "a" }
  alarm_actions             = [local.alarm_topic]
  ok_actions                = [local.alarm_topic]
  insufficient_data_actions = []
  tags                      = { round = "r${var.round}" }
}

resource "aws_cloudwatch_metric_alarm" "percentile" {
  alarm_name                            = "slow"
  comparison_operator                   = "GreaterThanThreshold"
  evaluation_periods                    = 1
  metric_name                           = "Latency"
  namespace                             = "Shop"
  period                                = 60
  extended_statistic                    = "p99.9"
  threshold                             = 0
  evaluate_low_sample_count_percentiles = "ignore"
  actions_enabled                       = false
}

resource "aws_cloudwatch_metric_alarm" "expression" {
  alarm_name          = "error-rate"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 2
  threshold           = 10
  metric_query {
    id          = "e1"
    expression  = "m2 / m1 * 100"
    label       = "Error rate"
    return_data = true
  }
  metric_query {
    id = "m1"
    metric {
      metric_name = "Requests"
      namespace   = "Shop"
      period      = 120
      stat        = "Sum"
      unit        = "Count"
      dimensions  = { Host = "a" }
    }
  }
  metric_query {
    id = "m2"
    metric {
      metric_name = "Errors"
      namespace   = "Shop"
      period      = 120
      stat        = "p90"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "band" {
  alarm_name          = "unusual"
  comparison_operator = "GreaterThanUpperThreshold"
  evaluation_periods  = 2
  threshold_metric_id = "e1"
  metric_query {
    id          = "e1"
    expression  = "ANOMALY_DETECTION_BAND(m1, ${var.round + 1})"
    label       = "Requests (Expected)"
    return_data = true
  }
  metric_query {
    id          = "m1"
    return_data = true
    metric {
      metric_name = "Requests"
      namespace   = "Shop"
      period      = 120
      stat        = "Average"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "composite" {
  alarm_name        = "service"
  alarm_description = "All of it"
  alarm_rule        = "ALARM(${aws_cloudwatch_metric_alarm.metric.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.expression.alarm_name})"
  alarm_actions     = [local.alarm_topic]
  actions_suppressor {
    alarm            = aws_cloudwatch_metric_alarm.percentile.alarm_name
    wait_period      = 10 * var.round
    extension_period = 20
  }
  tags = { a = "b" }
}

resource "aws_cloudwatch_dashboard" "d" {
  dashboard_name = "overview"
  dashboard_body = jsonencode({
    widgets = [{
      type = "metric", x = 0, y = 0, width = 12, height = 6,
      properties = { metrics = [["Shop", "Requests", "Host", "a"]], period = 300 * var.round, stat = "Average", region = "eu-central-1", title = "Shop" }
    }, { type = "text", x = 0, y = 7, width = 3, height = 3, properties = { markdown = "Hello <world> & \"all\"" } }]
  })
}
