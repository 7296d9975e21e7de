/** Help that several tests share. */

/** Runs an action with a temporary folder, which is removed afterwards. */
export async function inFolder(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * The derivative of a naive function along a random direction of one of its inputs, by a central difference in double
 * precision, and what a gradient says of it.
 */
export function alongRandomDirection(
  entry: { data: ArrayLike<number> },
  gradient: ArrayLike<number>,
  naive: () => number,
  normal: () => number,
): { direction: number[]; actual: number; expected: number } {
  const old = entry.data;
  const direction = Array.from(old, normal);
  const at = (step: number): number => {
    entry.data = Array.from(old, (value, i) => value + step * direction[i]!);
    return naive();
  };
  const expected = (at(1e-5) - at(-1e-5)) / 2e-5;
  entry.data = old;
  return { direction, actual: direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0), expected };
}
