import assert from "node:assert/strict";
import { isAbsolute, join } from "@std/path";
import { InputError } from "../../lib/errors.ts";
import { fromProject, inProject, projectFolder } from "../../lib/notebook/project.ts";
import { inFolder } from "../helpers.ts";

/** Works in another folder for a while. */
async function elsewhere(use: (folder: string) => Promise<void>): Promise<void> {
  const before = Deno.cwd();
  await inFolder(async (folder) => {
    try {
      Deno.chdir(folder);
      await use(await Deno.realPath(folder));
    } finally {
      Deno.chdir(before);
    }
  });
}

Deno.test("the project is the folder of deno.json, wherever a kernel runs", async () => {
  await elsewhere(async (folder) => {
    const { name } = JSON.parse(await Deno.readTextFile(fromProject("deno.json")));
    assert.equal(name, "@brewclip/brewclip");
    assert.ok(isAbsolute(fromProject("runs")));
    assert.equal(fromProject(join(folder, "x")), join(folder, "x"), "an absolute path stays as it is");
    assert.equal(await inProject(() => Deno.cwd()), await Deno.realPath(projectFolder()));
    assert.equal(await Deno.realPath(Deno.cwd()), folder);
  });
});

Deno.test("the working directory is restored after errors too, and after the last of several calls", async () => {
  await elsewhere(async (folder) => {
    await assert.rejects(inProject(() => Promise.reject(new Error("no"))), /no/);
    assert.equal(await Deno.realPath(Deno.cwd()), folder);
    const { promise, resolve } = Promise.withResolvers<void>();
    const long = inProject(async () => {
      await promise;
      return Deno.cwd();
    });
    await inProject(async () => await inProject(() => {}));
    assert.equal(await Deno.realPath(Deno.cwd()), await Deno.realPath(projectFolder()), "the long work goes on");
    resolve();
    assert.equal(await long, await Deno.realPath(projectFolder()));
    assert.equal(await Deno.realPath(Deno.cwd()), folder);
  });
});

Deno.test("a library from a server has no project", () => {
  assert.throws(
    () => projectFolder("https://example.org/brewclip/lib/notebook/project.ts"),
    (error: unknown) => error instanceof InputError && error.message.includes("https://example.org"),
  );
});
