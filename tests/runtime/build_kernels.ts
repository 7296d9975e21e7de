/**
 * Compiles `lib/runtime/wasm/kernels.c` with clang and writes `kernels_binary.txt` next to it (`deno task kernels`). Needed only after a change of the
 * kernels; requires `apt-get install clang lld`.
 */
import { writeAtomic } from "../../lib/files/atomic.ts";
import { join } from "@std/path";

const FLAGS = [
  "--target=wasm32",
  "-O2",
  "-fno-unroll-loops",
  "-fno-vectorize",
  "-fno-slp-vectorize",
  "-fno-math-errno",
  "-ffp-contract=off",
  "-msimd128",
  "-mbulk-memory",
  "-nostdlib",
  "-ffreestanding",
  "-Wall",
  "-Werror",
  "-Wl,--no-entry",
  "-Wl,--import-memory",
  "-Wl,--strip-all",
];

/** Runs clang on the source; throws its output if it fails. */
async function clang(source: string, flags: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("clang", { args: [...flags, source] }).output();
  if (!success) throw new Error(`clang cannot compile ${source}:\n${new TextDecoder().decode(stderr)}`);
}

/**
 * Compiles a C file to a WebAssembly binary.
 *
 * @throws {Error} if clang fails, or the code needs a stack or static data: the memory belongs to another module.
 */
export async function compileKernels(source: string): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir();
  try {
    const [listing, binary] = [join(folder, "kernels.s"), join(folder, "kernels.wasm")];
    await clang(source, [...FLAGS.filter((flag) => !flag.startsWith("-Wl")), "-S", "-o", listing]);
    const forbidden = (await Deno.readTextFile(listing)).match(/__stack_pointer|\.section\s+\.(?:ro)?data\S*/);
    if (forbidden) {
      throw new Error(`Cannot use ${source} as it needs ${forbidden[0]}: the memory belongs to another module`);
    }
    await clang(source, [...FLAGS, "-o", binary]);
    return await Deno.readFile(binary);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const folder = join(import.meta.dirname as string, "../../lib/runtime/wasm");
  const binary = await compileKernels(join(folder, "kernels.c"));
  await writeAtomic(join(folder, "kernels_binary.txt"), binary.toBase64());
  console.log(`${binary.length} bytes`);
}
