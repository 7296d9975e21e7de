// The page's script: asks the server by words, a recording or an image, and shows the answer.

const element = (id) => document.getElementById(id);
const [words, label, speak, speakLabel] = ["words", "words-label", "speak", "speak-label"].map(element);
const [status, error, asked, found, results] = ["status", "error", "asked", "found", "results"].map(element);

/** Milliseconds: a longer press ends with the finger, a shorter one starts a recording that the next press ends. */
const HOLD = 350;
/** Milliseconds: the server refuses recordings of more than two minutes. */
const LONGEST = 110_000;
/** Milliseconds after which a search is called slow. */
const SLOW = 4000;

function say(text) {
  status.textContent = text;
}

function fail(text) {
  error.textContent = text;
  error.hidden = text === "";
  if (text === "") return;
  say("");
  error.scrollIntoView({ block: "nearest" });
}

function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Searching. A new search replaces the one that runs.

let running;

/** Shows an error of a search, without the images of the search before. */
function failSearch(text) {
  found.hidden = true;
  fail(text);
}

/** Searches with words, or with a file that has a name. */
async function search(body, { name, type } = {}) {
  running?.abort();
  const mine = running = new AbortController();
  fail("");
  say(name === undefined ? "Searching…" : `Reading ${name} and searching…`);
  found.setAttribute("aria-busy", "true");
  const slow = setTimeout(() => say("Still searching: the model is slow, or busy with another search."), SLOW);
  try {
    const response = await fetch(name === undefined ? "/search" : `/search?name=${encodeURIComponent(name)}`, {
      method: "POST",
      headers: { "content-type": type || "application/octet-stream" },
      body,
      signal: mine.signal,
    });
    const answer = await response.json();
    if (running !== mine) return;
    if (response.ok) show(answer);
    else failSearch(answer.error);
  } catch (reason) {
    if (running !== mine) return;
    if (reason.name === "AbortError") say("");
    else {
      failSearch("The server does not answer: it was stopped. Start it again with deno task serve, then search again.");
    }
  } finally {
    clearTimeout(slow);
    if (running === mine) found.removeAttribute("aria-busy");
  }
}

function show({ kind, transcript, seconds, matches }) {
  if (kind === "image" || (kind === "speech" && transcript === undefined)) words.value = "";
  if (transcript !== undefined) words.value = transcript.trim();
  label.textContent = transcript === undefined ? "Words" : "Transcript: edit it and search again";
  results.replaceChildren(...matches.map(card));
  found.hidden = matches.length === 0;
  const count = matches.length === 1 ? "1 image" : `${matches.length} images`;
  const best = matches.length === 0
    ? ""
    : ` The best is ${matches[0].path}, with a score of ${matches[0].score.toFixed(3)}.`;
  const silent = transcript !== undefined && transcript.trim() === "" ? " No words were recognized." : "";
  say(`${count} in ${seconds.toFixed(2)} s.${silent}${best}`);
  if (!found.hidden && found.getBoundingClientRect().top > innerHeight - 200) status.scrollIntoView(); // on a phone
}

function card({ id, path, score }) {
  const image = make("img", { src: `/image/${id}/small`, alt: path });
  image.addEventListener("error", () => {
    image.replaceWith(make("span", { className: "gone" }, "This image cannot be shown: it was changed or removed."));
  });
  const link = make("a", { href: `/image/${id}/large`, target: "_blank", rel: "noopener" }, image);
  return make(
    "li",
    {},
    link,
    make("p", {}, make("b", {}, score.toFixed(3)), " ", make("span", { title: path }, make("bdi", {}, path))),
  );
}

// What was asked: a recording can be played again, an image is shown.

let shownUrl;

/** Shows a file above the results and searches with it. */
async function searchWith(file, { name = file.name, play = false } = {}) {
  URL.revokeObjectURL(shownUrl);
  shownUrl = URL.createObjectURL(file);
  const isImage = file.type.startsWith("image/");
  const shown = isImage
    ? make("img", { src: shownUrl, alt: `your image ${name}` })
    : make("audio", { src: shownUrl, controls: true });
  if (!isImage) shown.setAttribute("aria-label", `your recording ${name}`);
  shown.addEventListener("error", () => shown.remove()); // a format that the server reads and the browser does not
  asked.replaceChildren(shown);
  asked.hidden = false;
  if (play) shown.play().catch(() => {});
  await search(file, { name, type: file.type });
}

element("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = words.value.trim();
  if (text === "") {
    fail("Type some words, or hold the button and speak.");
    words.focus();
    return;
  }
  asked.hidden = true;
  search(text);
});

element("file").addEventListener("change", ({ target }) => {
  const [file] = target.files;
  if (file !== undefined) searchWith(file);
  target.value = "";
});

for (const button of document.querySelectorAll("[data-example]")) {
  button.addEventListener("click", async () => {
    try {
      const response = await fetch(`/example/${button.dataset.example}`);
      if (!response.ok) return fail("This example cannot be read: its file was removed.");
      await searchWith(await response.blob(), { name: button.dataset.name, play: true });
    } catch {
      fail("The server does not answer: it was stopped. Start it again with deno task serve, then try again.");
    }
  });
}

// Dropping. `dragenter` and `dragleave` are sent for every element that the pointer crosses.

let depth = 0;

function drag(change) {
  depth = change === 0 ? 0 : depth + change;
  document.body.classList.toggle("dropping", depth > 0);
}

addEventListener("dragenter", () => drag(1));
addEventListener("dragleave", () => drag(-1));
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  drag(0);
  const [file] = event.dataTransfer.files;
  if (file === undefined) fail("Drop the file of a recording or of an image: this was neither.");
  else searchWith(file);
});

// Speaking.

/** `undefined`, "starting", or the recorder. */
let recorder;
let pressedAt = 0;

function showRecording(text, pressed) {
  speakLabel.textContent = text;
  speak.setAttribute("aria-pressed", String(pressed));
}

function press() {
  if (recorder !== undefined) return stop();
  pressedAt = performance.now();
  start();
}

function release() {
  if (recorder !== undefined && performance.now() - pressedAt > HOLD) stop();
}

async function start() {
  fail("");
  if (navigator.mediaDevices?.getUserMedia === undefined) {
    return fail("Browsers record on this machine (localhost) only, or by https: type words, or choose a recording.");
  }
  recorder = "starting";
  showRecording("Starting…", true);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (reason) {
    recorder = undefined;
    showRecording("Hold to speak", false);
    return fail(
      reason.name === "NotAllowedError"
        ? "The microphone is not allowed: allow it for this page in the browser, type words, or choose a recording."
        : "No microphone was found: connect one, type words, or choose a recording.",
    );
  }
  const end = () => stream.getTracks().forEach((track) => track.stop());
  if (recorder !== "starting") { // the finger went up while the browser asked for permission
    end();
    return say("The microphone is ready: hold the button while you speak.");
  }
  const type = ["audio/webm;codecs=opus", "audio/mp4"].find((one) => MediaRecorder.isTypeSupported(one));
  const parts = [];
  recorder = new MediaRecorder(stream, type === undefined ? {} : { mimeType: type });
  const limit = setTimeout(stop, LONGEST);
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  recorder.addEventListener("stop", ({ target }) => {
    clearTimeout(limit);
    end();
    searchWith(new Blob(parts, { type: target.mimeType.replace(/;.*/, "") }), { name: "recording" });
  });
  recorder.start();
  showRecording("Recording… release or press to search", true);
}

function stop() {
  if (recorder instanceof MediaRecorder) recorder.stop();
  recorder = undefined;
  showRecording("Hold to speak", false);
}

speak.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  speak.setPointerCapture(event.pointerId);
  press();
});
speak.addEventListener("pointerup", release);
speak.addEventListener("pointercancel", release);
speak.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press on a phone
speak.addEventListener("click", (event) => {
  if (event.detail === 0 && event.pointerType !== "mouse" && event.isTrusted && !keyHeld) press(); // a screen reader
});

let keyHeld = false;

/** The space bar speaks, unless it types or presses something else; Enter speaks on the button. */
function speaks({ key, target }) {
  if (target === speak) return key === " " || key === "Enter";
  return key === " " && target.closest("input, textarea, select, button, a, audio, summary") === null;
}

addEventListener("keydown", (event) => {
  if (!speaks(event) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  if (event.repeat || keyHeld) return;
  keyHeld = true;
  press();
});
addEventListener("keyup", (event) => {
  if (!keyHeld || !(event.key === " " || event.key === "Enter")) return;
  event.preventDefault();
  keyHeld = false;
  release();
});
addEventListener("blur", () => {
  keyHeld = false;
  release();
});
