/** The largest memory that this process had, in MB; 0 where the system does not tell. */
export function peakMemory(): number {
  if (Deno.build.os !== "linux") return 0;
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${Deno.pid}/status`] }).outputSync();
  return Number(/VmHWM:\s+(\d+) kB/.exec(new TextDecoder().decode(stdout))?.[1]) / 1024;
}
