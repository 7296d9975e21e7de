/**
 * Runs the tests that may call other programs in a fresh clone of this repository, with a PATH that has only Node.js, npm,
 * git, a shell and the core utilities: they must pass or skip, as the README promises of a bare machine.
 *
 *     deno run -A tests/bare_path.ts [FILES]
 */
import { dirname, join, resolve } from "@std/path";

const ROOT = resolve(import.meta.dirname as string, "..");
const DENO = `deno@${Deno.version.deno}`;
const PROGRAMS = "node npm npx git sh env " +
  "basename cat chmod cp cut date dirname echo expr false head id ln ls md5sum mkdir mkfifo mktemp mv nproc printf pwd readlink " +
  "realpath rm rmdir sha256sum sleep sort stat tail tee test touch tr true uname wc";

/** What calls another program: every command but Deno itself, and the browser that puppeteer starts. */
const CALLS = /new Deno\.Command\((?!Deno\.execPath\(\))|"puppeteer-core"/;

/** Long tests whose imports can call a program, and that never do. */
const WITHOUT_PROGRAMS = /^tests\/(fuzz|generator\/(bundled|clip_objective|clip_pretraining|corpora|whisper_))/;

/** The local files that a file imports, itself among them. */
async function graphOf(file: string, seen: Set<string> = new Set()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = await Deno.readTextFile(file).catch(() => "");
  for (const [, path] of source.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+\.ts)"/g)) {
    await graphOf(resolve(dirname(file), path!), seen);
  }
  return seen;
}

async function testFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    if (isDirectory) found.push(...await testFiles(`${folder}/${name}`));
    else if (name.endsWith("_test.ts")) found.push(`${folder}/${name}`);
  }
  return found.sort();
}

/** The test files that may call another program, by what they and their imports say. */
async function callers(): Promise<string[]> {
  const calls = new Map<string, boolean>();
  const found: string[] = [];
  for (const test of await testFiles("tests")) {
    if (WITHOUT_PROGRAMS.test(test)) continue;
    for (const file of await graphOf(join(ROOT, test))) {
      if (!calls.has(file)) calls.set(file, CALLS.test(await Deno.readTextFile(file).catch(() => "")));
      if (!calls.get(file)) continue;
      found.push(test);
      break;
    }
  }
  return found;
}

async function run(command: string, args: string[], options: Deno.CommandOptions = {}): Promise<number> {
  return (await new Deno.Command(command, { args, stdin: "null", ...options }).spawn().status).code;
}

/** The folder of PATH that has a program. */
function placeOf(program: string): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(join(folder, program)).isFile) return join(folder, program);
    } catch { /* not in this one */ }
  }
}

const files = Deno.args.length > 0 ? Deno.args : await callers();
const place = await Deno.makeTempDir({ prefix: "brewclip-bare-" });
let code = 1;
try {
  const [clone, bin] = [join(place, "clone"), join(place, "bin")];
  await Deno.mkdir(bin);
  for (const program of PROGRAMS.split(" ")) {
    const found = placeOf(program);
    // npx puts the folder of the real node into the PATH.
    if (program === "node") await Deno.copyFile(found!, join(bin, program));
    else if (found !== undefined) await Deno.symlink(await Deno.realPath(found), join(bin, program));
  }
  code = await run("git", ["clone", "--quiet", "--no-hardlinks", ROOT, clone]);
  // What an npx told this process would lead the next one to the programs outside.
  const own = /^(NODE|npm_(?!config_)\w*|npm_config_\w*prefix)$/;
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => !own.test(name));
  const bare = { PATH: bin, BREWCLIP_BARE: "1", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const env = { ...Object.fromEntries(kept), ...bare };
  const deno = (...args: string[]): Promise<number> =>
    run(join(bin, "npx"), ["-y", DENO, ...args], { cwd: clone, env, clearEnv: true });
  // Is the PATH really bare?
  const outside =
    'let found = true; try { new Deno.Command("grep", { stdin: "null" }).outputSync(); } catch { found = false; } Deno.exit(found ? 1 : 0)';
  if (code === 0) code = await deno("eval", outside);
  if (code !== 0) {
    console.error("the tests do not run on a bare PATH: git does not clone, or a program outside of it is found");
  } else code = await deno("task", "test", ...files);
} finally {
  await Deno.remove(place, { recursive: true });
}
Deno.exit(code);
