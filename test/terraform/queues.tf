# Queues and topics.

resource "aws_kms_key" "queues" {
  description = "round ${var.round}"
}

resource "aws_sqs_queue" "failed" {
  name                      = "failed"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = tostring(var.round) == "1"
}

resource "aws_sqs_queue" "work" {
  name                              = "work"
  visibility_timeout_seconds        = tostring(var.round) == "1" ? 30 : 60
  delay_seconds                     = 5
  max_message_size                  = 2048
  receive_wait_time_seconds         = 10
  kms_master_key_id                 = tostring(var.round) == "1" ? "alias/aws/sqs" : aws_kms_key.queues.arn
  kms_data_key_reuse_period_seconds = 600
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed.arn
    maxReceiveCount     = 4
  })
  tags = { round = tostring(var.round) }
}

resource "aws_sqs_queue_redrive_allow_policy" "failed" {
  queue_url = aws_sqs_queue.failed.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.work.arn]
  })
}

resource "aws_sqs_queue" "line" {
  name                        = "line.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
  deduplication_scope         = tostring(var.round) == "1" ? "queue" : "messageGroup"
  fifo_throughput_limit       = tostring(var.round) == "1" ? "perQueue" : "perMessageGroupId"
}

data "aws_iam_policy_document" "queue" {
  for_each = { work = aws_sqs_queue.work.arn, line = aws_sqs_queue.line.arn }
  statement {
    sid       = "Topics${var.round}"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:aws:sns:*:*:*"]
    }
  }
}

resource "aws_sqs_queue_policy" "work" {
  queue_url = aws_sqs_queue.work.id
  policy    = data.aws_iam_policy_document.queue["work"].json
}

resource "aws_sqs_queue_policy" "line" {
  queue_url = aws_sqs_queue.line.id
  policy    = data.aws_iam_policy_document.queue["line"].json
}

resource "aws_sns_topic" "news" {
  name              = "news"
  display_name      = "News ${var.round}"
  kms_master_key_id = tostring(var.round) == "1" ? null : "alias/aws/sns"
  signature_version = 2
  tracing_config    = "PassThrough"
  delivery_policy = jsonencode({
    http = {
      defaultHealthyRetryPolicy = {
        minDelayTarget     = 20
        maxDelayTarget     = 20
        numRetries         = 3
        numMaxDelayRetries = 0
        numNoDelayRetries  = 0
        numMinDelayRetries = 0
        backoffFunction    = "linear"
      }
      disableSubscriptionOverrides = false
      defaultThrottlePolicy        = { maxReceivesPerSecond = 1 }
    }
  })
  tags = { round = tostring(var.round) }
}

data "aws_iam_policy_document" "news" {
  statement {
    sid       = "Events${var.round}"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.news.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "s3.amazonaws.com"]
    }
  }
}

resource "aws_sns_topic_policy" "news" {
  arn    = aws_sns_topic.news.arn
  policy = data.aws_iam_policy_document.news.json
}

resource "aws_sns_topic" "line" {
  name                        = "line.fifo"
  fifo_topic                  = true
  content_based_deduplication = tostring(var.round) == "1"
}

resource "aws_sns_topic_subscription" "work" {
  topic_arn            = aws_sns_topic.news.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.work.arn
  raw_message_delivery = tostring(var.round) == "2"
  filter_policy        = jsonencode({ colour = ["red", { prefix = "bl" }], round = [{ numeric = [">", tonumber(var.round)] }] })
}

resource "aws_sns_topic_subscription" "dead" {
  topic_arn           = aws_sns_topic.news.arn
  protocol            = "sms"
  endpoint            = "+15555550100"
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ order = { total = [{ exists = true }] } })
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.failed.arn })
}

resource "aws_sns_topic_subscription" "line" {
  topic_arn = aws_sns_topic.line.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.line.arn
}

resource "aws_sns_sms_preferences" "sms" {
  default_sms_type = tostring(var.round) == "1" ? "Promotional" : "Transactional"
}
