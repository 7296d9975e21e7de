/**
 * `@std/path` without a network: the functions of `jsr:@std/path` that this project uses, from `node:path`. With access to
 * JSR, `@std/path` can be mapped to `jsr:@std/path@^1` instead.
 */

export { basename, dirname, extname, isAbsolute, join, normalize, relative, resolve } from "node:path";
