# The way job files were written in 2015: a task right in the job, its ports among its resources.
job "redis" {
  datacenters = ["dc1"]

  task "redis" {
    driver = "docker"

    config {
      image = "redis"
    }

    resources {
      cpu    = 500
      memory = 256

      network {
        mbits = 10

        # A random port of the host leads to 6379 in the container; NOMAD_PORT_6379 tells which.
        dynamic_ports = ["6379"]
      }
    }
  }
}
