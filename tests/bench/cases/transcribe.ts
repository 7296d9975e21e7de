/** Real recordings through a real Whisper, from files to texts. */
import { loadWhisper } from "../../../lib/whisper/whisper.ts";
import { transcribeAll } from "../../../lib/whisper/transcribe_all.ts";
import type { Prepare } from "./case.ts";

const prepare = (shortWindows: boolean): Prepare => async (folder, files = []) => {
  const whisper = await loadWhisper(folder, { shortWindows });
  const recordings = files.map((audio) => ({ id: audio, audio }));
  let texts: string[] = [];
  return {
    run: async () => {
      const speech = await transcribeAll(recordings, whisper, { folder: "", cache: false });
      texts = files.map((file) => speech.transcripts.get(file)?.text ?? "");
      await speech.close();
      return [files.length];
    },
    texts: () => texts,
    end: () => whisper.dispose(),
  };
};

export const prepareTranscribe: Prepare = prepare(false);

/** The same with short windows. */
export const prepareShortWindows: Prepare = prepare(true);
