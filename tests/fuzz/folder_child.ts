/**
 * Reads folders with a damaged file in a process of its own: `folder_child.ts GROUP SEED RUNS [each]`, so many in all or of
 * each reader. Prints the number of each case
 * before it is read, and at the end what came of all. Anything but a valid result or an InputError that names the file is a
 * fault, and so is a key that appeared on all objects; the process tells the first 20 kinds, and fails.
 */
import fc from "fast-check";
import { dirname, join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { temporaryFolder } from "../temporary.ts";
import { peakMemory } from "./peak_memory.ts";
import type { Summary } from "./reader_child.ts";
import { damagedText, type Stranger, textDamage } from "./text_mutation.ts";
import type { World } from "./world.ts";

/** Cases that are drawn at a time. */
const CHUNK = 5000;
const KEYS = Reflect.ownKeys(Object.prototype).length;

async function outcome(world: World): Promise<"read" | "refused"> {
  let word: "read" | "refused" = "read";
  try {
    await world.read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (!error.message.includes(world.named ?? world.folder)) throw new Error("not named", { cause: error });
    if (error.message.length > 6000) throw new Error(`a message of ${error.message.length} letters`, { cause: error });
    word = "refused";
  }
  if (Reflect.ownKeys(Object.prototype).length !== KEYS) throw new Error("all objects have another key now");
  return word;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\nfor: ${String(error.cause).slice(0, 1000)}`;
  return `${error.stack?.slice(0, 1000)}${cause}`;
}

/** Puts something else at a file's place. */
async function estrange(path: string, what: Stranger): Promise<void> {
  await Deno.remove(path);
  if (what === "folder") await Deno.mkdir(path);
  if (what === "loop") await Deno.symlink(path, path);
  if (what === "link to nowhere") await Deno.symlink(`${path}.gone`, path);
}

if (import.meta.main) {
  const [group = "datasets", seed = "1", runs = "100", each] = Deno.args;
  const root = await temporaryFolder("brewclip-fuzz-");
  const { worlds } = await import(`./worlds/${group}.ts`) as { worlds: (root: string) => Promise<World[]> };
  const summary: Summary = { outcomes: {}, slowest: { milliseconds: 0, index: -1 }, peak: 0 };
  const faults = new Map<string, string>();
  const count = (word: string): void => void (summary.outcomes[word] = (summary.outcomes[word] ?? 0) + 1);
  console.warn = console.error = () => {}; // libraries complain of what they meet
  try {
    const all = await worlds(root);
    for (const world of all) {
      if (await outcome(world) !== "read") throw new Error(`the good '${world.name}' is not read`);
    }
    const damages = fc.record({ world: fc.nat(all.length - 1), file: fc.nat(1000), damage: textDamage });
    const total = Number(runs) * (each === undefined ? 1 : all.length);
    let cases: ReturnType<typeof fc.sample<typeof damages extends fc.Arbitrary<infer T> ? T : never>> = [];
    for (let index = 0; index < total; index++) {
      const at = index % CHUNK;
      if (at === 0) cases = fc.sample(damages, { seed: Number(seed) + index, numRuns: Math.min(CHUNK, total - index) });
      const { world: number, file, damage } = cases[at]!;
      const world = all[each === undefined ? number : index % all.length]!;
      const name = world.files[file % world.files.length]!;
      const told = `case ${index}: ${world.name}, ${name}: ${fc.stringify(damage).slice(0, 600)}`;
      console.log(told);
      const path = join(world.folder, name);
      const good = await Deno.readFile(path);
      const content = damagedText(damage, good, world.inner);
      if (content !== undefined) await Deno.writeFile(path, content);
      else if (damage.kind === "stranger") await estrange(path, damage.what);
      const begun = performance.now();
      try {
        count(`${world.name} ${await outcome(world)}`);
      } catch (error) {
        if (faults.size < 20) faults.set(`${world.name}: ${error}`, `${told}\n${stackOf(error)}`);
      }
      const milliseconds = performance.now() - begun;
      if (milliseconds > summary.slowest.milliseconds) summary.slowest = { milliseconds, index };
      await Deno.remove(path, { recursive: true }).catch(() => {});
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(path, good);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
  if (faults.size > 0) {
    await Deno.stderr.write(new TextEncoder().encode([...faults.values()].join("\n\n")));
    Deno.exit(1);
  }
  summary.peak = peakMemory();
  console.log(JSON.stringify(summary));
}
