import assert from "node:assert/strict";
import { Command } from "commander";
import { addOptions } from "../lib/cli/options.ts";
import { type OptionTable, parseOption } from "../lib/options.ts";

const TABLE: OptionTable = {
  run: { flags: "--run <folders>", help: "runs", value: { kind: "names" }, conflicts: ["preset"] },
  preset: { flags: "--preset <name>", help: "settings", value: { kind: "choice", of: ["a", "b"] }, unset: "a" },
  k: { flags: "--k <n>", help: "a hit", value: { kind: "whole", least: 1 }, default: 5 },
  rate: { flags: "--lr <rate>", help: "rate", value: { kind: "number", above: 0 } },
  cache: { flags: "--no-cache", help: "store nothing", value: { kind: "switch" } },
  resume: { flags: "--resume [folder]", help: "continue", value: { kind: "text" } },
};

function parsed(...args: string[]): Command {
  const command = new Command("try").exitOverride().configureOutput({ writeErr() {} });
  return addOptions(command, TABLE).parse(args, { from: "user" });
}

Deno.test("values are read by their kind, and a broken rule is named", () => {
  assert.equal(parseOption(" 3 ", { kind: "whole", least: 1 }), 3);
  assert.deepEqual(parseOption("b, a,b", { kind: "names", of: ["a", "b"] }), ["b", "a"]);
  for (
    const [text, value, rule] of [
      ["", { kind: "whole", least: 2 }, /whole number of at least 2/],
      ["70000", { kind: "whole", least: 0, most: 65535 }, /whole number from 0 to 65535/],
      ["2", { kind: "number", above: 0, most: 1 }, /above 0 and at most 1/],
      ["1e400", { kind: "number", above: 0 }, /above 0/],
      ["2", { kind: "number", least: 0, most: 1 }, /from 0 to 1/],
      ["-1", { kind: "number", least: 0 }, /at least 0/],
      [" ", { kind: "text" }, /a name or a path/],
      ["c", { kind: "choice", of: ["a", "b"] }, /one of a, b/],
      ["a,", { kind: "names" }, /names between commas/],
      ["a,c", { kind: "names", of: ["a", "b"] }, /'c' is none of a, b/],
    ] as const
  ) assert.throws(() => parseOption(text, value), { name: "InputError", message: rule });
});

Deno.test("a command has the table's options; a repeated option adds its names", () => {
  const command = parsed("--run", "a,b", "--run", "c", "--lr", "0.1", "--no-cache", "--resume");
  assert.deepEqual(command.opts(), { run: ["a", "b", "c"], k: 5, rate: 0.1, cache: false, resume: true });
  assert.match(parsed().helpInformation(), /settings \(default: a\) \(choices: "a", "b"\)/);
  assert.throws(() => parsed("--run", "a", "--preset", "b"), /cannot be used with option '--preset/);
  assert.throws(() => parsed("--preset", "c"), /Allowed choices are a, b/);
  assert.throws(() => parsed("--lr", "0"), /'--lr <rate>' argument '0' is invalid. Expected a number above 0/);
});
