/** Finding Jupyter and its kernel, and what is said where they are missing. */
import assert from "node:assert/strict";
import { join } from "@std/path";
import { findJupyter, installCommands, toolPath } from "../../lib/notebook/jupyter/find_jupyter.ts";
import { inFolder } from "../helpers.ts";
import { jupyterTest } from "./jupyter.ts";

Deno.test("without a Python, the commands that install Jupyter are named", async () => {
  await assert.rejects(
    findJupyter([["nbclient", "nbconvert"], ["notebook"]], ["no-such-python", "neither/this-one"]),
    (error: Error) => {
      assert.match(error.message, /^Cannot use Jupyter as no Python 3 was found/);
      for (const command of installCommands(["nbclient", "nbconvert"])) assert.ok(error.message.includes(command));
      return true;
    },
  );
});

Deno.test("each system has its commands", () => {
  assert.match(
    installCommands(["nbclient", "nbconvert"], "linux")[0]!,
    /apt-get install python3-nbclient python3-nbconvert/,
  );
  assert.match(installCommands(["jupyterlab"], "darwin")[0]!, /brew install jupyterlab/);
  assert.match(installCommands(["jupyterlab"], "windows")[0]!, /py -m pip install jupyterlab/);
});

jupyterTest(
  "the kernel is installed where it is missing, kept where it works, renewed where its Deno is gone",
  (python) =>
    inFolder(async (home) => {
      const tell = async (): Promise<Record<string, string>> => {
        const { success, stdout, stderr } = await new Deno.Command(python, {
          args: [toolPath("ensure_kernel.py"), Deno.execPath()],
          env: { HOME: home, JUPYTER_DATA_DIR: join(home, "data"), JUPYTER_PATH: "" },
        }).output();
        assert.ok(success, new TextDecoder().decode(stderr));
        const told = JSON.parse(new TextDecoder().decode(stdout));
        return { ...told, executable: await Deno.realPath(told.executable) };
      };
      assert.deepEqual(await tell(), { kernel: "installed", executable: Deno.execPath() });
      assert.deepEqual(await tell(), { kernel: "there", executable: Deno.execPath() });
      const spec = (await new Deno.Command("find", { args: [home, "-name", "kernel.json"] }).output()).stdout;
      const path = new TextDecoder().decode(spec).trim();
      const kernel = JSON.parse(await Deno.readTextFile(path));
      kernel.argv[0] = "/gone/deno";
      await Deno.writeTextFile(path, JSON.stringify(kernel));
      assert.deepEqual(await tell(), { kernel: "renewed", executable: Deno.execPath() });
    }),
);
