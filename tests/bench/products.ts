/** The matrix products of an action, and the time of the same products alone: what arithmetic costs at least. */
import { chooseBlas } from "../../lib/runtime/wasm/matrix_product.ts";

/** The products of an action by a native BLAS. */
export interface Products {
  count: number;
  /** Operations: 2 m n k each. */
  operations: number;
  /** Their time within the action. */
  seconds: number;
  /** The time of plain products of the same sizes, measured afterwards. */
  floor: number;
}

type Sgemm = (...values: unknown[]) => void;

/** Runs an action and measures its products; undefined without a BLAS library. */
export async function measureProducts(action: () => unknown): Promise<Products | undefined> {
  const sizes = new Map<string, { values: unknown[]; count: number }>();
  const found: Products = { count: 0, operations: 0, seconds: 0, floor: 0 };
  let plain: Sgemm | undefined;
  const { dlopen } = Deno;
  // deno-lint-ignore no-explicit-any
  const watched = (path: string | URL, wanted: any) => {
    const library = dlopen(path, wanted);
    const sgemm = plain = (library.symbols as Record<string, Sgemm>)["cblas_sgemm"]!;
    const cblas_sgemm: Sgemm = (...values) => {
      const start = performance.now();
      sgemm(...values);
      found.seconds += (performance.now() - start) / 1000;
      const [, ta, tb, m, n, k, , , lda, , ldb, , , ldc] = values as number[];
      const key = [ta, tb, m, n, k, lda, ldb, ldc].join();
      const known = sizes.get(key) ?? { values, count: 0 };
      sizes.set(key, { values, count: known.count + 1 });
      found.count++;
      found.operations += 2 * m! * n! * k!;
    };
    return { ...library, symbols: { cblas_sgemm } };
  };
  Object.assign(Deno, { dlopen: watched });
  try {
    if (chooseBlas(true) === undefined) return undefined;
    await action();
  } finally {
    Object.assign(Deno, { dlopen });
    chooseBlas(true);
  }
  const noise = (rows: number, width: number) =>
    new Uint8Array(Float32Array.from({ length: rows * width }, Math.random).buffer);
  for (const { values, count } of sizes.values()) {
    const [order, ta, tb, m, n, k, , , lda, , ldb, , , ldc] = values as number[];
    const a = noise(ta === PLAIN ? m! : k!, lda!), b = noise(tb === PLAIN ? k! : n!, ldb!), c = noise(m!, ldc!);
    const product = () => plain!(order, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
    product(); // warm
    const start = performance.now();
    for (let i = 0; i < count; i++) product();
    found.floor += (performance.now() - start) / 1000;
  }
  return found;
}

const PLAIN = 111;
