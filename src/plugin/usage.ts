/** What a person is told who runs the plugin by hand. */
export function toUsage(path: string): string {
  return `This is Longshore's task driver for Nomad's "docker" driver, as a plugin. A Nomad agent starts it; by hand it does nothing.

To install it, as root on each client:

  1. Put it into the agent's plugin_dir (here /opt/nomad/plugins), under the name docker:

       install -m 0755 ${path} /opt/nomad/plugins/docker

     or, with the longshore command:  longshore plugin --install /opt/nomad/plugins

  2. Have these in the agent's configuration; an existing plugin "docker" block stays as it is:

       plugin_dir = "/opt/nomad/plugins"

       plugin "docker" {
         config {}
       }

  3. Restart the agent. Running tasks go on.

It needs Node.js 20.12 or later in the agent's PATH. "nomad node status -verbose -self" shows the driver's health.
`;
}
