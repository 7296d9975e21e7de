/** What code in a task's process can do under each permission set of deno.json: attempts to break out of it. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { readJson } from "../../lib/files/read.ts";
import { CANDIDATES } from "../../lib/runtime/wasm/matrix_product.ts";
import { temporaryFolder } from "../temporary.ts";
import { freshRun } from "./leftovers.ts";
import { command, ROOT } from "./run.ts";

type Sets = Record<string, Record<string, unknown>>;
const { permissions, tasks } = await readJson(join(ROOT, "deno.json")) as {
  permissions: Sets;
  tasks: Record<string, { command: string }>;
};

/** Attempts; each prints its name if it succeeds. `Deno.args`: a folder below runs, a folder elsewhere, a port. */
const PROBE = `
const [inside, outside, port] = Deno.args;
const attempts = {
  "write elsewhere": () => Deno.writeTextFile(outside + "/new.txt", "x"),
  "write code": () => Deno.writeTextFile("lib/probe-" + Deno.pid + ".ts", "x").finally(() => Deno.remove("lib/probe-" + Deno.pid + ".ts")),
  "write a native library's folder": () => Deno.writeTextFile("node_modules/probe-" + Deno.pid, "x").finally(() => Deno.remove("node_modules/probe-" + Deno.pid)),
  "overwrite deno.json": async () => (await Deno.open("deno.json", { append: true })).close(),
  "link out of runs": () => Deno.symlink(outside, inside + "/link"),
  "load a library from runs": () => Deno.dlopen(inside + "/own.so", {}),
  "load a library from elsewhere": () => Deno.dlopen(outside + "/own.so", {}),
  "load the C library": () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }),
  "make a pointer": () => Deno.UnsafePointer.of(new Uint8Array(8)),
  "read a secret of the environment": () => Deno.env.get("AWS_SECRET_ACCESS_KEY"),
  "list the environment": () => Deno.env.toObject(),
  "run a shell": () => new Deno.Command("sh", { args: ["-c", "true"] }).output(),
  "run any program": () => new Deno.Command("id").output(),
  "stop a process": () => Deno.kill(2 ** 22 + 1, "SIGCONT"),
  "connect": async () => (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close(),
  "fetch": () => fetch("http://127.0.0.1:" + port),
  "reach another machine": async () => { if ((await Deno.permissions.query({ name: "net", host: "192.0.2.1" })).state !== "granted") throw 0; },
  "list the network": () => Deno.networkInterfaces(),
  "ask for more": async () => { if ((await Deno.permissions.request({ name: "run" })).state !== "granted") throw 0; },
};
const done = [];
for (const [name, attempt] of Object.entries(attempts)) {
  try { await attempt(); done.push(name); } catch (error) {
    // refused, unlike an error of the attempt itself
    if (error !== 0 && !(error instanceof Deno.errors.NotCapable) && !/NotCapable|Requires/.test(String(error))) done.push(name + ": " + error);
  }
}
console.log(JSON.stringify(done));
Deno.exit(0);
`;

/** What each set must be able to do of the above, and why; see the table in CONTRIBUTING.md. */
const NEEDED: Record<string, readonly string[]> = {
  train: [],
  report: [],
  sample: [],
  data: ["write elsewhere", "link out of runs", "connect", "fetch", "reach another machine"], // the hub's cache with its links, any folder; any mirror
  "full-size": ["read a secret of the environment", "list the environment"],
  bench: ["read a secret of the environment", "list the environment", "run a shell"], // starts python and sh
  notebooks: ["read a secret of the environment", "list the environment"], // starts Jupyter, which runs any code
  index: [],
  search: [],
  serve: ["connect", "fetch"], // this machine only, on which it listens
};

/** The network that a task may use beside its set, without a database: `lib/cli/find_database.ts` names no machine then. */
function networkOf(task: string): string | undefined {
  const command = tasks[task]?.command.replace(/\$\([^)]*find_database\.ts\)/, "database.invalid:5432");
  return /--allow-net="?([^" ]+)/.exec(command ?? "")?.[1];
}

for (const name of Object.keys(NEEDED)) {
  Deno.test(
    { name: `under '${name}' code cannot do more than it needs`, ignore: Deno.build.os !== "linux" },
    async () => {
      const inside = freshRun(`permissions-${name}`);
      await Deno.mkdir(join(ROOT, inside), { recursive: true });
      const outside = await temporaryFolder();
      const script = join(ROOT, inside, "probe.ts"); // deno.json is looked for above the script
      await Deno.writeTextFile(script, PROBE);
      for (const folder of [join(ROOT, inside), outside]) {
        await Deno.writeFile(join(folder, "own.so"), new Uint8Array(64));
      }
      await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
      const env = { AWS_SECRET_ACCESS_KEY: "secret" };
      const args = [inside, outside, String(server.addr.port)];
      const options = name in permissions ? { permissions: name } : { permissions: "train", net: networkOf(name)! };
      const { stdout, stderr } = await command(args, { ...options, script, env }).output();
      const text = new TextDecoder();
      const done = JSON.parse(text.decode(stdout) || "null");
      assert.deepEqual(done, NEEDED[name], `${name}: ${text.decode(stderr)}`);
    },
  );
}

Deno.test("a database in BREWCLIP_DATABASE is the only address that find_database.ts permits", async () => {
  for (
    const [address, host] of [["", "database.invalid:5432"], ["postgres://me:word@db.example/x", "db.example:5432"]]
  ) {
    const args = ["run", "-q", "--no-prompt", "--allow-env=BREWCLIP_DATABASE", "lib/cli/find_database.ts"];
    const options = { args, cwd: ROOT, env: { BREWCLIP_DATABASE: address! } };
    const { stdout } = await new Deno.Command(Deno.execPath(), options).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), host);
  }
});

Deno.test("no set allows everything of a kind that can be narrower, and each is explained", async () => {
  const guide = await Deno.readTextFile(join(ROOT, "CONTRIBUTING.md"));
  assert.deepEqual(Object.keys(permissions).filter((name) => !(name in NEEDED)), ["test"], "a set without a test");
  for (const [task, { command }] of Object.entries(tasks)) {
    if (command.includes("--allow-net")) assert.ok(task in NEEDED, `${task} has a network, and no test`);
    const sets = [...command.matchAll(/-P=(\S+)/g)].map(([, set]) => set!);
    assert.ok(sets.every((set) => set in permissions), `${task} runs under ${sets}`);
    assert.ok(sets.length === 1 || task === "kernels", `${task} does not run under one set`);
  }
  for (const [name, set] of Object.entries(permissions)) {
    assert.match(guide, new RegExp(`^\\| \`${name}\``, "m"), `${name} is explained in CONTRIBUTING.md`);
    if (name === "test") continue;
    assert.ok(!("all" in set) && set["ffi"] !== true && set["run"] !== true && set["sys"] !== true, name);
    if (name !== "data") assert.ok(!("net" in set) || set["net"] !== true, name);
    for (const library of (set["ffi"] as string[] | undefined) ?? []) {
      assert.ok(
        library === "./node_modules" || Object.values(CANDIDATES).flat().includes(library),
        `${name}: ${library}`,
      );
    }
  }
  for (const library of Object.values(CANDIDATES).flat().filter((path) => path.startsWith("/"))) {
    assert.ok((permissions["train"]!["ffi"] as string[]).includes(library), library);
  }
  assert.deepEqual(permissions["train"]!["write"], ["./runs"]);
  assert.deepEqual(permissions["test"]!["net"], ["127.0.0.1"]);
  for (const name of ["train", "eval", "transcribe"]) {
    assert.match(tasks[name]?.command ?? "", /deno run -q --no-prompt -P=train lib\/cli\/main\.ts/, name);
  }
});
