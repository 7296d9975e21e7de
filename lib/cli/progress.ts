/**
 * How a command shows a job: results on stdout, everything else on stderr; progress as a bar in a terminal, or as a line
 * every few seconds in a log.
 */
import cliProgress from "cli-progress";
import { printable } from "../files/escape.ts";
import { type Clock, describe, megabytes, pace, type PartProgress, type Report } from "../experiments/report.ts";

export function consoleReport(): Report {
  return {
    line: (text) => console.error(printable(text)),
    result: (text) => console.log(`${printable(text)}\n`),
    progress: (label, total, unit, first = 0) => startProgress(label, total, { unit, first }),
  };
}

export interface ProgressOptions {
  /** Name of a unit, such as `"step"`. The rate is in this unit; `"byte"` is shown as MB. */
  unit: string;
  /** Units that were done before this process started, such as the steps of a resumed run. Default 0. */
  first?: number;
  /** A bar (true) or lines (false). Default: whether stderr is a terminal. */
  terminal?: boolean;
  /** Seconds between lines of a log. Default 5. */
  every?: number;
  /** Writes the lines of a log. Default: stderr. */
  write?: (line: string) => void;
  /** A clock, in seconds. Default: the machine's. */
  now?: () => number;
}

/**
 * Starts to show the progress of a job of `total` units.
 *
 * @example
 * ```ts
 * import { startProgress } from "./progress.ts";
 * const lines: string[] = [];
 * let clock = 0;
 * const shown = startProgress("reading", 4, { unit: "file", terminal: false, write: (line) => lines.push(line), now: () => clock });
 * clock = 10;
 * shown.update(2);
 * if (lines[0] !== "reading  2/4  50 %  0.20 files/s  10 s left") throw new Error(lines[0]);
 * ```
 */
export function startProgress(label: string, total: number, options: ProgressOptions): PartProgress {
  const { terminal = Deno.stderr.isTerminal(), now = () => performance.now() / 1000 } = options;
  const clock = { label, total, unit: options.unit, first: options.first ?? 0, start: now(), now };
  const shown = terminal
    ? bar(clock)
    : log(clock, options.every ?? 5, options.write ?? ((line) => console.error(line)));
  const line = (text: string): void => shown.line(printable(text));
  return { ...shown, line, update: (done, note = "") => shown.update(done, printable(note)) };
}

function log(clock: Clock, every: number, write: (line: string) => void): PartProgress {
  let last = clock.start;
  let pending: string | undefined;
  return {
    update(done, note = ""): void {
      pending = describe(clock, done, note);
      if (clock.now() - last < every) return;
      last = clock.now();
      write(pending);
      pending = undefined;
    },
    line: write,
    stop(): void {
      if (pending !== undefined) write(pending);
      pending = undefined;
    },
  };
}

/** The part of cli-progress that is used; the package ships no types. */
interface Bar {
  start(total: number, value: number, payload: Record<string, string>): void;
  update(value: number, payload: Record<string, string>): void;
  stop(): void;
}

function bar(clock: Clock): PartProgress {
  const SingleBar = (cliProgress as unknown as { SingleBar: new (options: object) => Bar }).SingleBar;
  const shown = new SingleBar({
    format: clock.unit === "byte"
      ? "{label} [{bar}] {percentage} % of {size} MB  {rate}  {left}  {note}"
      : "{label} [{bar}] {value}/{total}  {rate}  {left}  {note}",
    barCompleteChar: "#",
    barIncompleteChar: "-",
    barsize: 24,
    fps: 5,
    hideCursor: true,
    linewrap: false,
  });
  const size = megabytes(clock.total);
  const payload = { label: clock.label, size, rate: "", left: "", note: "" };
  shown.start(clock.total, clock.first, payload);
  return {
    update: (done, note = ""): void => shown.update(done, { label: clock.label, size, ...pace(clock, done), note }),
    line: (text): void => console.error(`\r\x1b[K${text}`),
    stop: (): void => shown.stop(),
  };
}
