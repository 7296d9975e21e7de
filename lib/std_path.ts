/**
 * Paths, under the name `@std/path`, without a network: the functions that this project uses of `jsr:@std/path`, taken
 * from `node:path`, which has the same ones. Where JSR can be reached, map `@std/path` to `jsr:@std/path@^1` instead.
 *
 * @module
 */
export { basename, dirname, extname, isAbsolute, join, normalize, relative, resolve } from "node:path";
