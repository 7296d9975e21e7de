import assert from "node:assert/strict";
import { join } from "@std/path";
import { ROOT } from "../cli/run.ts";
import { withRecordings } from "./length_whisper.ts";

const CHILD = `"$DENO" run -q --no-prompt -P=test tests/whisper/full_disk_child.ts "$RECORDINGS" "$PLACE/heard"`;
const LIST = `find "$PLACE/heard" -type f -size +0 -exec wc -c {} + | sed 's/^/# /'`;

/** Ways to have too little room and then enough; each prints a line, the files, and a line again. */
const WAYS: Record<string, { command: string; args: (script: string) => string[]; full: string; room: string }> = {
  "a small file system": {
    command: "unshare",
    args: (script) => ["--user", "--map-root-user", "--mount", "sh", "-c", script],
    full: `mount -t tmpfs -o size=220k tmpfs "$PLACE" && ${CHILD}`,
    room: `mount -o remount,size=16m "$PLACE" && ${CHILD}`,
  },
  "a limit on the size of files": {
    command: "sh",
    args: (script) => ["-c", script],
    full: `(trap '' XFSZ; ulimit -f 200; ${CHILD})`,
    room: CHILD,
  },
};

/** Whether the machine lets us have a file system of our own. */
async function works(command: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

for (const [name, { command, args, full, room }] of Object.entries(WAYS)) {
  const possible = Deno.build.os !== "windows" &&
    await works(command, args(command === "unshare" ? "mount -t tmpfs tmpfs /mnt" : "ulimit -f 200"));
  if (!possible) console.log(`The test with ${name} is skipped: this machine does not permit it.`);
  Deno.test({
    name: `${name}: a clear error, no half part that is trusted, and the same command continues`,
    ignore: !possible,
    fn: () =>
      withRecordings(async (root) => {
        const place = join(root, "place");
        await Deno.mkdir(place);
        const { success, stdout, stderr } = await new Deno.Command(command, {
          args: args(`${full}; ${LIST}; ${room}`),
          cwd: ROOT,
          env: { DENO: Deno.execPath(), RECORDINGS: root, PLACE: place, DENO_NO_UPDATE_CHECK: "1" },
        }).output();
        const told = new TextDecoder().decode(stdout);
        assert.ok(success, told + new TextDecoder().decode(stderr));
        const lines = told.trim().split("\n");
        const [first, last] = lines.filter((line) => !line.startsWith("#")).map((line) => JSON.parse(line));
        assert.match(
          first.message,
          /^Cannot store transcripts and encoder states in '.*' as its disk is full, or its quota or file size limit reached: \d+\.\d kB needed for the next recording, .* free\. Free some space and give the same command again/,
        );
        const states = lines.map((line) => /^# +(\d+) .*\.f16$/.exec(line)).find((match) => match !== null);
        assert.equal(Number(states?.[1]) % 4000, 0, `only whole frames were left: ${told}`);
        assert.ok(last.newRecordings > 0 && last.newRecordings < 11, `some were kept: ${told}`);
        assert.equal(last.right, 11);
      }),
  });
}
