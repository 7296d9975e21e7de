import assert from "node:assert/strict";
import { join } from "@std/path";
import { loadFlickr8k } from "../../lib/data/flickr8k.ts";
import { withFiles } from "./files.ts";

const FILES = {
  "Images/a.jpg": "",
  "Flickr8k.token.txt":
    "a.jpg#0\tA dog runs .\na.jpg#1\tDogs !\r\nb.jpg#0\tTwo men .\nc.jpg#0\tNo split .\nx.jpg.1#0\tBroken name .\n",
  "Flickr_8k.trainImages.txt": "a.jpg\n",
  "Flickr_8k.devImages.txt": "b.jpg\n",
  "Flickr_8k.testImages.txt": "d.jpg\n\n",
  "flickr_audio/wav2capt.txt": "a_0.wav a.jpg #0\na_1.wav a.jpg #1\nb_0.opus b.jpg #0\nc_0.wav c.jpg #0\n",
  "flickr_audio/wav2spk.txt": "a_0.wav 12\nb_0.opus 7\n",
};

Deno.test("loadFlickr8k reads the published layout", async () => {
  await withFiles(FILES, async (root) => {
    const pairs = await loadFlickr8k(root);
    assert.deepEqual(pairs.map(({ id, split, text, speaker }) => [id, split, text, speaker]), [
      ["a_0", "train", "A dog runs .", "12"],
      ["a_1", "train", "Dogs !", ""],
      ["b_0", "dev", "Two men .", "7"],
    ]);
    assert.equal(pairs[2]?.audio, join(root, "flickr_audio", "wavs", "b_0.opus"));
    assert.equal(pairs[2]?.image, join(root, "Images", "b.jpg"));
    assert.equal(pairs[0]?.imageId, pairs[1]?.imageId);
  });
});

Deno.test("loadFlickr8k accepts the other image folder and unknown speakers", async () => {
  const { "Images/a.jpg": _, "flickr_audio/wav2spk.txt": __, ...rest } = FILES;
  await withFiles({ ...rest, "Flicker8k_Dataset/a.jpg": "" }, async (root) => {
    const [pair] = await loadFlickr8k(root);
    assert.equal(pair?.image, join(root, "Flicker8k_Dataset", "a.jpg"));
    assert.equal(pair?.speaker, "");
  });
});

Deno.test("loadFlickr8k names file and line of what is wrong", async () => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ "Flickr8k.token.txt": "a.jpg no number\n" }, /Flickr8k\.token\.txt:1 as a line must be/],
    [{ "flickr_audio/wav2capt.txt": "a_0.wav a.jpg #0\n\na_1.wav a.jpg\n" }, /wav2capt\.txt:3 as a line must be/],
    [
      { "flickr_audio/wav2capt.txt": Array.from({ length: 11 }, (_, i) => `a_${i}.wav a.jpg #${i + 2}\n`).join("") },
      /11 of 11 have none, first .*wav2capt\.txt:1\. Fetch/,
    ],
    [
      { "flickr_audio/wav2capt.txt": "a_0.wav a.jpg #0\na_0.wav a.jpg #1\n" },
      /:2 as 'a_0\.wav' must have one caption: it goes with 'a\.jpg#1' here, with 'a\.jpg#0' in .*:1/,
    ],
    [{ "flickr_audio/wav2capt.txt": "../../secret.wav a.jpg #0\n" }, /'\.\.\/\.\.\/secret\.wav' .*leaves the data set/],
    [{ "flickr_audio/wav2capt.txt": "/etc/secret.wav a.jpg #0\n" }, /leaves the data set/],
    [
      { "Flickr_8k.devImages.txt": "a.jpg\n" },
      /devImages\.txt:1 as 'a\.jpg' must be in one split only: it is in train/,
    ],
    [{ "flickr_audio/wav2spk.txt": "a_0.wav\n" }, /wav2spk\.txt:1 as a line must be/],
    [{ "flickr_audio/wav2capt.txt": "c_0.wav c.jpg #0\n" }, /list 0 recordings/],
  ];
  for (const [change, message] of wrong) {
    await withFiles({ ...FILES, ...change }, async (root) => {
      await assert.rejects(loadFlickr8k(root), { name: "InputError", message });
    });
  }
});

Deno.test("loadFlickr8k names what is missing", async () => {
  await withFiles({}, (root) => assert.rejects(loadFlickr8k(root), /no 'Images' or 'Flicker8k_Dataset'/));
  await withFiles(
    { "Images/a.jpg": "" },
    (root) =>
      assert.rejects(
        loadFlickr8k(root),
        /no 'Flickr8k\.token\.txt' or .*: check the folder; 'deno task data get flickr8k' lists what to fetch/,
      ),
  );
});
