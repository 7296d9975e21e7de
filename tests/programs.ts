/** Programs that may be missing. */

/**
 * What a program prints; undefined where it fails, is not installed or may not be run. `Deno.Command` throws at once, not
 * in its promise, where there is no such program.
 */
export async function outputOf(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stdin: "null", stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}
