/** The worker of a check, which inspects one file after the other. */
import sharp from "sharp";
import { answerCalls } from "../../worker_calls.ts";
import { type FileFacts, inspectFile, type ListedFile } from "./inspect_files.ts";

sharp.concurrency(1); // the workers share the cores
sharp.cache(false);

answerCalls<ListedFile | null, FileFacts | null>(async (file) => file && await inspectFile(file));
