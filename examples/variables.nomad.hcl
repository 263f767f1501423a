# Variables, locals and expressions. Try: longshore run -var 'names=["you","me"]' examples/variables.nomad.hcl
variable "names" {
  description = "Who is greeted"
  type        = list(string)
  default     = ["world"]

  validation {
    condition     = length(var.names) > 0
    error_message = "There must be somebody to greet."
  }
}

variable "image" {
  type    = string
  default = "busybox:1.36"
}

locals {
  greetings = [for name in var.names : "Hello, ${title(name)}!"]
}

job "variables" {
  type = "batch"

  group "greet" {
    dynamic "task" {
      for_each = var.names
      labels   = ["greet-${task.value}"]

      content {
        driver = "docker"

        config {
          image   = var.image
          command = "echo"
          args    = [local.greetings[task.key]]
        }

        env {
          # Known only when the task starts, so it is left as it is until then.
          ALLOCATION = "${NOMAD_ALLOC_ID}"
        }

        resources {
          cpu    = 50
          memory = 16
        }
      }
    }
  }
}
