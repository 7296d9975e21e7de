/** Runs a command and returns its exit code. */
import { type Command, CommanderError } from "commander";
import { InputError, StoppedError } from "../errors.ts";
import { printable } from "../files/escape.ts";
import { pathIn, systemFault, WriteError } from "../files/system_error.ts";
import { forgetInterrupts, howToContinue, INTERRUPTED } from "./interrupt.ts";

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
    const continues = error instanceof WriteError ? howToContinue() : undefined;
    const goOn = continues === undefined ? "" : ` Then ${continues}.`;
    console.error(`error: ${printable(message + goOn)}`);
    return 1;
  } finally {
    forgetInterrupts();
  }
}

/** One line about an error of the operating system that no caller explained. */
function systemMessage(error: unknown): string | undefined {
  const fault = systemFault(error);
  return fault && `Cannot go on with '${pathIn(error) ?? "a file"}' as ${fault.fact}: ${fault.remedy}.`;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
