"""The Python side of the comparison: PyTorch, NumPy and Pillow, asked line by line as side.ts is."""
import json
import os
import resource
import sys
import time

import numpy as np

PICTURES, BEST, QUERIES = 5000, 10, 500


class Retrieval:
    """R@1, 5 and 10 both ways, in blocks of queries, by argpartition."""

    def __init__(self, folder):
        path = os.path.join(folder, "features.safetensors")
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        load = lambda name: np.fromfile(path, np.float32, offset=8 + length + header[name]["data_offsets"][0],
                                        count=int(np.prod(header[name]["shape"]))).reshape(header[name]["shape"])
        self.image, self.speech = load("image"), load("speech")

    def recall(self, queries, items, hit):
        found = np.zeros(3)
        for start in range(0, len(queries), QUERIES):
            scores = queries[start:start + QUERIES] @ items.T
            best = np.argpartition(-scores, BEST, axis=1)[:, :BEST]
            order = np.argsort(-np.take_along_axis(scores, best, 1), 1, kind="stable")
            hits = hit(np.arange(start, start + len(scores))[:, None], np.take_along_axis(best, order, 1))
            found += [hits[:, :k].any(1).sum() for k in (1, 5, 10)]
        return list(100 * found / len(queries))

    def run(self):
        there = self.recall(self.speech, self.image, lambda query, item: query % PICTURES == item)
        return there + self.recall(self.image, self.speech, lambda query, item: item % PICTURES == query)


class LogMel:
    """Whisper's log-mel spectrograms of a minute of sound in windows of 30 s, by torch.stft."""

    def __init__(self, folder):
        import torch
        self.torch = torch
        sound = 0.5 * np.sin(np.arange(16000 * 60, dtype=np.float64) ** 2 / 4e6)
        self.parts = torch.from_numpy(sound.astype(np.float32)).split(16000 * 30)
        self.filters = torch.from_numpy(self.bank())
        self.window = torch.hann_window(400)

    @staticmethod
    def bank(bands=80):
        step = np.log(6.4) / 27
        mels = np.linspace(0, 15 + np.log(8) / step, bands + 2)
        edges = np.where(mels < 15, 200 * mels / 3, 1000 * np.exp(step * (mels - 15)))
        low, middle, high = (edges[i:i + bands, None] for i in range(3))
        hertz = np.arange(201)[None] * 40
        height = np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle))
        return (np.maximum(0, height) * 2 / (high - low)).astype(np.float32)

    def run(self):
        torch, means = self.torch, []
        for part in self.parts:
            spectrum = torch.stft(part, 400, 160, window=self.window, return_complex=True)[..., :-1].abs() ** 2
            mel = torch.clamp(self.filters @ spectrum, min=1e-10).log10()
            means.append(float(((torch.maximum(mel, mel.max() - 8) + 4) / 4).mean()))
        return means


class Preprocess:
    """1,000 pictures as CLIP wants them, by Pillow; the pictures come one by one, as in a loader without workers."""

    def __init__(self, folder):
        from PIL import Image
        self.open = Image.open
        self.filter = Image.BICUBIC
        self.files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        self.mean = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
        self.std = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

    def pixels(self, file, size=224):
        picture = self.open(file).convert("RGB")
        w, h = picture.size
        short = min(w, h)
        picture = picture.resize((size * w // short, size * h // short), self.filter)
        left, top = (int(round((side - size) / 2)) for side in picture.size)
        values = np.asarray(picture.crop((left, top, left + size, top + size)), np.float32)
        return ((values / 255 - self.mean) / self.std).transpose(2, 0, 1).copy()

    def run(self):
        some = (self.files[i % len(self.files)] for i in range(1000))
        return [float(np.mean([self.pixels(file).mean() for file in some]))]


class Product:
    """Ten matrix products."""

    def __init__(self, folder):
        values = lambda step: ((np.arange(1024 * 1024) * step % 2048) / 1024 - 1).astype(np.float32).reshape(1024, 1024)
        self.a, self.b = values(7919), values(6007)

    def run(self):
        for _ in range(10):
            product = self.a @ self.b
        return [float(product[0, 0]), float(product[1, 1])]


def prepare(name, folder, request):
    if name == "transcribe":
        import python_whisper
        return python_whisper.Transcribe(request)
    if name.startswith(("step", "forward")):
        import python_model
        return (python_model.Step if name.startswith("step") else python_model.Forward)(folder)
    return {"product": Product, "retrieval": Retrieval, "log-mel": LogMel, "preprocess": Preprocess, "enlarge": Preprocess}[name](folder)


work = None
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "prepare":
        work = prepare(request["case"], request["folder"], request)
    start, cpu = time.perf_counter(), time.process_time()
    check = work.run()
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "check": check, "texts": getattr(work, "texts", None),
                      "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
