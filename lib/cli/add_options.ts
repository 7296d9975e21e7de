/**
 * From a table of options to a command's flags.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { messageOf } from "../errors.ts";
import { type OptionSpec, type OptionTable, parseOption } from "../options.ts";

/**
 * Adds the options of a table to a command, in the table's order. The command's values have the table's names, also where
 * the flag has another (`learningRate` of `--lr`).
 *
 * @example
 * ```ts
 * import { Command } from "commander";
 * import { addOptions } from "./add_options.ts";
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

/**
 * The values that the user gave, without defaults: what a result stores as its arguments.
 */
export function givenOptions(command: Command): Record<string, unknown> {
  const given = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) !== "default");
  return Object.fromEntries(given);
}

/** One option as commander has it. */
export function optionOf(
  name: string,
  { flags, help, unset, value, conflicts, implies, required, ...rest }: OptionSpec,
): Option {
  const option = new Option(flags, unset === undefined ? help : `${help} (default: ${unset})`);
  option.attributeName = () => name;
  if (value.kind === "choice") option.choices(value.of);
  else if (value.kind === "names") {
    let all: unknown[] = [];
    option.argParser((text) => all = [...new Set([...all, ...parsed(text) as unknown[]])]);
  } else if (value.kind !== "switch") option.argParser(parsed);
  if (rest.default !== undefined) option.default(rest.default);
  if (conflicts !== undefined) option.conflicts([...conflicts]);
  if (implies !== undefined) option.implies({ ...implies });
  return option.makeOptionMandatory(required ?? false);

  function parsed(text: string): unknown {
    try {
      return parseOption(text, value);
    } catch (error) {
      throw new InvalidArgumentError(messageOf(error));
    }
  }
}
