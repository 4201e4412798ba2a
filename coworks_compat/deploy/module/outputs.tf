output "url" {
  description = "URL of the stage"
  value       = aws_api_gateway_stage.stage.invoke_url
}

output "rest_api_id" {
  description = "Identifier of the REST API on which the stage is"
  value       = var.rest_api_id
}

output "stage_name" {
  description = "Name of the stage at API Gateway"
  value       = aws_api_gateway_stage.stage.stage_name
}

output "deployment_id" {
  description = "Identifier of the deployment that the stage shows"
  value       = aws_api_gateway_deployment.stage.id
}

output "function_name" {
  description = "Name of the function"
  value       = aws_lambda_function.function.function_name
}

output "function_arn" {
  description = "ARN of the function, without a version"
  value       = aws_lambda_function.function.arn
}

output "alias_arn" {
  description = "ARN of the alias that API Gateway calls"
  value       = aws_lambda_alias.live.arn
}

output "role_arn" {
  description = "ARN of the function's role"
  value       = local.role_arn
}

output "log_group_name" {
  description = "Name of the function's log group"
  value       = aws_cloudwatch_log_group.function.name
}
