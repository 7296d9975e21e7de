import assert from "node:assert/strict";
import { join } from "@std/path";
import { exists } from "../../lib/files/read.ts";
import type { Checksum } from "../../lib/hub/transfer.ts";
import { transfer, TransferError } from "../../lib/hub/transfer.ts";
import { inFolder } from "../helpers.ts";
import { digestByProgram, noise, serveFiles } from "./file_server.ts";

const BYTES = noise(3_000_000, 1);
const quick = { pause: 1 };

async function sha256(): Promise<Checksum> {
  return { algorithm: "sha256", digits: await digestByProgram("sha256sum", BYTES) };
}

Deno.test("a file arrives whole, with its checksum compared", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  await inFolder(async (folder) => {
    const file = join(folder, "deep", "a.bin");
    const done: number[] = [];
    const totals = new Set<number | undefined>();
    const checksum = await sha256();
    const result = await transfer({ url: `${server.address}/a.bin`, file, size: BYTES.length, checksum }, {
      ...quick,
      progress: (bytes, total) => {
        done.push(bytes);
        totals.add(total);
      },
    });
    assert.deepEqual([...totals], [BYTES.length]);
    assert.deepEqual(result, { bytes: BYTES.length, checked: true });
    assert.deepEqual(await Deno.readFile(file), BYTES);
    assert.equal(done.at(-1), BYTES.length);
    assert.deepEqual(done, done.toSorted((a, b) => a - b));
    assert.deepEqual(await names(join(folder, "deep")), ["a.bin"]);
  });
});

Deno.test("a transfer that breaks off is continued by a range, not begun again", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  server.faults.set("/a.bin", [{ kind: "cut", bytes: 1_000_000 }, { kind: "cut", bytes: 500_000 }]);
  await inFolder(async (folder) => {
    const file = join(folder, "a.bin");
    const lines: string[] = [];
    const checksum = await sha256();
    await transfer({ url: `${server.address}/a.bin`, file, size: BYTES.length, checksum }, {
      ...quick,
      tell: (line) => lines.push(line),
    });
    assert.deepEqual(await Deno.readFile(file), BYTES);
    assert.equal(server.seen.length, 3);
    assert.equal(server.seen[0]!.range, null);
    const starts = server.seen.slice(1).map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? "")![1]));
    assert.ok(starts[0]! > 0 && starts[0]! <= 1_000_000, `continued at ${starts}`);
    assert.ok(starts[1]! > starts[0]! && starts[1]! <= 1_500_000, `continued at ${starts}`);
    assert.equal(lines.length, 2);
    assert.match(lines[0]!, /trying again in/);
  });
});

Deno.test("what an earlier run left is continued, with and without a checksum", async () => {
  for (const checksum of [await sha256(), undefined]) {
    await using server = serveFiles({ "/a.bin": BYTES });
    server.faults.set("/a.bin", [{ kind: "cut", bytes: 1_200_000 }]);
    await inFolder(async (folder) => {
      const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin"), checksum };
      await assert.rejects(transfer(wanted, { ...quick, attempts: 1 }), TransferError);
      assert.ok(!await exists(wanted.file));
      const left = (await Deno.stat(`${wanted.file}.incomplete`)).size;
      assert.ok(left > 0 && left <= 1_200_000);
      await transfer(wanted, quick);
      assert.deepEqual(await Deno.readFile(wanted.file), BYTES);
      assert.equal(server.seen.at(-1)!.range, `bytes=${left}-`);
      assert.equal(server.seen.at(-1)!.status, 206);
      assert.deepEqual(await names(folder), ["a.bin"]);
    });
  }
});

Deno.test("without a checksum, a part of an older version is not continued", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  server.faults.set("/a.bin", [{ kind: "cut", bytes: 1_200_000 }]);
  await inFolder(async (folder) => {
    const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin") };
    await assert.rejects(transfer(wanted, { ...quick, attempts: 1 }), TransferError);
    const newer = noise(2_500_000, 2);
    server.files.set("/a.bin", newer);
    await transfer(wanted, quick);
    assert.deepEqual(await Deno.readFile(wanted.file), newer);
  });
});

Deno.test("a corrupted file is fetched once more; one that stays wrong is refused and not kept", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  const checksum = await sha256();
  await inFolder(async (folder) => {
    const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin"), size: BYTES.length, checksum };
    server.faults.set("/a.bin", [{ kind: "corrupt" }]);
    await transfer(wanted, quick);
    assert.deepEqual(await Deno.readFile(wanted.file), BYTES);

    await Deno.remove(wanted.file);
    server.faults.set("/a.bin", [{ kind: "corrupt" }, { kind: "corrupt" }]);
    await assert.rejects(transfer(wanted, quick), (error: Error) => {
      assert.ok(error instanceof TransferError);
      assert.match(error.message, /^Cannot use 'http.*' as its SHA-256 is [0-9a-f]{64}: [0-9a-f]{64} is published/);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
    assert.deepEqual(await names(folder), []);
  });
});

Deno.test("a part with wrong bytes, such as of a crash, is found by the checksum and fetched anew", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  await inFolder(async (folder) => {
    const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin"), size: BYTES.length };
    await Deno.writeFile(`${wanted.file}.incomplete`, noise(2_000_000, 9));
    await transfer({ ...wanted, checksum: await sha256() }, quick);
    assert.deepEqual(await Deno.readFile(wanted.file), BYTES);
    await Deno.remove(wanted.file);
    await Deno.writeFile(`${wanted.file}.incomplete`, noise(BYTES.length + 7, 9)); // longer than the file
    await transfer({ ...wanted, checksum: await sha256() }, quick);
    assert.deepEqual(await Deno.readFile(wanted.file), BYTES);
  });
});

Deno.test("a server that knows no ranges is served from the start", async () => {
  await using server = serveFiles({ "/a.bin": BYTES }, { ranges: false });
  server.faults.set("/a.bin", [{ kind: "cut", bytes: 700_000 }]);
  await inFolder(async (folder) => {
    const file = join(folder, "a.bin");
    await transfer({ url: `${server.address}/a.bin`, file, size: BYTES.length, checksum: await sha256() }, quick);
    assert.deepEqual(await Deno.readFile(file), BYTES);
  });
});

Deno.test("a part that is whole already is only checked and named", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  await inFolder(async (folder) => {
    const file = join(folder, "a.bin");
    const checksum = await sha256();
    await Deno.writeFile(`${file}.incomplete`, BYTES);
    await transfer({ url: `${server.address}/a.bin`, file, size: BYTES.length, checksum }, quick);
    assert.equal(server.seen.length, 0);
    await Deno.rename(file, `${file}.incomplete`);
    await transfer({ url: `${server.address}/a.bin`, file, checksum }, quick); // the size is not known: the server tells
    assert.equal(server.seen.at(-1)!.status, 416);
    assert.deepEqual(await Deno.readFile(file), BYTES);
  });
});

Deno.test("a busy server is asked again, a dead link is not", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  await inFolder(async (folder) => {
    const file = join(folder, "a.bin");
    server.faults.set("/a.bin", [{ kind: "status", status: 503 }, { kind: "status", status: 429 }]);
    await transfer({ url: `${server.address}/a.bin`, file }, quick);
    assert.deepEqual(server.seen.map(({ status }) => status), [503, 429, 200]);
    for (const [status, words] of [[404, "there is no such file"], [403, "no access"]] as const) {
      server.seen.length = 0;
      server.faults.set("/b.bin", [{ kind: "status", status }]);
      await assert.rejects(
        transfer({ url: `${server.address}/b.bin`, file: join(folder, "b.bin") }, quick),
        (error: Error) => {
          assert.ok(error instanceof TransferError);
          assert.equal(error.status, status);
          assert.match(error.message, new RegExp(`answers ${status} \\(${words}\\)`));
          return true;
        },
      );
      assert.equal(server.seen.length, 1);
    }
  });
});

Deno.test("an unreachable server is reported in one line", async () => {
  const server = serveFiles({});
  const { address } = server;
  await server[Symbol.asyncDispose]();
  await inFolder(async (folder) => {
    await assert.rejects(
      transfer({ url: `${address}/a.bin`, file: join(folder, "a.bin") }, { ...quick, attempts: 2 }),
      (error: Error) => error instanceof TransferError && /connection failed.*refused/i.test(error.message),
    );
  });
});

Deno.test("an aborted transfer throws the reason and leaves a part that is continued", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  server.faults.set("/a.bin", [{ kind: "stall", bytes: 1_000_000 }]);
  await inFolder(async (folder) => {
    const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin"), checksum: await sha256() };
    const controller = new AbortController();
    const reason = new Error("enough");
    const progress = (done: number): void => void (done >= 1_000_000 && controller.abort(reason));
    await assert.rejects(transfer(wanted, { ...quick, signal: controller.signal, progress }), reason);
    assert.equal((await Deno.stat(`${wanted.file}.incomplete`)).size, 1_000_000);
    await transfer(wanted, quick);
    assert.equal(server.seen.at(-1)!.range, "bytes=1000000-");
    assert.deepEqual(await Deno.readFile(wanted.file), BYTES);
  });
});

Deno.test("a server that falls silent is asked again", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  server.faults.set("/a.bin", [{ kind: "stall", bytes: 1_000_000 }]);
  await inFolder(async (folder) => {
    const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin"), checksum: await sha256() };
    const lines: string[] = [];
    await transfer(wanted, { ...quick, silence: 500, tell: (line) => lines.push(line) });
    assert.deepEqual(await Deno.readFile(wanted.file), BYTES);
    assert.equal(server.seen.at(-1)!.range, "bytes=1000000-");
    assert.match(lines[0]!, /a\.bin' has sent nothing for 0\.5 s; trying again/);
  });
});

Deno.test("two that fetch the same file at once fetch it once", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  await inFolder(async (folder) => {
    const wanted = { url: `${server.address}/a.bin`, file: join(folder, "a.bin"), checksum: await sha256() };
    await Promise.all([transfer(wanted, quick), transfer(wanted, quick), transfer(wanted, quick)]);
    assert.equal(server.seen.length, 1);
    assert.deepEqual(await Deno.readFile(wanted.file), BYTES);
  });
});

Deno.test("MD5 and git's checksum are those of md5sum and git", async () => {
  await using server = serveFiles({ "/a.bin": BYTES });
  await inFolder(async (folder) => {
    const url = `${server.address}/a.bin`;
    const md5: Checksum = { algorithm: "md5", digits: await digestByProgram("md5sum", BYTES) };
    assert.ok((await transfer({ url, file: join(folder, "1"), checksum: md5 }, quick)).checked);
    const { stdout } = await new Deno.Command("git", { args: ["hash-object", join(folder, "1")], stdout: "piped" })
      .output();
    const git: Checksum = { algorithm: "git", digits: new TextDecoder().decode(stdout).trim() };
    assert.ok((await transfer({ url, file: join(folder, "2"), checksum: git }, quick)).checked);
  });
});

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}
