/** Adds tables of options to commander. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { messageOf } from "../errors.ts";
import { type OptionKind, type OptionSpec, type OptionTable, parseOption } from "../options.ts";

/**
 * Adds the options of a table to a command, in the table's order. The command's values have the table's names, even if the
 * flag has another (`learningRate` of `--lr`).
 *
 * @example
 * ```ts
 * import { Command } from "commander";
 * import { addOptions } from "./options.ts";
 * const command = addOptions(new Command("try"), {
 *   seeds: { flags: "--seeds <n>", help: "runs of each variant", value: { kind: "whole", least: 1 }, unset: "1" },
 * });
 * command.parse(["--seeds", "3"], { from: "user" });
 * if (command.opts().seeds !== 3) throw new Error(JSON.stringify(command.opts()));
 * ```
 */
export function addOptions(command: Command, table: OptionTable): Command {
  for (const [name, spec] of Object.entries(table)) command.addOption(optionOf(name, spec));
  return command;
}

/** Makes one option of commander. Names and repeatable options accumulate; for others the last value counts. */
export function optionOf(
  name: string,
  { flags, help, unset, value, conflicts, implies, required, once, ...rest }: OptionSpec,
): Option {
  const option = new Option(flags, unset === undefined ? help : `${help} (default: ${unset})`);
  option.attributeName = () => name;
  if (value.kind === "choice") option.choices(value.of);
  else if (value.kind !== "switch") option.argParser(parserOf(value));
  let given: unknown;
  const parse = option.parseArg;
  if (parse !== undefined) {
    option.argParser((text, previous) => {
      const parsed = parse(text, previous);
      if (value.kind === "names") return given = [...new Set([given ?? [], parsed].flat())];
      if (value.kind === "text" && value.repeats) return given = given === undefined ? parsed : [given, parsed].flat();
      if (once && given !== undefined) throw new InvalidArgumentError("The option is given twice.");
      return given = parsed;
    });
  }
  if (rest.default !== undefined) option.default(rest.default);
  if (conflicts !== undefined) option.conflicts([...conflicts]);
  if (implies !== undefined) option.implies({ ...implies });
  return option.makeOptionMandatory(required ?? false);
}

/** Makes a parser of values for commander. A refused value becomes one line on stderr and exit code 2. */
export function parserOf(value: OptionKind): (text: string) => unknown {
  return (text) => {
    try {
      return parseOption(text, value);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  };
}

/** A parser of names and paths. */
export const nonEmpty = parserOf({ kind: "text" }) as (text: string) => string;

/** A parser of whole numbers of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return parserOf({ kind: "whole", least }) as (text: string) => number;
}

/**
 * Picks the arguments that determine a result, for `results.json`: all but where it is written and when it stops.
 *
 * @example
 * ```ts
 * import { repeatable } from "./options.ts";
 * const words = repeatable(["train", "--seed", "2", "--out", "runs/a", "--stop-after=3"]);
 * if (words.join(" ") !== "train --seed 2") throw new Error(words.join(" "));
 * ```
 */
export function repeatable(args: readonly string[]): string[] {
  return args.filter((word, i) =>
    !PLACE.test(word) && !(i > 0 && PLACE.test(args[i - 1]!) && !args[i - 1]!.includes("="))
  );
}

const PLACE = /^--(?:out|stop-after)(?:=|$)/;
