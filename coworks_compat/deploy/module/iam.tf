# The role of the function: its own log group, and what the settings ask for. `policy_json` extends it.

locals {
  make_role = var.role_arn == null

  statements = concat(
    [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.function.arn}:*"]
      },
    ],
    # X-Ray has no resources to name.
    [
      for enabled in [var.xray_enabled] : {
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = ["*"]
      } if enabled
    ],
    # Lambda's network interfaces have no names in advance.
    [
      for subnets in [var.subnet_ids] : {
        Sid    = "JoinNetwork"
        Effect = "Allow"
        Action = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
        ]
        Resource = ["*"]
      } if length(subnets) > 0
    ],
    [
      for arns in [var.parameter_arns] : {
        Sid      = "ReadParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter"]
        Resource = arns
      } if length(arns) > 0
    ],
    [
      for arns in [var.secret_arns] : {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = arns
      } if length(arns) > 0
    ],
  )
}

resource "aws_iam_role" "function" {
  count = local.make_role ? 1 : 0

  name                 = var.function_name
  description          = "${var.service_name}, stage ${var.stage_name}"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      },
    ]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "function" {
  count = local.make_role ? 1 : 0

  name   = "function"
  role   = aws_iam_role.function[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_role_policy" "project" {
  count = local.make_role && var.policy_json != null ? 1 : 0

  name   = "project"
  role   = aws_iam_role.function[0].id
  policy = var.policy_json
}
