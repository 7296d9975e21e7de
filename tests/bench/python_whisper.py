"""The Python sides of the case `transcribe`: faster-whisper in float32 and int8, and transformers. All decode greedily."""
import json
import os
import subprocess
import sys

import numpy as np

SIDE = sys.argv[1]


class Transcribe:
    """Transcribes the files of a request."""

    def __init__(self, request):
        folder, self.files, self.texts = request["folder"], request["files"], []
        with open(os.path.join(folder, "generation_config.json")) as file:
            multilingual = json.load(file).get("is_multilingual", True)
        self.spoken = {"language": "en", "task": "transcribe"} if multilingual else {}
        if SIDE == "transformers":
            import torch
            from transformers import AutoTokenizer, WhisperFeatureExtractor, WhisperForConditionalGeneration
            self.torch, self.features = torch, WhisperFeatureExtractor()
            self.tokenizer = AutoTokenizer.from_pretrained(os.path.join(folder, "hf"))
            self.model = WhisperForConditionalGeneration.from_pretrained(os.path.join(folder, "hf")).eval()
        else:
            from faster_whisper import WhisperModel
            kind = "int8" if SIDE.endswith("int8") else "float32"
            self.model = WhisperModel(os.path.join(folder, "ct2"), compute_type=kind, cpu_threads=os.cpu_count())

    def transformers(self):
        def sound(file):
            command = ["ffmpeg", "-v", "error", "-i", file, "-f", "f32le", "-ac", "1", "-ar", "16000", "-"]
            return np.frombuffer(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout, np.float32)

        sounds = [sound(file) for file in self.files]
        order = sorted(range(len(sounds)), key=lambda i: len(sounds[i]))
        texts = [""] * len(order)
        with self.torch.inference_mode():
            for at in range(0, len(order), 8):
                some = order[at:at + 8]
                batch = self.features([sounds[i] for i in some], sampling_rate=16000, return_tensors="pt")
                tokens = self.model.generate(batch.input_features, num_beams=1, do_sample=False, **self.spoken)
                for i, text in zip(some, self.tokenizer.batch_decode(tokens, skip_special_tokens=True)):
                    texts[i] = text
        return texts

    def faster_whisper(self):
        greedy = dict(beam_size=1, temperature=0, condition_on_previous_text=False, without_timestamps=True)
        options = {**greedy, **self.spoken}
        return ["".join(part.text for part in self.model.transcribe(file, **options)[0]) for file in self.files]

    def run(self):
        self.texts = self.transformers() if SIDE == "transformers" else self.faster_whisper()
        return [len(self.files)]
