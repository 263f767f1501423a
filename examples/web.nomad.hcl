# A service that runs until it is stopped, is restarted when it ends, and serves a page made from a template.
job "web" {
  type = "service"

  group "web" {
    network {
      port "http" {
        to = 8080
      }
    }

    restart {
      attempts = 3
      interval = "10m"
      delay    = "5s"
      mode     = "fail"
    }

    task "web" {
      driver = "docker"

      config {
        image   = "busybox:1.36"
        command = "httpd"
        args    = ["-f", "-v", "-p", "8080", "-h", "/local"]
        ports   = ["http"]
        init    = true # httpd alone would not hear SIGTERM
      }

      template {
        destination = "local/index.html"
        data        = <<-EOF
          <h1>{{ env "NOMAD_JOB_NAME" }}</h1>
          <p>{{ env "GREETING" }} from {{ env "NOMAD_ALLOC_NAME" }} on {{ env "NOMAD_ADDR_http" }}</p>
        EOF
      }

      env {
        GREETING = "Hello"
      }

      kill_timeout = "2s"

      resources {
        cpu    = 200
        memory = 64
      }
    }
  }
}
