import * as check from "./checks.ts";
import { block } from "./fields.ts";
import { bool, choice, number, text, textMap } from "./values.ts";

/** One `mount` block. */
export const mountFields = {
  type: choice({
    doc: "volume, bind, tmpfs, or (engine 28) image.",
    default: "volume",
    of: ["volume", "bind", "tmpfs", "image"],
  }),
  target: text({
    doc: "The path in the container.",
    required: true,
    check: check.all(check.notPadded, check.absolutePath),
  }),
  source: text({
    doc: "The volume's or image's name, or a path on the host, relative to the task's folder.",
  }),
  readonly: bool({ doc: "Mount for reading only.", default: false }),
  bind_options: block("For type bind.", {
    propagation: choice({
      doc: "How mounts below spread; shared and rshared need volumes.enabled.",
      of: ["private", "rprivate", "shared", "rshared", "slave", "rslave"],
    }),
  }),
  tmpfs_options: block("For type tmpfs.", {
    size: number({ doc: "Its size, bytes.", check: check.whole }),
    mode: number({ doc: "Its file mode, decimal.", check: check.wholeWithin(0, 0o7777) }),
  }),
  volume_options: block("For type volume.", {
    no_copy: bool({ doc: "Leave a new volume empty instead of copying the image's files.", default: false }),
    labels: textMap({ doc: "Labels of a new volume." }),
    subpath: text({ doc: "The folder in the volume to mount (engine 26).", check: check.notPadded }),
    driver_config: block("The driver of a new volume.", {
      name: text({ doc: "The volume driver." }),
      options: textMap({ doc: "The driver's options." }),
    }),
  }),
  image_options: block("For type image.", {
    subpath: text({ doc: "The folder in the image to mount (engine 28).", check: check.notPadded }),
  }),
};
