/** How the text begins that tells what the program is. */
export const usageTitle = `This is Longshore's docker driver for Nomad, as a plugin.`;

/** What a person is told who runs the plugin by hand; `path` is where it lies. */
export function toUsage(path: string): string {
  return `${usageTitle} A Nomad agent starts it; by hand it does nothing.

To install it, as root on every client:

1. Put it into the agent's plugin_dir under the name docker:

     install -m 0755 ${path} /opt/nomad/plugins/docker

   or, which checks as well:

     longshore plugin --install /opt/nomad/plugins --config /etc/nomad.d

2. The agent's configuration needs these; a plugin "docker" block that is there stays as it is:

     plugin_dir = "/opt/nomad/plugins"

     plugin "docker" {
       config {}
     }

3. Restart the agent, for instance with "systemctl restart nomad". Running tasks go on.

It needs Node.js 20.12 or later in the agent's PATH.
`;
}
