# Buckets with all that security work sets on them, and an object. S3 Control is not here: its clients put the account
# into the host's name.
resource "aws_s3_bucket" "b" {
  bucket_prefix       = "landing-"
  force_destroy       = true
  object_lock_enabled = true
  tags                = { Round = var.round }
}

resource "aws_s3_bucket_versioning" "b" {
  bucket = aws_s3_bucket.b.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_ownership_controls" "b" {
  bucket = aws_s3_bucket.b.id
  rule { object_ownership = "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_acl" "b" {
  depends_on = [aws_s3_bucket_ownership_controls.b]
  bucket     = aws_s3_bucket.b.id
  acl        = "private"
}

resource "aws_s3_bucket_public_access_block" "b" {
  bucket                  = aws_s3_bucket.b.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = var.round == 1
}

resource "aws_s3_bucket_server_side_encryption_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.b.arn
    }
  }
}

resource "aws_kms_key" "b" {
  description             = "objects"
  deletion_window_in_days = 7
  enable_key_rotation     = true
}

resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly${var.round}"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:DeleteBucketPolicy"
      Resource  = aws_s3_bucket.b.arn
      Condition = { StringEquals = { "aws:PrincipalAccount" = "999999999999" } }
    }]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "b" {
  depends_on = [aws_s3_bucket_versioning.b]
  bucket     = aws_s3_bucket.b.id
  rule {
    id     = "old"
    status = "Enabled"
    filter { prefix = "logs/" }
    expiration { days = 30 + var.round }
    noncurrent_version_expiration { noncurrent_days = 10 }
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
  }
}

resource "aws_s3_bucket_cors_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://example.com"]
    allowed_headers = ["*"]
    max_age_seconds = 60 * var.round
  }
}

resource "aws_s3_bucket_object_lock_configuration" "b" {
  bucket = aws_s3_bucket.b.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.round
    }
  }
}

resource "aws_s3_bucket_notification" "b" {
  bucket      = aws_s3_bucket.b.id
  eventbridge = true
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "access-logs-"
  force_destroy = true
}

resource "aws_s3_bucket_logging" "b" {
  bucket        = aws_s3_bucket.b.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "b${var.round}/"
}

resource "aws_s3_bucket_website_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  index_document { suffix = "index.html" }
  error_document { key = "error-${var.round}.html" }
}

resource "aws_s3_object" "o" {
  bucket       = aws_s3_bucket.logs.id
  key          = "hello/world ${var.round}.txt"
  content      = "hello ${var.round}"
  content_type = "text/plain"
  metadata     = { team = "red" }
  tags         = { a = "b" }
}

resource "aws_s3_bucket_metric" "logs" {
  bucket = aws_s3_bucket.logs.id
  name   = "some"
  filter {
    prefix = "logs${var.round}/"
    tags   = { class = "blue" }
  }
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  name   = "archives"
  filter { prefix = "cold/" }
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 124 + var.round
  }
}

resource "aws_s3_bucket_accelerate_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  status = "Enabled"
}

resource "aws_s3_bucket" "replica" {
  bucket_prefix       = "replica-"
  force_destroy       = true
  object_lock_enabled = true
}

resource "aws_s3_bucket_versioning" "replica" {
  bucket = aws_s3_bucket.replica.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_iam_role" "replicator" {
  name = "replicator"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_s3_bucket_replication_configuration" "b" {
  depends_on = [aws_s3_bucket_versioning.b, aws_s3_bucket_versioning.replica]
  bucket     = aws_s3_bucket.b.id
  role       = aws_iam_role.replicator.arn
  rule {
    id       = "all"
    status   = "Enabled"
    priority = var.round
    filter { prefix = "round-${var.round}/" }
    delete_marker_replication { status = "Enabled" }
    source_selection_criteria {
      replica_modifications { status = "Enabled" }
    }
    destination {
      bucket        = aws_s3_bucket.replica.arn
      storage_class = "STANDARD_IA"
      metrics {
        status = "Enabled"
        event_threshold { minutes = 15 }
      }
      replication_time {
        status = var.round == 1 ? "Enabled" : "Disabled"
        time { minutes = 15 }
      }
    }
  }
}
