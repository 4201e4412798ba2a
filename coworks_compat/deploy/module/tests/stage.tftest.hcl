# `terraform test` in this directory: no account and no network, the provider is a mock.

mock_provider "aws" {
  mock_resource "aws_lambda_function" {
    defaults = {
      arn     = "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev"
      version = "1"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-dev" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop-dev" }
  }

  mock_resource "aws_lambda_layer_version" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:shop-dev-requirements:1" }
  }
}

variables {
  service_name           = "shop"
  stage_name             = "dev"
  function_name          = "shop-dev"
  rest_api_id            = "abc123"
  rest_api_execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123"
  authorizer_ids         = { auth = "xyz789" }
  api_fingerprint        = "one"
  handler                = "app.app"
  package_path           = "package.zip"
}

run "least_privilege" {
  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function[0].policy).Statement) == 1
    error_message = "A plain function may write its logs and nothing else."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.function[0].policy).Statement[0] == {
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop-dev:*"]
    }
    error_message = "Logs go to the function's own log group only."
  }

  assert {
    condition     = aws_cloudwatch_log_group.function.retention_in_days == 30
    error_message = "Logs are not kept for ever."
  }
}

run "permissions_name_the_stage" {
  assert {
    condition     = aws_lambda_permission.api.source_arn == "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/*/*"
    error_message = "The permission of the API names API and stage."
  }

  assert {
    condition     = aws_lambda_permission.authorizer["auth"].source_arn == "arn:aws:execute-api:eu-west-1:123456789012:abc123/authorizers/xyz789"
    error_message = "The permission of the authorizer names it."
  }

  assert {
    condition     = aws_lambda_permission.api.qualifier == "live" && aws_lambda_permission.authorizer["auth"].qualifier == "live"
    error_message = "Permissions stand on the alias, not on every version."
  }
}

run "stage_points_to_its_function" {
  variables {
    stage_variables = { table = "products-dev" }
  }

  assert {
    condition     = aws_api_gateway_stage.stage.variables == tomap({ cws_function = "shop-dev", table = "products-dev" })
    error_message = "The stage's variables name its function, and keep the user's."
  }

  assert {
    condition     = aws_api_gateway_deployment.stage.triggers == tomap({ api = "one" })
    error_message = "The deployment follows the API's fingerprint."
  }
}

run "options" {
  variables {
    xray_enabled                 = true
    access_log_retention_in_days = 7
    throttling                   = { rate = 10, burst = 20 }
    subnet_ids                   = ["subnet-1"]
    security_group_ids           = ["sg-1"]
    parameter_arns               = ["arn:aws:ssm:eu-west-1:123456789012:parameter/shop/token"]
    secret_arns                  = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-??????"]
    layer_path                   = "layer.zip"
    layer_hash                   = "hash"
    environment                  = { LOG_LEVEL = "INFO" }
    secret_environment           = { TOKEN = "canary" }
    policy_json                  = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.function[0].policy).Statement : s.Sid] == [
      "WriteLogs", "SendTraces", "JoinNetwork", "ReadParameters", "ReadSecrets",
    ]
    error_message = "Each option brings its own statement."
  }

  assert {
    condition     = aws_cloudwatch_log_group.access[0].retention_in_days == 7
    error_message = "Access logs have a retention."
  }

  assert {
    condition     = !strcontains(aws_api_gateway_stage.stage.access_log_settings[0].format, "header")
    error_message = "No header, hence no token, is in the access log."
  }

  assert {
    condition     = toset(keys(nonsensitive(aws_lambda_function.function.environment[0].variables))) == toset(["LOG_LEVEL", "TOKEN"])
    error_message = "Both kinds of variables reach the function."
  }

  assert {
    condition     = length(aws_iam_role_policy.project) == 1 && length(aws_lambda_function.function.layers) == 1
    error_message = "The user's policy extends the role, and the layer is used."
  }
}

run "a_role_of_ones_own" {
  variables {
    role_arn = "arn:aws:iam::123456789012:role/mine"
  }

  assert {
    condition     = length(aws_iam_role.function) == 0 && aws_lambda_function.function.role == "arn:aws:iam::123456789012:role/mine"
    error_message = "A given role is used, and none is made."
  }
}

run "no_authorizer" {
  variables {
    authorizer_ids = {}
  }

  assert {
    condition     = length(aws_lambda_permission.authorizer) == 0
    error_message = "Without an authorizer nobody else may call the function."
  }
}

run "reserved_stage_variable" {
  command = plan

  variables {
    stage_variables = { cws_function = "other" }
  }

  expect_failures = [var.stage_variables]
}

run "wrong_stage_name" {
  command = plan

  variables {
    stage_name = "de.v"
  }

  expect_failures = [var.stage_name]
}

run "wrong_policy" {
  command = plan

  variables {
    policy_json = "{}"
  }

  expect_failures = [var.policy_json]
}
