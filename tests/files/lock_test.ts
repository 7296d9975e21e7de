/** Locks of folders and files, temporary files of killed writers, links that lead out, and errors of the system. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { removeTemporary, writeAtomic } from "../../lib/files/atomic.ts";
import { appendJsonLines } from "../../lib/files/json_lines.ts";
import { holdFile, holdFolder } from "../../lib/files/lock.ts";
import { exists, readJson } from "../../lib/files/read.ts";
import { systemFault, WriteError } from "../../lib/files/system_error.ts";
import { temporaryFolder } from "../temporary.ts";

const LIBRARY = new URL("../../lib/files/", import.meta.url);

/** Runs a script that imports from `lib/files`, and waits for its first line. */
async function child(script: string, flags: string[] = ["-A"], cwd?: string) {
  const file = join(await temporaryFolder(), "child.ts");
  await Deno.writeTextFile(file, script.replaceAll("LIB/", LIBRARY.href));
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--no-check", "--config", config, ...flags, file],
    stdout: "piped",
    stderr: "inherit",
    ...(cwd && { cwd }),
  }).spawn();
  const reader = process.stdout.getReader();
  const first = new TextDecoder().decode((await reader.read()).value).trim();
  return {
    first,
    async end(signal: Deno.Signal = "SIGKILL"): Promise<void> {
      process.kill(signal);
      await process.status;
      await reader.cancel();
    },
    async done(): Promise<void> {
      await process.status;
      await reader.cancel();
    },
    pid: process.pid,
  };
}

for (const [what, hold] of Object.entries({ holdFolder, holdFile })) {
  Deno.test(`${what}: another process is refused by pid and host; a killed one leaves nothing in the way`, async () => {
    const place = join(await temporaryFolder(), "place");
    const owner = await child(
      `import { ${what} } from "LIB/lock.ts";
       const _lock = await ${what}(${JSON.stringify(place)});
       console.log("held");
       await new Promise((done) => setTimeout(done, 60_000));`,
    );
    assert.equal(owner.first, "held");
    await assert.rejects(hold(place), (error: Error) => {
      assert.ok(error instanceof InputError);
      for (const part of [place, `process ${owner.pid} on ${Deno.hostname()}`]) {
        assert.ok(error.message.includes(part), error.message);
      }
      return true;
    });
    await owner.end();
    {
      await using _lock = await hold(place);
      await assert.rejects(hold(place), InputError, "it is held again");
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(place, ".."))), [], "nothing is left");
  });
}

Deno.test("holdFolder lets exactly one of many at once in, round after round", async () => {
  const folder = join(await temporaryFolder(), "busy");
  let [inside, entered] = [0, 0];
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 5 }, async () => {
      let lock: AsyncDisposable;
      try {
        lock = await holdFolder(folder);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
        return;
      }
      assert.equal(++inside, 1);
      entered++;
      await new Promise((done) => setTimeout(done, 1));
      inside--;
      await lock[Symbol.asyncDispose]();
    }));
  }
  assert.ok(entered >= 20, `${entered} entered`);
});

Deno.test("on a file system without locks the owner's file is the lock", async () => {
  const folder = await temporaryFolder();
  const { tryLock } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.tryLock = () => Promise.reject(new Error("Function not implemented (os error 38)"));
  try {
    {
      await using _lock = await holdFolder(folder);
      await assert.rejects(holdFolder(folder), /If that process is gone, remove '.*\.lock'/);
    }
    await using _again = await holdFolder(folder);
  } finally {
    Deno.FsFile.prototype.tryLock = tryLock;
  }
});

Deno.test("the next holder removes temporary files of killed writers, and nothing else", async () => {
  const folder = await temporaryFolder();
  const make = async (path: string) => {
    await Deno.mkdir(join(folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, path), "x");
  };
  const kept = ["config.json", "notes.tmp", "checkpoints/last.safetensors", "other/.lock", "other/a.json.0123abcd.tmp"];
  for (const path of [...kept, "config.json.0123abcd.tmp", "checkpoints/last.safetensors.ffffffff.tmp"]) {
    await make(path);
  }
  {
    await using _lock = await holdFolder(folder);
  }
  const left: string[] = [];
  for (const path of ["", "checkpoints", "other"]) {
    for await (const entry of Deno.readDir(join(folder, path))) if (entry.isFile) left.push(join(path, entry.name));
  }
  assert.deepEqual(left.sort(), kept.toSorted());
  await make("young.json.0123abcd.tmp");
  await removeTemporary(folder, { minAge: 60_000 });
  assert.ok(await exists(join(folder, "young.json.0123abcd.tmp")), "another process may be writing it");
  await make("out.jsonl.0123abcd.tmp");
  {
    await using _lock = await holdFile(join(folder, "out.jsonl"));
  }
  assert.ok(!await exists(join(folder, "out.jsonl.0123abcd.tmp")));
  assert.ok(await exists(join(folder, "young.json.0123abcd.tmp")), "it belongs to another file");
});

Deno.test("a link below a folder that may be written does not lead out of it", async () => {
  const root = await temporaryFolder();
  await Deno.mkdir(join(root, "work", "runs"), { recursive: true });
  await Deno.mkdir(join(root, "elsewhere"));
  await Deno.symlink(join(root, "elsewhere"), join(root, "work", "runs", "out"));
  await Deno.writeTextFile(join(root, "elsewhere", "victim.jsonl"), "");
  await Deno.mkdir(join(root, "work", "runs", "r"));
  await Deno.symlink(join(root, "elsewhere", "victim.jsonl"), join(root, "work", "runs", "r", "metrics.jsonl"));
  await Deno.symlink(join(root, "elsewhere", "new.jsonl"), join(root, "work", "runs", "r", "dev.jsonl"));
  const attempts = `import { writeAtomic } from "LIB/atomic.ts";
    import { appendJsonLines } from "LIB/json_lines.ts";
    import { holdFolder } from "LIB/lock.ts";
    const results = [];
    for (const attempt of [
      () => writeAtomic("runs/out/a.txt", "x"),
      () => writeAtomic("runs/out/deep/a.txt", "x"),
      () => appendJsonLines("runs/r/metrics.jsonl", [{}]),
      () => appendJsonLines("runs/r/dev.jsonl", [{}]),
      () => holdFolder("runs/out/run"),
      () => writeAtomic("runs/r/a.txt", "x"),
    ]) results.push(await attempt().then(() => "written", (error) => error.name));
    console.log(results.join());`;
  const flags = ["--allow-read", "--allow-write=./runs"];
  const narrow = await child(attempts, flags, join(root, "work"));
  await narrow.done();
  assert.equal(narrow.first, "InputError,InputError,InputError,InputError,InputError,written");
  assert.deepEqual((await Array.fromAsync(Deno.readDir(join(root, "elsewhere")))).map(({ name }) => name), [
    "victim.jsonl",
  ]);
  assert.equal(await Deno.readTextFile(join(root, "elsewhere", "victim.jsonl")), "");
  // `runs` itself may be a link, as to a larger disk.
  await Deno.mkdir(join(root, "linked"));
  await Deno.symlink(join(root, "elsewhere"), join(root, "linked", "runs"));
  const linked = await child(
    `import { writeAtomic } from "LIB/atomic.ts";
     console.log(await writeAtomic("runs/deep/a.txt", "x").then(() => "written", String));`,
    flags,
    join(root, "linked"),
  );
  await linked.done();
  assert.equal(linked.first, "written");
});

Deno.test("a failed write names path, cause and remedy, and keeps the earlier file", async () => {
  const folder = await temporaryFolder();
  await assert.rejects(writeAtomic(join(folder, "x".repeat(300)), "a"), (error: Error) => {
    assert.ok(error instanceof WriteError && error instanceof InputError);
    assert.match(error.message, /^Cannot write '.*x{300}' as its name is too long: choose a shorter name\.$/);
    return true;
  });
  const path = join(folder, "kept.json");
  await writeAtomic(path, "1");
  const { write } = Deno.FsFile.prototype;
  for (
    const [message, pattern] of [
      ["No space left on device (os error 28)", /its disk is full.*free some space/],
      ["Disk quota exceeded (os error 122)", /its disk is full/],
      ["File too large (os error 27)", /file size limit/],
      ["Input/output error (os error 5)", /the disk failed/],
      ["Too many open files (os error 24): open 'x'", /too many files are open.*ulimit -n/],
      ["Permission denied (os error 13): open 'x'", /does not let this user/],
      ["Read-only file system (os error 30): open 'x'", /read-only/],
    ] as const
  ) {
    Deno.FsFile.prototype.write = () => Promise.reject(new Error(message));
    try {
      await assert.rejects(
        writeAtomic(path, "2"),
        (error: Error) => error instanceof WriteError && error.message.includes(path) && pattern.test(error.message),
      );
      await assert.rejects(appendJsonLines(join(folder, "log.jsonl"), [{}]), pattern);
    } finally {
      Deno.FsFile.prototype.write = write;
    }
  }
  assert.equal(await readJson(path), 1);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["kept.json", "log.jsonl"]);
  assert.equal(systemFault(new TypeError("a fault of the program")), undefined);
});

Deno.test({
  name: "pipes and devices are refused, not waited for",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const pipe = join(await temporaryFolder(), "pipe.json");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    for (const path of [pipe, "/dev/zero"]) {
      await assert.rejects(readJson(path), /as it is no file but a pipe, a device or a socket/);
    }
    await assert.rejects(appendJsonLines(pipe, [{}]), /as it is no file: remove it/);
  },
});
