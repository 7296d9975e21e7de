/** The worker of a check, which inspects one file after the other. */
import sharp from "sharp";
import { answerCalls } from "../../worker_calls.ts";
import { type ListedFile, type Look, lookAt } from "./look.ts";

sharp.concurrency(1); // the workers share the cores
sharp.cache(false);

answerCalls<ListedFile | null, Look | null>(async (file) => file && await lookAt(file));
