/**
 * Tables of options. A command, an experiment and the training each have one table, from which come the flags, the help
 * and the checks of the command line (`cli/options.ts`), and the documentation (`tests/option_docs.ts`).
 */
import { InputError } from "./errors.ts";

/** The type of an option's value. */
export type OptionKind =
  /** On or off. The flag `--no-x` of an option `x` switches it off. */
  | { kind: "switch" }
  /** A whole number from `least` to `most`, by default 2^53 - 1. */
  | { kind: "whole"; least: number; most?: number }
  /** A finite number from `least` to `most`, or greater than `above`. */
  | { kind: "number"; least?: number; most?: number; above?: number }
  /**
   * A name or a path; `parse` turns it into another value and throws an `Error` that states the rule. An option that
   * `repeats` may be given several times; it is then a list.
   */
  | { kind: "text"; parse?: (text: string) => unknown; repeats?: true }
  /** One of these names. */
  | { kind: "choice"; of: readonly string[] }
  /** Names between commas, each once, of these if there are any. An option that is repeated adds its names. */
  | { kind: "names"; of?: readonly string[] };

/** One option. */
export interface OptionSpec {
  /** As commander takes them: `"--steps <n>"`, `"--resume [folder]"` for an optional value, `"--no-cache"`. */
  flags: string;
  /** One line of help. */
  help: string;
  /** What its value is. */
  value: OptionKind;
  /** The value where the option is not given. Without it the option is then undefined. */
  default?: unknown;
  /** What holds where the option is not given, for help and documentation, if that is not `default`. */
  unset?: string;
  /** Names of options that cannot be given with this one. */
  conflicts?: readonly string[];
  /** Values of other options that this one sets. */
  implies?: Readonly<Record<string, unknown>>;
  /** The command must be given this option. */
  required?: true;
  /** Giving it twice is refused; without this the last value counts. */
  once?: true;
}

/**
 * Options by name. With the interface of the options' values as type argument, the compiler finds a value that has no
 * option.
 *
 * @example
 * ```ts
 * import type { OptionTable } from "./options.ts";
 * interface Values { seeds?: number; out?: string }
 * const OPTIONS: OptionTable<Values> = {
 *   seeds: { flags: "--seeds <n>", help: "runs of each variant", value: { kind: "whole", least: 1 }, unset: "1" },
 *   out: { flags: "--out <folder>", help: "where results go", value: { kind: "text" } },
 * };
 * if (OPTIONS.seeds.unset !== "1") throw new Error("not the table");
 * ```
 */
export type OptionTable<Values = Record<string, unknown>> = { readonly [Name in keyof Values]-?: OptionSpec };

/**
 * Parses the text of a value.
 *
 * @throws {InputError} where it breaks the rule of its kind; the message is the rule.
 */
export function parseOption(text: string, value: OptionKind): unknown {
  switch (value.kind) {
    case "whole":
    case "number":
      return checked(text.trim() === "" ? NaN : Number(text), value);
    case "names":
      return checked([...new Set(text.split(",").map((name) => name.trim()))], value);
    case "text":
      checked(text, value);
      return value.parse === undefined ? text : value.parse(text);
    default:
      return checked(text, value);
  }
}

function checked(given: unknown, value: OptionKind): unknown {
  const fault = faultOf(given, value);
  if (fault !== undefined) throw new InputError(fault);
  return given;
}

/** The rule that a value breaks. */
function faultOf(given: unknown, value: OptionKind): string | undefined {
  switch (value.kind) {
    case "switch":
      return typeof given === "boolean" ? undefined : "Expected true or false.";
    case "whole": {
      const { least, most = Infinity } = value;
      if (Number.isSafeInteger(given) && given as number >= least && given as number <= most) return undefined;
      return `Expected a whole number ${most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`}.`;
    }
    case "number": {
      const { above, least = -Infinity, most = Infinity } = value;
      const lowest = above === undefined ? given as number >= least : given as number > above;
      if (typeof given === "number" && Number.isFinite(given) && lowest && given <= most) return undefined;
      if (above !== undefined) {
        return `Expected a number above ${above}${most === Infinity ? "" : ` and at most ${most}`}.`;
      }
      return most === Infinity
        ? `Expected a number of at least ${least}.`
        : `Expected a number from ${least} to ${most}.`;
    }
    case "text":
      if (value.parse !== undefined && typeof given !== "string") return undefined;
      if (value.repeats && Array.isArray(given)) {
        return given.length > 0 && given.every((one) => faultOf(one, { kind: "text" }) === undefined)
          ? undefined
          : "Expected names or paths.";
      }
      return typeof given === "string" && given.trim() !== "" ? undefined : "Expected a name or a path.";
    case "choice":
      return value.of.includes(given as string) ? undefined : `Expected one of ${value.of.join(", ")}.`;
    case "names": {
      if (!Array.isArray(given) || given.some((name) => typeof name !== "string" || name === "")) {
        return "Expected names between commas.";
      }
      const unknown = (given as string[]).find((name) => value.of?.includes(name) === false);
      return unknown === undefined ? undefined : `'${unknown}' is none of ${value.of?.join(", ")}.`;
    }
  }
}
