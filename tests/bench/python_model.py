"""BrewCLIP's training step in PyTorch, written from the paper, for a comparison of speed at equal results."""
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

DEVICE = os.environ.get("BREWCLIP_BENCH_DEVICE", "cpu")
if DEVICE != "cpu":
    torch.set_default_device(DEVICE)
    torch.backends.cudnn.allow_tf32 = False  # all of it in fp32, as WebGPU does


def read_safetensors(path):
    kinds = {"F32": np.float32, "I64": np.int64}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            values = np.frombuffer(bytearray(file.read(end - begin)), kinds[entry["dtype"]])
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"])).to(DEVICE)
    return tensors


def block(x, w, name, heads, mask):
    batch, places, width = x.shape
    get = lambda part: (w[f"{name}.{part}.weight"], w[f"{name}.{part}.bias"])
    split = lambda y: y.view(batch, places, heads, width // heads).transpose(1, 2)
    h = F.layer_norm(x, (width,), *get("layer_norm1"))
    q, k, v = (split(F.linear(h, *get(f"self_attn.{part}_proj"))) for part in "qkv")
    scores = q @ k.transpose(-1, -2) / math.sqrt(width // heads)
    if mask is not None:
        scores = scores + mask
    y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, places, width)
    x = x + F.linear(y, *get("self_attn.out_proj"))
    h = F.linear(F.layer_norm(x, (width,), *get("layer_norm2")), *get("mlp.fc1"))
    return x + F.linear(h * torch.sigmoid(1.702 * h), *get("mlp.fc2"))


def text(w, config, ids, prompts=None):
    m = 0 if prompts is None else len(prompts)
    length = ids.shape[1]
    x = F.embedding(ids[:, :length - m], w["text_model.embeddings.token_embedding.weight"])
    at = (ids == config["eos"]).int().argmax(1) + m
    if m:
        x = torch.cat([x[:, :1], prompts[None].expand(len(ids), -1, -1), x[:, 1:]], 1)
    x = x + w["text_model.embeddings.position_embedding.weight"]
    mask = torch.full((length, length), float("-inf")).triu(1)
    for i in range(config["layers"]):
        x = block(x, w, f"text_model.encoder.layers.{i}", config["heads"], mask)
    x = F.layer_norm(x, x.shape[-1:], w["text_model.final_layer_norm.weight"], w["text_model.final_layer_norm.bias"])
    return F.linear(x[torch.arange(len(ids)), at], w["text_projection.weight"])


def image(w, config, pixels, prompts=None):
    x = F.conv2d(pixels, w["vision_model.embeddings.patch_embedding.weight"], stride=config["patchSize"])
    x = x.flatten(2).transpose(1, 2)
    first = w["vision_model.embeddings.class_embedding"].expand(len(x), 1, -1)
    x = torch.cat([first, x], 1) + w["vision_model.embeddings.position_embedding.weight"]
    if prompts is not None:
        x = torch.cat([x, prompts[None].expand(len(x), -1, -1)], 1)
    norm = lambda name, y: F.layer_norm(y, y.shape[-1:], w[f"vision_model.{name}.weight"], w[f"vision_model.{name}.bias"])
    x = norm("pre_layrnorm", x)
    for i in range(config["layers"]):
        x = block(x, w, f"vision_model.encoder.layers.{i}", config["heads"], None)
    return F.linear(norm("post_layernorm", x[:, 0]), w["visual_projection.weight"])


def acoustic(p, config, states):
    get = lambda name: (p[f"acoustic.{name}.weight"], p[f"acoustic.{name}.bias"])
    batch = len(states)
    x = F.linear(states, *get("input"))
    lead = torch.cat([p["acoustic.cls"], p["prompts.text"]])
    x = torch.cat([lead.expand(batch, -1, -1), x], 1)
    width, heads = x.shape[-1], config["heads"]
    split = lambda y: y.view(batch, -1, heads, width // heads).transpose(1, 2)
    q, k, v = map(split, F.linear(x, *get("layer.attn.in")).chunk(3, -1))
    y = ((q @ k.transpose(-1, -2) / math.sqrt(width // heads)).softmax(-1) @ v).transpose(1, 2).reshape(x.shape)
    x = F.layer_norm(x + F.linear(y, *get("layer.attn.out")), (width,), *get("layer.norm1"))
    x = F.layer_norm(x + F.linear(F.gelu(F.linear(x, *get("layer.fc1"))), *get("layer.fc2")), (width,), *get("layer.norm2"))
    return F.linear(F.layer_norm(x, (width,), *get("norm"))[:, 0], *get("output"))


def nce(a, b, log_temperature):
    return F.cross_entropy(a @ b.t() / log_temperature.exp(), torch.arange(len(a)))


class Step:
    """Steps on one batch. A run gives the loss before its last step and the norm of the gradient."""

    def __init__(self, folder):
        self.shapes = json.load(open(os.path.join(folder, "shapes.json")))
        self.clip = read_safetensors(os.path.join(folder, "model.safetensors"))
        read = read_safetensors(os.path.join(folder, "parameters.safetensors"))
        self.parameters = {name: value.requires_grad_(True) for name, value in read.items()}
        self.batch = read_safetensors(os.path.join(folder, "batch.safetensors"))
        self.adam = torch.optim.Adam(self.parameters.values(), lr=1e-4, weight_decay=1e-6)

    def features(self, prompts=False):
        w, p, config = self.clip, self.parameters, self.shapes["clip"]
        ours = p["prompts.text"] if prompts else None
        theirs = F.linear(ours, p["prompts.to_vision.weight"], p["prompts.to_vision.bias"]) if prompts else None
        return image(w, config["vision"], self.batch["pixels"], theirs), text(w, config["text"], self.batch["ids"], ours)

    def run(self):
        for _ in range(self.shapes["steps"]):
            values = self.step()
        return values

    def step(self):
        p = self.parameters
        self.adam.zero_grad()
        f_v, f_t = self.features(prompts=True)
        f_a = acoustic(p, self.shapes["acoustic"], self.batch["whisper"])
        v, s, a, t = (F.normalize(f, dim=-1) for f in (f_v, f_a + f_t, f_a, f_t))
        temperature = p["log_temperature"]
        outer = nce(v, s, temperature) + nce(s, v, temperature)
        inner = nce(a, t, temperature) + nce(t, a, temperature)
        loss = 0.1 * inner + 0.9 * outer
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(p.values(), 4.0)
        self.adam.step()
        return [float(loss), float(norm)]


class Forward(Step):
    """Both frozen towers without prompts and without a gradient."""

    def run(self):
        with torch.no_grad():
            return [float(x) for f in self.features() for x in (f[0, 0], f[0, 1], f[-1, -1])]
