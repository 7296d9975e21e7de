/** Runs a command and returns its exit code. Ctrl-C requests a stop. */
import { type Command, CommanderError } from "commander";
import { InputError, StoppedError } from "../errors.ts";
import { printable } from "../files/escape.ts";
import { pathIn, systemFault, WriteError } from "../files/system_error.ts";

/** Exit code of a command line that cannot be parsed. */
export const WRONG_USE = 2;

/**
 * Runs a command with its sub-commands. Wrong use and faulty input are printed as one line.
 *
 * @returns the exit code: 0 done, 1 an input is at fault, 2 wrong use, 130 stopped
 * @throws anything else: a fault of the program, shown with its stack
 */
export async function runCommand(root: Command, args: readonly string[]): Promise<number> {
  for (const command of withSubcommands(root)) {
    command.exitOverride().showSuggestionAfterError(true).allowExcessArguments(false).configureOutput({
      outputError: (text, write) => write(`${printable(text.trim().replace(/\s*\n\s*/g, " "))}\n`),
    });
  }
  try {
    await root.parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    if (error instanceof StoppedError) {
      console.error(error.message);
      return INTERRUPTED;
    }
    const message = error instanceof InputError ? error.message : systemMessage(error);
    if (message === undefined) throw error;
    const goOn = error instanceof WriteError && continues !== undefined ? ` Then ${continues}.` : "";
    console.error(`error: ${printable(message + goOn)}`);
    return 1;
  }
}

/** One line about an error of the operating system that no caller explained. */
function systemMessage(error: unknown): string | undefined {
  const fault = systemFault(error);
  return fault && `Cannot go on with '${pathIn(error) ?? "a file"}' as ${fault.fact}: ${fault.remedy}.`;
}

/** How the command in progress is continued after it failed to write. */
let continues: string | undefined;

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Milliseconds after the first signal in which others belong to the same Ctrl-C: the terminal and `deno task` both send it. */
const ONE_PRESS = 300;
/** Milliseconds after the first signal in which a job must have stopped. What it saved before is whole at any moment. */
const PATIENCE = 4500;

/** The exit code of a job that was stopped by the user. */
export const INTERRUPTED = 130;

/**
 * A signal that the first SIGINT or SIGTERM aborts with a {@link StoppedError}. The job throws it, and `runCommand` prints
 * its message and exits with {@link INTERRUPTED}. A job that does not stop within 5 seconds is ended, and a second signal
 * ends it at once.
 *
 * @param onFirst tells the user that the job is stopping
 * @param how the last message, with the way to continue
 * @param until when it is aborted, signals end the process at once again
 */
export function onInterrupt(
  onFirst: () => void,
  how = "stopped; the same command continues",
  until?: AbortSignal,
): AbortSignal {
  continues = how.includes("continue") ? how.replace(/^stopped; /, "") : undefined;
  const controller = new AbortController();
  let first = 0;
  const handle = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > ONE_PRESS) Deno.exit(INTERRUPTED);
      return;
    }
    first = performance.now();
    controller.abort(new StoppedError(how));
    onFirst();
    const end = setTimeout(() => {
      console.error(how);
      Deno.exit(INTERRUPTED);
    }, PATIENCE);
    Deno.unrefTimer(end);
  };
  Deno.addSignalListener("SIGINT", handle);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", handle);
  until?.addEventListener("abort", () => {
    Deno.removeSignalListener("SIGINT", handle);
    if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", handle);
  });
  return controller.signal;
}
