import assert from "node:assert/strict";
import { join } from "@std/path";
import { ROOT } from "../cli/run.ts";
import { withRecordings } from "./length_whisper.ts";

const CHILD = `"$DENO" run -q --no-prompt -P=test tests/whisper/full_disk_child.ts "$RECORDINGS" "$FOLDER/store"`;
const LIST = `for file in "$FOLDER"/store/*/*; do if [ -s "$file" ]; then echo "# $(wc -c < "$file") $file"; fi; done`;

/** Ways to limit disk space and then free some; each prints a result, the files, and another result. */
const WAYS: Record<string, { command: string; args: (script: string) => string[]; full: string; enough: string }> = {
  "a small file system": {
    command: "unshare",
    args: (script) => ["--user", "--map-root-user", "--mount", "sh", "-c", script],
    full: `mount -t tmpfs -o size=220k tmpfs "$FOLDER" && ${CHILD}`,
    enough: `mount -o remount,size=16m "$FOLDER" && ${CHILD}`,
  },
  "a limit on the size of files": {
    command: "sh",
    args: (script) => ["-c", script],
    full: `(trap '' XFSZ; ulimit -f 200; ${CHILD})`,
    enough: CHILD,
  },
};

/** Whether this machine permits the command. */
async function works(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

for (const [name, { command, args, full, enough }] of Object.entries(WAYS)) {
  const possible = Deno.build.os !== "windows" &&
    await works(command, args(command === "unshare" ? "mount -t tmpfs tmpfs /mnt" : "ulimit -f 200"));
  if (!possible) console.log(`The test with ${name} is skipped: this machine does not permit it.`);
  Deno.test({
    name: `${name}: a clear error, no trust in incomplete parts, and the same command continues`,
    ignore: !possible,
    fn: () =>
      withRecordings(async (root) => {
        const disk = join(root, "disk");
        await Deno.mkdir(disk);
        const { success, stdout, stderr } = await new Deno.Command(command, {
          args: args(`${full}; ${LIST}; ${enough}`),
          cwd: ROOT,
          env: { DENO: Deno.execPath(), RECORDINGS: root, FOLDER: disk, DENO_NO_UPDATE_CHECK: "1" },
        }).output();
        const output = new TextDecoder().decode(stdout);
        assert.ok(success, output + new TextDecoder().decode(stderr));
        const lines = output.trim().split("\n");
        const [first, last] = lines.filter((line) => !line.startsWith("#")).map((line) => JSON.parse(line));
        assert.match(
          first.message,
          /^Cannot store transcripts and encoder states in '.*' as its disk is full, or its quota or file size limit reached: \d+\.\d kB needed for the next recording, .* free\. Free some space and give the same command again/,
        );
        const states = lines.map((line) => /^# +(\d+) .*\.f16$/.exec(line)).find((match) => match !== null);
        assert.equal(Number(states?.[1]) % 4000, 0, `the file has only whole frames: ${output}`);
        assert.ok(last.newRecordings > 0 && last.newRecordings < 11, `some stayed stored: ${output}`);
        assert.equal(last.right, 11);
      }),
  });
}
