import assert from "node:assert/strict";
import { join } from "@std/path";
import { enterProject } from "../../lib/notebook/enter_project.ts";
import { InputError } from "../../lib/errors.ts";
import { inFolder } from "../helpers.ts";

Deno.test("a notebook works where deno.json, data and runs are", async () => {
  const before = Deno.cwd();
  await inFolder(async (elsewhere) => {
    try {
      Deno.chdir(elsewhere);
      const folder = enterProject();
      assert.equal(await Deno.realPath(Deno.cwd()), await Deno.realPath(folder));
      const { name } = JSON.parse(await Deno.readTextFile("deno.json"));
      assert.equal(name, "@brewclip/brewclip");
      assert.equal(enterProject(), folder, "the cell can be run again");
    } finally {
      Deno.chdir(before);
    }
  });
});

Deno.test("a library from a server has no project to enter; one elsewhere on this machine has its own", async () => {
  assert.throws(
    () => enterProject("https://example.org/brewclip/lib/notebook/enter_project.ts"),
    (error: unknown) => error instanceof InputError && error.message.includes("https://example.org"),
  );
  const before = Deno.cwd();
  await inFolder(async (elsewhere) => {
    await Deno.mkdir(join(elsewhere, "lib", "notebook"), { recursive: true });
    try {
      const module = new URL(`file://${elsewhere}/lib/notebook/enter_project.ts`).href;
      assert.equal(await Deno.realPath(enterProject(module)), await Deno.realPath(elsewhere));
    } finally {
      Deno.chdir(before);
    }
  });
});
