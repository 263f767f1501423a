# One task serves a page on a mapped port; the other fetches it through the host, prints it and ends the job.
job "hello" {
  type = "batch"

  group "hello" {
    network {
      port "http" {
        to = 8080
      }
    }

    task "server" {
      driver = "docker"

      config {
        image   = "busybox:1.36"
        command = "sh"
        ports   = ["http"]

        args = ["-c", <<-EOF
          echo "Hello from Longshore" > /local/index.html
          trap "exit 0" TERM
          httpd -f -p 8080 -h /local & wait
        EOF
        ]
      }

      resources {
        cpu    = 100
        memory = 32
      }
    }

    task "client" {
      driver = "docker"
      leader = true

      config {
        image        = "busybox:1.36"
        network_mode = "host" # sees what this machine sees
        command      = "sh"
        args         = ["-c", "until wget -q -O - http://${NOMAD_ADDR_http} 2>/dev/null; do sleep 0.1; done"]
      }

      resources {
        cpu    = 100
        memory = 32
      }
    }
  }
}
