/**
 * From tables of options to commander, and checks of single values. What these refuse becomes one line on stderr and exit
 * code 2.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { messageOf } from "../errors.ts";
import { type OptionSpec, type OptionTable, parseOption } from "../options.ts";
import { parseShard, type Shard } from "../whisper/shard.ts";

/**
 * Adds the options of a table to a command, in the table's order. The command's values have the table's names, also where
 * the flag has another (`learningRate` of `--lr`).
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

/**
 * The arguments that determine a result, for `results.json`: without those that say where it goes and when it stops.
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

/**
 * A parser of whole numbers.
 *
 * @throws {InvalidArgumentError} where the text is no whole number from `lowest` to 2^53 - 1.
 */
export function wholeNumber(lowest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < lowest) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${lowest}.`);
    }
    return value;
  };
}

/**
 * A parser of real numbers.
 *
 * @throws {InvalidArgumentError} where the text is no number within the bounds.
 */
export function realNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= lowest && value <= highest)) {
      throw new InvalidArgumentError(`Expected a number from ${lowest} to ${highest}.`);
    }
    return value;
  };
}

/**
 * A number above 0.
 *
 * @throws {InvalidArgumentError} where the text is none.
 */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

/**
 * A parser of paths and names.
 *
 * @throws {InvalidArgumentError} where the text is empty.
 */
export function nonEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Expected a name or a path.");
  return text;
}

/**
 * A parser of names between commas, each once; of any names if none are known.
 *
 * @throws {InvalidArgumentError} if a name is empty or not known.
 */
export function names(known?: readonly string[]): (text: string) => string[] {
  return (text) => {
    const list = text.split(",").map((name) => name.trim());
    if (list.includes("")) throw new InvalidArgumentError("Expected names with commas between them.");
    const unknown = list.find((name) => known !== undefined && !known.includes(name));
    if (unknown === undefined) return [...new Set(list)];
    throw new InvalidArgumentError(`'${unknown}' is none of ${known?.join(", ")}.`);
  };
}

/**
 * A shard, `I/N`.
 *
 * @throws {InvalidArgumentError} where the text is none.
 */
export function shardOption(text: string): Shard {
  try {
    return parseShard(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
