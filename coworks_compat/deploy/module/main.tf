# One stage of a service: its Lambda function and alias, the permissions by which API Gateway calls it, and the
# deployment and stage of the REST API. The API itself belongs to another root, so that stages can share it.

locals {
  role_arn = var.role_arn != null ? var.role_arn : aws_iam_role.function[0].arn

  # Only the values of secrets are hidden in a plan: that a variable comes or goes can be seen.
  secret_names = nonsensitive(keys(var.secret_environment))
  environment = merge(
    var.environment,
    { for name in local.secret_names : name => var.secret_environment[name] },
  )

  access_log_format = {
    requestId       = "$context.requestId"
    time            = "$context.requestTime"
    sourceIp        = "$context.identity.sourceIp"
    method          = "$context.httpMethod"
    resource        = "$context.resourcePath"
    status          = "$context.status"
    latency         = "$context.responseLatency"
    principal       = "$context.authorizer.principalId"
    authorizerError = "$context.authorizer.error"
    error           = "$context.error.message"
  }
}

################################################################################
# Function
################################################################################

resource "aws_lambda_function" "function" {
  function_name = var.function_name
  description   = "${var.service_name}, stage ${var.stage_name}"
  role          = local.role_arn

  handler       = var.handler
  runtime       = var.runtime
  architectures = [var.architecture]
  memory_size   = var.memory_size
  timeout       = var.timeout
  layers        = concat(var.layers, aws_lambda_layer_version.requirements[*].arn)

  filename  = var.package_path
  s3_bucket = var.package_bucket
  s3_key    = var.package_key
  publish   = true

  kms_key_arn                    = var.kms_key_arn
  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)

  dynamic "environment" {
    for_each = length(var.environment) + length(local.secret_names) > 0 ? [true] : []

    content {
      variables = local.environment
    }
  }

  tracing_config {
    mode = var.xray_enabled ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) > 0 ? [true] : []

    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  tags = var.tags

  # The log group is made first, or Lambda makes one that keeps everything for ever.
  depends_on = [
    aws_cloudwatch_log_group.function,
    aws_iam_role_policy.function,
  ]

  lifecycle {
    # The code belongs to `cws update`: a later apply does not bring back the code of the first one.
    ignore_changes = [
      filename,
      s3_bucket,
      s3_key,
      s3_object_version,
      source_code_hash,
    ]
  }
}

resource "aws_lambda_alias" "live" {
  name             = var.alias_name
  description      = "what API Gateway calls"
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version

  lifecycle {
    # `cws update` and `cws rollback` move the alias, and note in its description where it came from.
    ignore_changes = [
      description,
      function_version,
      routing_config,
    ]
  }
}

resource "aws_lambda_layer_version" "requirements" {
  count = var.layer_path != null ? 1 : 0

  layer_name               = "${var.function_name}-requirements"
  description              = "Requirements of ${var.service_name}, stage ${var.stage_name}"
  filename                 = var.layer_path
  source_code_hash         = var.layer_hash
  compatible_runtimes      = [var.runtime]
  compatible_architectures = [var.architecture]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_in_days
  tags              = var.tags
}

################################################################################
# Permissions of API Gateway
################################################################################

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_alias.live.name
  source_arn    = "${var.rest_api_execution_arn}/${var.stage_name}/*/*"
}

# An authorizer's ARN has no stage in it. It calls the function that the stage's variable names, so this permission,
# which stands on this stage's own alias, lets nobody else in.
resource "aws_lambda_permission" "authorizer" {
  for_each = var.authorizer_ids

  statement_id  = "authorizer-${replace(each.key, "/[^A-Za-z0-9_-]/", "-")}"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_alias.live.name
  source_arn    = "${var.rest_api_execution_arn}/authorizers/${each.value}"
}

################################################################################
# Deployment and stage
################################################################################

resource "aws_api_gateway_deployment" "stage" {
  rest_api_id = var.rest_api_id
  description = "${var.service_name}, stage ${var.stage_name}"

  triggers = {
    api = var.api_fingerprint
  }

  lifecycle {
    # The stage points to the new deployment before the old one goes.
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "stage" {
  rest_api_id   = var.rest_api_id
  deployment_id = aws_api_gateway_deployment.stage.id
  stage_name    = var.stage_name
  description   = "${var.service_name}, stage ${var.stage_name}"
  variables     = merge(var.stage_variables, { cws_function = aws_lambda_function.function.function_name })

  xray_tracing_enabled = var.xray_enabled

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access[*].arn

    content {
      destination_arn = access_log_settings.value
      format          = jsonencode(local.access_log_format)
    }
  }

  tags = var.tags

  # No call reaches the stage before its function may be called.
  depends_on = [
    aws_lambda_permission.api,
    aws_lambda_permission.authorizer,
  ]
}

resource "aws_api_gateway_method_settings" "throttling" {
  count = var.throttling != null ? 1 : 0

  rest_api_id = var.rest_api_id
  stage_name  = aws_api_gateway_stage.stage.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.throttling.rate
    throttling_burst_limit = var.throttling.burst
  }
}

resource "aws_cloudwatch_log_group" "access" {
  count = var.access_log_retention_in_days != null ? 1 : 0

  name              = "/aws/apigateway/${var.function_name}/access"
  retention_in_days = var.access_log_retention_in_days
  tags              = var.tags
}
