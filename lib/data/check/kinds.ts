/**
 * What the words of findings mean.
 *
 * @module
 */

/** The word of an oddity of the index files; the reader's own words stand behind it, after `": "`. */
export const INDEX = "index";

/** A sentence for each word, in the order of a report: first what cannot be used, then what is told only. */
export const KINDS: Readonly<Record<string, string>> = {
  "missing": "The index lists a file that is not there.",
  "empty": "A file of 0 bytes, or a recording of 0 samples.",
  "unknown-format": "A file whose content is of no known sound or picture format.",
  "corrupt": "A file that the decoder refuses.",
  "truncated": "A file that ends before what its header announces, or in the middle of a picture.",
  "not-finite": "A recording with samples that are no numbers.",
  "silent": "A recording of digital silence from beginning to end.",
  "too-large": "A file of more than 1 GiB, or a picture of more pixels than are decoded.",
  "unreadable": "A file that the system does not let be read.",
  "stuck": "A file that was not decoded in the time allowed.",
  "crashed": "A file on which the decoder broke down.",
  [INDEX]: "As the reader of the index files says.",
  "splits-share-image": "Pictures of one id in several splits: what is learned from one is measured on the other.",
  "splits-share-picture": "The same picture content, under several names, in several splits.",
  "splits-share-recording": "The same recording, or its content under several names, in several splits.",
  "same-id": "Several entries of one id.",
  "same-recording": "Several entries of one recording.",
  "same-recording-content": "The same recording content under several names.",
  "same-picture-content": "The same picture content under several names.",
  "too-short": "A recording of less than 0.2 s.",
  "wrong-length":
    "A recording that is shorter than the data set tells by more than 1 s plus 2 %, or longer by more than 5 s plus 10 %.",
  "too-many-words": "More than 8 words a second.",
  "too-few-words": "A recording of 5 s or more with less than one letter in two seconds.",
  "other-channels": "A recording with another number of channels than most.",
  "other-rate": "A recording with another sample rate than most.",
  "clipped": "A recording with a thousandth or more of its samples at full scale, in runs.",
  "nearly silent": "A recording that never comes within 60 dB of full scale.",
  "offset": "A recording whose mean is a tenth or more of its peak.",
  "warning": "An oddity of a file that can be used.",
};

/** The meaning of a word, known or not. */
export function meaningOf(kind: string): string {
  return KINDS[wordOf(kind)] ?? "An oddity of a file, as its decoder saw it.";
}

/** Words in the order of a report. */
export function inOrder(kinds: Iterable<string>): string[] {
  const known = Object.keys(KINDS);
  const place = (kind: string): number => (known.indexOf(wordOf(kind)) + 1) || known.length + 1;
  return [...kinds].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function wordOf(kind: string): string {
  return kind.startsWith(`${INDEX}: `) ? INDEX : kind;
}
