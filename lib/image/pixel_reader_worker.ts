/** The worker of {@link PixelReader}. It decodes only as many images at a time as there are cores, to limit memory. */
import { answerCalls } from "../worker_calls.ts";
import type { PixelOrder } from "./pixel_reader.ts";
import { readPixels } from "./preprocess.ts";

const lanes: Promise<unknown>[] = Array.from({ length: navigator.hardwareConcurrency }, () => Promise.resolve());
let turn = 0;
let stopped = false;

answerCalls<PixelOrder, Float32Array<ArrayBuffer> | undefined>(
  async (order) => {
    if (order === "stop") {
      stopped = true;
      await Promise.all(lanes);
      return undefined;
    }
    const lane = turn++ % lanes.length;
    const reading = (lanes[lane] as Promise<unknown>).then(() =>
      stopped ? undefined : readPixels(order.image, order.options)
    );
    lanes[lane] = reading.catch(() => {}); // reported to the caller
    return await reading;
  },
  (pixels) => pixels === undefined ? [] : [pixels.buffer],
);
