################################################################################
# Service and stage
################################################################################

variable "service_name" {
  description = "Name of the service (`app_name` of the configuration)"
  type        = string
}

variable "stage_name" {
  description = "Name of the stage at API Gateway: the first segment of its URL"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage_name))
    error_message = "A stage's name has letters, digits, '_' and '-' only, at most 128 of them."
  }
}

variable "tags" {
  description = "Tags of everything that can have tags"
  type        = map(string)
  default     = {}
}

################################################################################
# API
################################################################################

variable "rest_api_id" {
  description = "Identifier of the REST API on which the stage is"
  type        = string
}

variable "rest_api_execution_arn" {
  description = "Execution ARN of that API, to which the permissions append stage and path"
  type        = string
}

variable "authorizer_ids" {
  description = "Identifiers of the API's authorizers that call this stage's function, by name"
  type        = map(string)
  default     = {}
}

variable "api_fingerprint" {
  description = "Digest of everything in the API that needs a new deployment; another value makes one"
  type        = string
}

variable "stage_variables" {
  description = "Variables of the stage; `cws_function` is added"
  type        = map(string)
  default     = {}

  validation {
    condition     = !contains(keys(var.stage_variables), "cws_function")
    error_message = "The stage variable 'cws_function' names the stage's function and is set here."
  }
}

variable "xray_enabled" {
  description = "Whether API Gateway and the function send traces to X-Ray"
  type        = bool
  default     = false
}

variable "access_log_retention_in_days" {
  description = "Days for which access logs are kept; null for a stage without access logs"
  type        = number
  default     = null
}

variable "throttling" {
  description = "Calls a second (rate) and at once (burst) for each method; null for the account's limits"
  type        = object({ rate = number, burst = number })
  default     = null
}

################################################################################
# Function
################################################################################

variable "function_name" {
  description = "Name of the Lambda function"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "A function's name has letters, digits, '_' and '-' only, at most 64 of them."
  }
}

variable "alias_name" {
  description = "Name of the alias that API Gateway calls; `cws update` moves it"
  type        = string
  default     = "live"
}

variable "handler" {
  description = "Handler of the function, as `module.attribute`"
  type        = string
}

variable "runtime" {
  description = "Runtime of the function"
  type        = string
  default     = "python3.12"
}

variable "architecture" {
  description = "Processor of the function: `x86_64` or `arm64`"
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "Lambda has the architectures x86_64 and arm64."
  }
}

variable "memory_size" {
  description = "Memory of the function in megabytes"
  type        = number
  default     = 128
}

variable "timeout" {
  description = "Seconds after which the function is stopped"
  type        = number
  default     = 60
}

variable "package_path" {
  description = "Path of the zip with which the function is created; later code comes by `cws update`"
  type        = string
  default     = null
}

variable "package_bucket" {
  description = "Bucket with the zip with which the function is created, instead of `package_path`"
  type        = string
  default     = null
}

variable "package_key" {
  description = "Key of that zip in the bucket"
  type        = string
  default     = null
}

variable "layers" {
  description = "ARNs of layer versions"
  type        = list(string)
  default     = []
}

variable "layer_path" {
  description = "Path of a layer's zip (the requirements, with `automatic_layer`); null without one"
  type        = string
  default     = null
}

variable "layer_hash" {
  description = "SHA-256 of that zip, base64-encoded"
  type        = string
  default     = null
}

variable "environment" {
  description = "Environment variables of the function that may be seen"
  type        = map(string)
  default     = {}
}

variable "secret_environment" {
  description = "Environment variables of the function that no plan shows; AWS gives them back, so the state holds them"
  type        = map(string)
  default     = {}
  sensitive   = true
}

variable "reserved_concurrency" {
  description = "Concurrent executions reserved for the function; null for none reserved"
  type        = number
  default     = null
}

variable "subnet_ids" {
  description = "Subnets of the function, for one in a VPC"
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the function, for one in a VPC"
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "Key with which the function's environment is encrypted; null for Lambda's own"
  type        = string
  default     = null
}

variable "log_retention_in_days" {
  description = "Days for which the function's logs are kept"
  type        = number
  default     = 30
}

################################################################################
# Role
################################################################################

variable "role_arn" {
  description = "ARN of a role that exists; null for one made here, with the least that the function needs"
  type        = string
  default     = null
}

variable "policy_json" {
  description = "IAM policy document that extends the role made here; null for none"
  type        = string
  default     = null

  validation {
    condition     = var.policy_json == null || can(jsondecode(var.policy_json).Statement)
    error_message = "The policy document must be JSON with a 'Statement'."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the role made here; null for none"
  type        = string
  default     = null
}

variable "parameter_arns" {
  description = "SSM parameters that the function reads when it starts"
  type        = list(string)
  default     = []
}

variable "secret_arns" {
  description = "Secrets Manager secrets that the function reads when it starts"
  type        = list(string)
  default     = []
}
