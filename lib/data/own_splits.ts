/**
 * The splits of data of one's own: as their lines say, or a cut that is the same on every machine.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { hash } from "../random.ts";
import type { Oddity } from "./oddities.ts";
import type { Split } from "./pair.ts";

/** A line whose split is wanted. */
export interface SplitLine {
  /** Lines of one group (a picture, a speaker) come into the same split. */
  group: string;
  /** The split that the line names, if any. */
  named: string | undefined;
  /** `file:line`. */
  where: string;
}

/** Part of the groups that is cut off for dev, and for test. */
const PART = 0.1;

const NAMES: Record<string, Split> = {
  train: "train",
  dev: "dev",
  val: "dev",
  valid: "dev",
  validation: "dev",
  test: "test",
};

/**
 * Gives each line its split. Where no line names one, 10 % of the groups (rounded, at least one) are test, 10 % dev, by a hash
 * of the group's name; where all name one but none is dev, 10 % of the train groups become dev.
 *
 * @returns a split a line, in their order
 * @throws {InputError} where only some lines name a split, a name is unknown, a group is in two splits (names both lines), or
 * there are fewer than 3 groups to cut.
 */
export function splitLines(lines: readonly SplitLine[], what: string, onOddity: (oddity: Oddity) => void): Split[] {
  const bare = lines.find(({ named }) => named === undefined);
  const telling = lines.find(({ named }) => named !== undefined);
  if (bare && telling) {
    throw new InputError(
      `Cannot read ${bare.where} as all lines or none must have a 'split': it has none, ${telling.where} has ` +
        `'${telling.named}'. Fill in all of them, or leave the column out.`,
    );
  }
  const splits = telling ? namedSplits(lines, what) : cut(lines, what);
  const told = { where: lines[0]?.where ?? "", value: "split" };
  if (!telling) onOddity({ kind: `data without splits, cut by ${what} into train, dev and test`, ...told });
  else if (addDev(splits)) onOddity({ kind: `data without a dev split, cut from train by ${what}`, ...told });
  return lines.map(({ group }) => splits.get(group) as Split);
}

function namedSplits(lines: readonly SplitLine[], what: string): Map<string, Split> {
  const splits = new Map<string, Split>();
  const first = new Map<string, string>();
  for (const { group, named = "", where } of lines) {
    const split = Object.hasOwn(NAMES, named.toLowerCase()) ? NAMES[named.toLowerCase()] : undefined;
    if (split === undefined) {
      throw new InputError(`Cannot read ${where} as 'split' must be train, dev (or val) or test: it is '${named}'.`);
    }
    const other = splits.get(group);
    if (other !== undefined && other !== split) {
      throw new InputError(
        `Cannot read ${where} as ${what} '${group}' must be in one split only: it is in ${split} here and in ${other} in ` +
          `${first.get(group)}. Put all of its lines into one.`,
      );
    }
    if (other === undefined) first.set(group, where);
    splits.set(group, split);
  }
  return splits;
}

function cut(lines: readonly SplitLine[], what: string): Map<string, Split> {
  const groups = ranked(lines.map(({ group }) => group));
  if (groups.length < 3) {
    throw new InputError(
      `Cannot cut ${lines[0]?.where ?? "the data"} and what follows into train, dev and test as it takes 3 different ` +
        `values of ${what}: there are ${groups.length}. Add more, or a column 'split'.`,
    );
  }
  const part = Math.max(1, Math.round(PART * groups.length));
  return new Map(groups.map((group, i) => [group, i < part ? "test" : i < 2 * part ? "dev" : "train"]));
}

/** Makes a tenth of the train groups dev, where there is no dev and more than one train group. */
function addDev(splits: Map<string, Split>): boolean {
  const train = [...splits.keys()].filter((group) => splits.get(group) === "train");
  if (train.length < 2 || [...splits.values()].includes("dev")) return false;
  for (const group of ranked(train).slice(0, Math.max(1, Math.round(PART * train.length)))) splits.set(group, "dev");
  return true;
}

/** Different groups in an order that looks random and does not depend on the order of the lines. */
function ranked(groups: Iterable<string>): string[] {
  const placed = [...new Set(groups)].map((group) => ({ group, place: hash(`${group}:split`) }));
  placed.sort((a, b) => a.place - b.place || (a.group < b.group ? -1 : 1));
  return placed.map(({ group }) => group);
}
